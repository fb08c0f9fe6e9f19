-- The whole database as it stands after the last migration, for reading. A test builds one database from this file and one from
-- migrations/ and compares them. Instants are UTC epoch seconds, local dates ISO text, exact figures decimal text, points integers
-- in ten-thousandths (see storage/standings.py).

-- The instance ---------------------------------------------------------------------------------------------------------------

CREATE TABLE settings (                      -- what the instance must remember about itself: webhook secrets, switches
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE files (                         -- the content lies in <database>.files/<sha256>, written and synced before the row
  sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 0),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (                         -- who changed what, when, from what to what, and why
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  person_id TEXT,                            -- null: the operator at the command line
  action TEXT NOT NULL,                      -- report.file, report.correct, post.end, ...
  subject TEXT NOT NULL,                     -- kind:id of the thing changed
  unit_id TEXT,
  year INTEGER,
  before TEXT,
  after TEXT,
  reason TEXT
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, at);
CREATE INDEX audit_by_unit ON audit (unit_id, year, at);
CREATE INDEX audit_by_person ON audit (person_id, at);

-- What comes in and goes out -------------------------------------------------------------------------------------------------

CREATE TABLE inbox (                         -- every raw update, committed before it is acknowledged to the platform
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  key TEXT NOT NULL,                         -- the platform's identity of the update: duplicates are dropped by it
  payload TEXT,                              -- JSON; null once the turn is committed
  received_at INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
  done_at INTEGER,
  account TEXT NOT NULL DEFAULT '',          -- the bot that it came to: each counts its updates for itself
  UNIQUE (channel, account, key)
) STRICT;
CREATE INDEX inbox_waiting ON inbox (id) WHERE state = 'waiting';

CREATE TABLE channels (                      -- where a polling channel goes on
  channel TEXT NOT NULL,
  account TEXT NOT NULL,                     -- by its bot
  position TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,      -- never given twice: the sender follows it
  key TEXT UNIQUE,                           -- a reminder's identity: the same one is never queued twice; null for replies
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  thread TEXT,
  person_id TEXT,
  lane TEXT NOT NULL CHECK (lane IN ('reply', 'broadcast')),
  language TEXT NOT NULL,
  reply TEXT NOT NULL,                       -- the neutral Reply as JSON
  menu_id TEXT,
  replaces TEXT,                             -- platform id of the message to be edited, where the channel can
  subject TEXT,                              -- what the sender asks about again before sending: duty:ID, event:ID
  parts TEXT,                                -- after the first attempt: rendered parts, each with its platform id once sent
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed', 'blocked', 'dropped')),
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  sent_at INTEGER,
  error TEXT,
  told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1))   -- whether the organisers know that it failed
, broadcast_id TEXT, scrubbed INTEGER NOT NULL DEFAULT 0 CHECK (scrubbed IN (0, 1))) STRICT;   -- a name was taken out
CREATE INDEX outbox_waiting ON outbox (channel, lane DESC, id) WHERE state = 'waiting';
CREATE INDEX outbox_by_address ON outbox (channel, address) WHERE state = 'waiting';
CREATE INDEX outbox_by_person ON outbox (person_id, created_at);
CREATE INDEX outbox_untold ON outbox (id) WHERE state = 'failed' AND told = 0;
CREATE INDEX outbox_by_broadcast ON outbox (broadcast_id, state) WHERE broadcast_id IS NOT NULL;

CREATE TABLE menus (                         -- the choices of one answer: what a tap or a typed number means
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  choices TEXT NOT NULL,                     -- JSON
  dialogue TEXT,                             -- name/revision of the dialogue it belongs to; null for plain commands
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX menus_latest ON menus (channel, address, number);

CREATE TABLE dialogues (                     -- the one open conversation of a person (or of an address without a person yet)
  owner TEXT PRIMARY KEY,                    -- person:ID or channel:address
  name TEXT NOT NULL,                        -- empty once it has ended: the revision goes on, so old taps stay stale
  version INTEGER NOT NULL,
  revision INTEGER NOT NULL,                 -- moves with each answer: a tap on an older question is stale
  step TEXT NOT NULL,
  answers TEXT NOT NULL,                     -- JSON
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE topics (                        -- what a person asked last, for short follow-ups ("còn Sơn La?")
  owner TEXT PRIMARY KEY,
  command TEXT NOT NULL,
  argument TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- People ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE people (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  title TEXT NOT NULL DEFAULT '',            -- office: "Chuyên viên Phòng Thi đua - Khen thưởng, Sở Nội vụ"
  language TEXT NOT NULL DEFAULT 'vi',
  consent_at INTEGER,
  reminders INTEGER NOT NULL DEFAULT 1 CHECK (reminders IN (0, 1)),
  created_at INTEGER NOT NULL,
  erased_at INTEGER                          -- name and title are blanked; what was filed stays with the post
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  person_id TEXT NOT NULL REFERENCES people (id),
  preferred INTEGER NOT NULL DEFAULT 0 CHECK (preferred IN (0, 1)),   -- reminders go here
  blocked_at INTEGER,
  linked_at INTEGER NOT NULL, blocked_told INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX accounts_by_person ON accounts (person_id);
-- blocked_told: whether the organisers know
CREATE INDEX accounts_untold ON accounts (blocked_at) WHERE blocked_at IS NOT NULL AND blocked_told = 0;

CREATE TABLE posts (                         -- unit + role, dated
  id TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  unit_id TEXT REFERENCES units (id),        -- null for the roles of the cluster
  role TEXT NOT NULL CHECK (role IN ('officer', 'leader', 'verifier', 'secretary', 'observer', 'admin')),
  valid_from TEXT NOT NULL,
  valid_to TEXT,                             -- the last day; null: in force
  CHECK ((unit_id IS NULL) = (role NOT IN ('officer', 'leader')))
) STRICT, WITHOUT ROWID;
CREATE INDEX posts_by_person ON posts (person_id);
CREATE INDEX posts_by_unit ON posts (unit_id, role);

CREATE TABLE invitations (                   -- single-use joining codes, hashed
  code_hash TEXT PRIMARY KEY,
  unit_id TEXT REFERENCES units (id),
  role TEXT NOT NULL,
  created_by TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  used_by TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE link_codes (                    -- one-time codes by which a person links another account of his, hashed
  code_hash TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  channel TEXT NOT NULL,                     -- where it was shown
  address TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE wrong_codes (                   -- five wrong tries lock an address for an hour
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  tries INTEGER NOT NULL,
  locked_until INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;

-- Units and years ------------------------------------------------------------------------------------------------------------

CREATE TABLE units (                         -- a province or a commune; its name is not its identity
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  short_code TEXT NOT NULL DEFAULT '',
  sort_key TEXT NOT NULL,
  aliases TEXT NOT NULL DEFAULT '',          -- joined by |
  communes INTEGER,
  valid_from TEXT,
  valid_to TEXT,
  note TEXT NOT NULL DEFAULT '',
  columns TEXT NOT NULL DEFAULT '{}'         -- JSON: the plan file's further columns, kept for its export
) STRICT, WITHOUT ROWID;

CREATE TABLE successions (                   -- which unit went into which
  from_id TEXT NOT NULL REFERENCES units (id),
  to_id TEXT NOT NULL REFERENCES units (id),
  PRIMARY KEY (from_id, to_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE years (
  year INTEGER PRIMARY KEY,
  closed_at INTEGER,
  scores_revision INTEGER NOT NULL DEFAULT 0 -- moves when the best unit of a criterion changes (leaders)
) STRICT;

CREATE TABLE memberships (
  year INTEGER NOT NULL REFERENCES years (year),
  unit_id TEXT NOT NULL REFERENCES units (id),
  role TEXT NOT NULL CHECK (role IN ('lead', 'deputy', 'member')),
  PRIMARY KEY (year, unit_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX one_lead ON memberships (year) WHERE role = 'lead';

-- The plan: movements, scoring table, targets, calendar ---------------------------------------------------------------------------

CREATE TABLE movements (
  id TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  aliases TEXT NOT NULL DEFAULT '',          -- joined by |
  year_from INTEGER NOT NULL,
  year_to INTEGER NOT NULL CHECK (year_to >= year_from),
  launched_by TEXT NOT NULL DEFAULT '',
  launched_on TEXT,
  closed_on TEXT,
  predecessor TEXT,
  plan_document TEXT NOT NULL DEFAULT '',
  columns TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;

CREATE TABLE indicators (                    -- a figure is named by (movement, code); its item id is MOVEMENT.CODE
  movement_id TEXT NOT NULL REFERENCES movements (id),
  code TEXT NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  unit TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('stock', 'flow', 'ratio')),
  direction TEXT NOT NULL CHECK (direction IN ('up', 'down', 'none')),
  decimals INTEGER NOT NULL DEFAULT 0 CHECK (decimals BETWEEN 0 AND 6),
  low TEXT,
  high TEXT,
  rule TEXT,                                 -- "<= CODE" or ">= CODE" of the same movement
  max_ref TEXT,                              -- communes: not more than the unit's communes
  PRIMARY KEY (movement_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE narrative_parts (
  number INTEGER PRIMARY KEY,
  title TEXT NOT NULL
) STRICT;

CREATE TABLE scoring_tables (
  year INTEGER PRIMARY KEY REFERENCES years (year),
  version INTEGER NOT NULL,                  -- moves with each change of the table
  name TEXT NOT NULL,
  max_total TEXT NOT NULL,
  decimals INTEGER NOT NULL CHECK (decimals BETWEEN 0 AND 4),
  bonus_cap TEXT,
  ranking TEXT NOT NULL,                     -- JSON: order, late_reports
  extras TEXT NOT NULL DEFAULT '{}'          -- JSON: what the plan file says beyond this, kept for its export
) STRICT;

CREATE TABLE criterion_groups (
  year INTEGER NOT NULL REFERENCES scoring_tables (year),
  id TEXT NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  max TEXT NOT NULL,
  PRIMARY KEY (year, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE criteria (
  year INTEGER NOT NULL,
  id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  max TEXT NOT NULL,
  unit TEXT NOT NULL,
  rule TEXT NOT NULL CHECK (rule IN ('ratio', 'ratio_leader', 'tiers', 'boolean', 'count', 'deduction', 'manual')),
  direction TEXT NOT NULL DEFAULT 'up' CHECK (direction IN ('up', 'down')),
  details TEXT NOT NULL DEFAULT '{}',        -- JSON: tiers, per_item, floor, events, note
  PRIMARY KEY (year, id),
  FOREIGN KEY (year, group_id) REFERENCES criterion_groups (year, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE adjustment_items (              -- bonus, penalty and exclusion items of the year's table
  year INTEGER NOT NULL REFERENCES scoring_tables (year),
  id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('bonus', 'penalty', 'exclusion')),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  per_item TEXT,
  cap TEXT,
  exclusion TEXT CHECK (exclusion IN ('postponed', 'ranked_last', 'ranked_without_award', 'annulled')),
  extras TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (year, id),
  CHECK ((kind = 'exclusion') = (exclusion IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE targets (                       -- plan figures; item_id is a criterion (I.2) or an indicator (NTM26.NTM01)
  year INTEGER NOT NULL REFERENCES years (year),
  unit_id TEXT NOT NULL REFERENCES units (id),
  item_id TEXT NOT NULL,
  plan TEXT NOT NULL,
  PRIMARY KEY (year, unit_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX targets_by_item ON targets (year, item_id);

CREATE TABLE calendar_years (                -- what a calendar file says as a whole
  year INTEGER PRIMARY KEY REFERENCES years (year),
  quiet TEXT NOT NULL,                       -- JSON: quiet hours "HH:MM-HH:MM"
  extras TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE events (
  id TEXT PRIMARY KEY,
  calendar_year INTEGER NOT NULL REFERENCES calendar_years (year),
  position INTEGER NOT NULL,
  of_year INTEGER NOT NULL,
  period TEXT NOT NULL CHECK (period IN ('Q1', 'H1', 'M9', 'year', 'year-estimate', 'year-final')),
  day TEXT NOT NULL,
  time TEXT,
  kind TEXT NOT NULL CHECK (kind IN ('conference', 'deadline', 'legal', 'ceremony')),
  title TEXT NOT NULL,
  who TEXT NOT NULL,                         -- JSON: member, lead, deputy, all
  form TEXT,
  done_by TEXT,
  place TEXT,
  opens TEXT,
  remind TEXT NOT NULL DEFAULT '[]',         -- JSON: days before the effective day
  overdue TEXT NOT NULL DEFAULT '[]',        -- JSON: days after it
  extras TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;

CREATE TABLE holidays (
  day TEXT PRIMARY KEY,
  calendar_year INTEGER NOT NULL REFERENCES calendar_years (year),
  name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE forms (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  asks TEXT NOT NULL DEFAULT '[]'            -- JSON: targets, movements, criteria, narrative, files
) STRICT, WITHOUT ROWID;

-- Duties and reports ---------------------------------------------------------------------------------------------------------

CREATE TABLE duties (                        -- what one unit owes: read by reporting, reminders, progress and the late criterion
  id TEXT PRIMARY KEY,                       -- EVENT:UNIT
  event_id TEXT NOT NULL REFERENCES events (id),
  unit_id TEXT NOT NULL REFERENCES units (id),
  year INTEGER NOT NULL,
  form TEXT,                                 -- null: fulfilled by ticking it done, or as done_by says
  period TEXT NOT NULL,
  due INTEGER NOT NULL,                      -- the date as planned, at its hour
  effective INTEGER NOT NULL,                -- moved to the next working day
  opens INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'cancelled')),
  done_at INTEGER,
  done_by TEXT,
  UNIQUE (event_id, unit_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX duties_by_unit ON duties (unit_id, status, effective);
CREATE INDEX duties_open ON duties (effective) WHERE status = 'open';

CREATE TABLE drafts (                        -- what a unit has entered for a duty and not yet filed; shared by its officers
  duty_id TEXT PRIMARY KEY REFERENCES duties (id),
  revision INTEGER NOT NULL,                 -- an answer given on an older revision is decided again
  report_id TEXT NOT NULL,                   -- minted at the first answer: a second "Xác nhận" files nothing new
  content TEXT NOT NULL,                     -- JSON: item -> entry
  updated_by TEXT NOT NULL REFERENCES people (id),
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE reports (                       -- one per unit, year, form and period; its content is its last revision
  id TEXT PRIMARY KEY,
  unit_id TEXT NOT NULL REFERENCES units (id),
  year INTEGER NOT NULL,
  form TEXT NOT NULL,
  period TEXT NOT NULL,
  duty_id TEXT REFERENCES duties (id),
  revision INTEGER NOT NULL,                 -- the newest
  review TEXT NOT NULL DEFAULT 'filed' CHECK (review IN ('filed', 'verifying', 'returned', 'closed', 'withdrawn')),
  UNIQUE (unit_id, year, form, period)
) STRICT, WITHOUT ROWID;
CREATE INDEX reports_by_year ON reports (year, form, period);

CREATE TABLE revisions (
  report_id TEXT NOT NULL REFERENCES reports (id),
  revision INTEGER NOT NULL CHECK (revision >= 1),
  kind TEXT NOT NULL DEFAULT 'filing' CHECK (kind IN ('filing', 'correction', 'withdrawal', 'move')),
  filed_at INTEGER NOT NULL,
  filed_by TEXT,                             -- null: imported at the command line
  reason TEXT,
  days_late INTEGER NOT NULL DEFAULT 0 CHECK (days_late >= 0),
  PRIMARY KEY (report_id, revision),
  CHECK (revision = 1 OR kind = 'filing' OR reason IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE report_items (                  -- figures and texts of a revision; a revision holds all of them, not the changes
  report_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  item_id TEXT NOT NULL,                     -- NTM26.NTM01, I.2, II.7:vu_viec, I.2:plan, narrative:3, file:1
  value TEXT,                                -- decimal text, or the text itself; null: reported as not yet known
  note TEXT,
  PRIMARY KEY (report_id, revision, item_id),
  FOREIGN KEY (report_id, revision) REFERENCES revisions (report_id, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (                      -- files behind a revision, or behind one item of it
  report_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  sha256 TEXT NOT NULL REFERENCES files (sha256),
  item_id TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL,
  PRIMARY KEY (report_id, revision, sha256, item_id),
  FOREIGN KEY (report_id, revision) REFERENCES revisions (report_id, revision)
) STRICT, WITHOUT ROWID;

-- Scores ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE criterion_values (              -- what a score is computed from: the unit's own figures, and the verified ones
  year INTEGER NOT NULL,
  unit_id TEXT NOT NULL REFERENCES units (id),
  criterion_id TEXT NOT NULL,
  basis TEXT NOT NULL CHECK (basis IN ('self', 'verified')),
  plan TEXT,                                 -- null: the target stands
  actual TEXT,
  events TEXT,                               -- JSON {code: count}; null where the rule has none
  at INTEGER NOT NULL,
  PRIMARY KEY (year, unit_id, criterion_id, basis),
  FOREIGN KEY (year, criterion_id) REFERENCES criteria (year, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX values_by_criterion ON criterion_values (year, criterion_id);

CREATE TABLE adjustments (
  year INTEGER NOT NULL,
  unit_id TEXT NOT NULL REFERENCES units (id),
  item_id TEXT NOT NULL,
  basis TEXT NOT NULL CHECK (basis IN ('self', 'verified')),
  count INTEGER NOT NULL CHECK (count >= 0),
  valid_from TEXT,
  valid_to TEXT,
  reason TEXT,
  PRIMARY KEY (year, unit_id, item_id, basis),
  FOREIGN KEY (year, item_id) REFERENCES adjustment_items (year, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE leaders (                       -- the best ratio of each criterion whose formula depends on the best unit
  year INTEGER NOT NULL,
  criterion_id TEXT NOT NULL,
  numerator TEXT NOT NULL,
  denominator TEXT NOT NULL,
  PRIMARY KEY (year, criterion_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE scores (                        -- points of the value that counts (verified, else the unit's own)
  year INTEGER NOT NULL,
  unit_id TEXT NOT NULL REFERENCES units (id),
  criterion_id TEXT NOT NULL,
  points INTEGER NOT NULL,
  missing INTEGER NOT NULL CHECK (missing IN (0, 1)),
  basis TEXT CHECK (basis IN ('self', 'verified')),
  PRIMARY KEY (year, unit_id, criterion_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX scores_by_criterion ON scores (year, criterion_id, points);

CREATE TABLE totals (
  year INTEGER NOT NULL,
  unit_id TEXT NOT NULL REFERENCES units (id),
  base INTEGER NOT NULL,
  bonus INTEGER NOT NULL,
  penalty INTEGER NOT NULL,
  total INTEGER NOT NULL,
  late_reports INTEGER NOT NULL,
  missing INTEGER NOT NULL,                  -- how many criteria have no value yet
  reported INTEGER NOT NULL,                 -- how many have one
  verified INTEGER NOT NULL,                 -- of those, how many are verified
  exclusion TEXT,
  rank_key TEXT,                             -- greater is better, equal is a shared rank, null is unranked (rules/ranking.py)
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (year, unit_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX totals_by_rank ON totals (year, rank_key);

CREATE TABLE year_totals (                   -- the year in one line, kept by the triggers below in whatever transaction changes a total
  year INTEGER PRIMARY KEY,
  members INTEGER NOT NULL DEFAULT 0,        -- memberships of the year: where units are fewer, totals are still to be computed
  units INTEGER NOT NULL DEFAULT 0,
  ranked INTEGER NOT NULL DEFAULT 0,
  incomplete INTEGER NOT NULL DEFAULT 0,     -- units that lack a value
  reported INTEGER NOT NULL DEFAULT 0,
  verified INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0        -- moves with each change of a total
) STRICT;
CREATE TRIGGER member_added BEFORE INSERT ON memberships
WHEN NOT EXISTS (SELECT 1 FROM memberships WHERE year = NEW.year AND unit_id = NEW.unit_id)
BEGIN
  INSERT INTO year_totals (year) SELECT NEW.year WHERE NOT EXISTS (SELECT 1 FROM year_totals WHERE year = NEW.year);
  UPDATE year_totals SET members = members + 1 WHERE year = NEW.year;
END;
CREATE TRIGGER member_removed AFTER DELETE ON memberships
BEGIN
  UPDATE year_totals SET members = members - 1 WHERE year = OLD.year;
END;
CREATE TRIGGER total_added AFTER INSERT ON totals
BEGIN
  INSERT INTO year_totals (year) SELECT NEW.year WHERE NOT EXISTS (SELECT 1 FROM year_totals WHERE year = NEW.year);
  UPDATE year_totals SET units = units + 1, ranked = ranked + (NEW.rank_key IS NOT NULL), incomplete = incomplete + (NEW.missing > 0),
    reported = reported + NEW.reported, verified = verified + NEW.verified, updated_at = MAX(updated_at, NEW.updated_at),
    revision = revision + 1 WHERE year = NEW.year;
END;
CREATE TRIGGER total_removed AFTER DELETE ON totals
BEGIN
  UPDATE year_totals SET units = units - 1, ranked = ranked - (OLD.rank_key IS NOT NULL), incomplete = incomplete - (OLD.missing > 0),
    reported = reported - OLD.reported, verified = verified - OLD.verified, revision = revision + 1 WHERE year = OLD.year;
END;
CREATE TRIGGER total_changed AFTER UPDATE ON totals
BEGIN
  UPDATE year_totals SET ranked = ranked + (NEW.rank_key IS NOT NULL) - (OLD.rank_key IS NOT NULL),
    incomplete = incomplete + (NEW.missing > 0) - (OLD.missing > 0), reported = reported + NEW.reported - OLD.reported,
    verified = verified + NEW.verified - OLD.verified, updated_at = MAX(updated_at, NEW.updated_at), revision = revision + 1
    WHERE year = NEW.year;
END;

CREATE TABLE group_points (
  year INTEGER NOT NULL,
  unit_id TEXT NOT NULL,
  group_id TEXT NOT NULL,
  points INTEGER NOT NULL,
  PRIMARY KEY (year, unit_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (                     -- a published ranking
  id INTEGER PRIMARY KEY,
  year INTEGER NOT NULL,
  table_version INTEGER NOT NULL,
  final INTEGER NOT NULL CHECK (final IN (0, 1)),
  published_at INTEGER NOT NULL,
  published_by TEXT
) STRICT;
CREATE INDEX snapshots_by_year ON snapshots (year, published_at);

CREATE TABLE snapshot_totals (
  snapshot_id INTEGER NOT NULL REFERENCES snapshots (id),
  unit_id TEXT NOT NULL,
  rank INTEGER,
  base INTEGER NOT NULL,
  bonus INTEGER NOT NULL,
  penalty INTEGER NOT NULL,
  total INTEGER NOT NULL,
  late_reports INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  exclusion TEXT,
  PRIMARY KEY (snapshot_id, unit_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot_points (
  snapshot_id INTEGER NOT NULL REFERENCES snapshots (id),
  unit_id TEXT NOT NULL,
  criterion_id TEXT NOT NULL,
  points INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  PRIMARY KEY (snapshot_id, unit_id, criterion_id)
) STRICT, WITHOUT ROWID;

-- Reminders ------------------------------------------------------------------------------------------------------------------

CREATE TABLE ticks (                         -- up to which instant reminders have been turned into outbox rows
  name TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE snoozes (                       -- "nhắc lại sau": once more, at that instant
  person_id TEXT NOT NULL REFERENCES people (id),
  subject TEXT NOT NULL,                     -- duty:ID or event:ID
  at INTEGER NOT NULL,
  PRIMARY KEY (person_id, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE nudges (                        -- the secretary's own reminder to those who are missing: once a day at most
  event_id TEXT NOT NULL REFERENCES events (id),
  day TEXT NOT NULL,
  person_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  units INTEGER NOT NULL,
  PRIMARY KEY (event_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE attendances (                   -- answers to a conference: of a person for his unit
  event_id TEXT NOT NULL REFERENCES events (id),
  unit_id TEXT NOT NULL REFERENCES units (id),
  answer TEXT NOT NULL CHECK (answer IN ('attend', 'absent', 'substitute')),
  substitute TEXT,                           -- name and office of who comes instead
  person_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (event_id, unit_id)
) STRICT, WITHOUT ROWID;

-- Broadcasts -----------------------------------------------------------------------------------------------------------------

CREATE TABLE broadcasts (                    -- a message of the secretary to many
  id TEXT PRIMARY KEY,                       -- minted before the preview: a second "Xác nhận" sends nothing
  created_by TEXT NOT NULL REFERENCES people (id),
  created_at INTEGER NOT NULL,
  audience TEXT NOT NULL,                    -- JSON: roles, units, event; who that is gets decided when it is sent
  body TEXT NOT NULL,                        -- blanked with its letters; the counts stay
  sha256 TEXT REFERENCES files (sha256),
  media_type TEXT NOT NULL DEFAULT '',
  file_name TEXT NOT NULL DEFAULT '',
  signed_as TEXT NOT NULL,                   -- secretary, admin: in whose name
  send_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('scheduled', 'sending', 'done', 'cancelled', 'missed')),
  round INTEGER NOT NULL DEFAULT 0,          -- how often letters were queued: sending again is the next round
  started_at INTEGER,
  ended_at INTEGER,
  counts TEXT                                -- JSON, once its letters are forgotten
, public_picture INTEGER NOT NULL DEFAULT 0 CHECK (public_picture IN (0, 1))) STRICT, WITHOUT ROWID;   -- a platform may fetch it
CREATE INDEX broadcasts_open ON broadcasts (send_at) WHERE state IN ('scheduled', 'sending');
CREATE INDEX broadcasts_latest ON broadcasts (created_at);

CREATE TABLE broadcast_recipients (          -- whom it was meant for when it was sent
  broadcast_id TEXT NOT NULL REFERENCES broadcasts (id),
  unit_id TEXT NOT NULL,                     -- empty: a role of the cluster
  person_id TEXT NOT NULL,                   -- empty: a unit in which nobody has joined
  role TEXT NOT NULL,                        -- of the cluster; empty with a unit
  state TEXT NOT NULL CHECK (state IN ('queued', 'blocked', 'unreachable')),   -- queued: its letter tells the rest
  round INTEGER NOT NULL,
  PRIMARY KEY (broadcast_id, unit_id, person_id)
) STRICT, WITHOUT ROWID;

-- What people were told of dates -----------------------------------------------------------------------------------------------

CREATE TABLE dates_seen (                    -- an event's date as a look found it in the plan; what people are told is one of these
  number INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL,                    -- the event may have left the plan since: then its newest row is a cancelled one
  year INTEGER NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  day TEXT NOT NULL,
  time TEXT,
  place TEXT,
  effective INTEGER NOT NULL,
  cancelled INTEGER NOT NULL CHECK (cancelled IN (0, 1)),
  newest INTEGER NOT NULL CHECK (newest IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX dates_newest ON dates_seen (event_id) WHERE newest = 1;

CREATE TABLE reminded (                      -- planned reminders that a look has dealt with: none of them twice, whatever the clock does
  event_id TEXT NOT NULL,
  planned INTEGER NOT NULL,
  folded INTEGER NOT NULL CHECK (folded IN (0, 1)),  -- a later one was told in its place
  at INTEGER NOT NULL,
  PRIMARY KEY (event_id, planned)
) STRICT, WITHOUT ROWID;

CREATE TABLE told (                          -- which date of a duty or an event a person knows of
  person_id TEXT NOT NULL REFERENCES people (id),
  subject TEXT NOT NULL,                     -- duty:ID or event:ID
  known INTEGER REFERENCES dates_seen (number),      -- told in a letter that was delivered
  pending INTEGER REFERENCES dates_seen (number),    -- told in a letter that is still on its way
  letter TEXT,                               -- the key of that letter
  at INTEGER NOT NULL,                       -- when it was written
  PRIMARY KEY (person_id, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX told_by_date ON told (known);
CREATE INDEX told_on_its_way ON told (letter) WHERE letter IS NOT NULL;

CREATE TABLE page_links (                    -- links to pages of one's own: only digests of tokens and browsers are kept
  token_hash TEXT PRIMARY KEY CHECK (length(token_hash) = 64),
  kind TEXT NOT NULL CHECK (kind IN ('form', 'upload', 'file', 'picture')),
  person_id TEXT REFERENCES people (id),     -- null: a picture of public facts
  subject TEXT NOT NULL,
  channel TEXT,                              -- the account it was given to: there the chat is told, and it ends with the account
  address TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  bound_hash TEXT,                           -- the browser it belongs to
  opened_at INTEGER,
  revoked_at INTEGER,
  CHECK ((person_id IS NULL) = (kind = 'picture'))
) STRICT, WITHOUT ROWID;
CREATE INDEX page_links_by_person ON page_links (person_id, expires_at);
CREATE INDEX page_links_by_browser ON page_links (bound_hash) WHERE bound_hash IS NOT NULL;

CREATE TABLE web_sessions (                  -- browsers that may see a conversation of the web chat; of their cookies only digests are kept
  address TEXT PRIMARY KEY,                  -- of the channel web; whose it is says the account there, if there is one yet
  secret_hash TEXT NOT NULL UNIQUE CHECK (length(secret_hash) = 64),
  name TEXT NOT NULL,                        -- as typed at the sign-in
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,                  -- to the hour
  expires_at INTEGER NOT NULL,               -- unless it is used before
  ends_at INTEGER NOT NULL,                  -- however much it is used
  ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1, 2))   -- 1: the account is gone, one last message may come; 2: over
, browser_hash TEXT) STRICT, WITHOUT ROWID;   -- the browser's, as of `page_links.bound_hash`: its pages end with the session

CREATE TABLE web_messages (                  -- what stands on the chat page, by address
  number INTEGER PRIMARY KEY AUTOINCREMENT,  -- grows with each change: a page that was away asks for what is later
  place INTEGER,                             -- an edit: the number of the message whose place it takes; null: its own
  address TEXT NOT NULL,
  author TEXT NOT NULL CHECK (author IN ('bot', 'person')),
  key TEXT,                                  -- given by the page: a message that is sent again stands once
  kind TEXT NOT NULL CHECK (kind IN ('text', 'picture', 'file')),
  text TEXT NOT NULL,
  buttons TEXT NOT NULL,                     -- JSON: rows of labels with what a tap sends
  sha256 TEXT NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  protect INTEGER NOT NULL CHECK (protect IN (0, 1)),   -- holds a code: forgotten soon
  at INTEGER NOT NULL,
  UNIQUE (address, key)
) STRICT;
CREATE INDEX web_messages_by_address ON web_messages (address, number);
CREATE INDEX web_messages_by_age ON web_messages (at);
CREATE TRIGGER web_account_gone AFTER DELETE ON accounts WHEN OLD.channel = 'web'
BEGIN
  UPDATE web_sessions SET ended = 1 WHERE address = OLD.address AND ended = 0;
END;
CREATE TRIGGER web_session_ended AFTER UPDATE OF ended ON web_sessions WHEN OLD.ended = 0 AND NEW.ended > 0
BEGIN
  DELETE FROM web_messages WHERE address = NEW.address;
  UPDATE page_links SET revoked_at = NEW.seen_at WHERE channel = 'web' AND address = NEW.address AND revoked_at IS NULL;
  UPDATE page_links SET revoked_at = NEW.seen_at WHERE bound_hash = NEW.browser_hash AND revoked_at IS NULL;
END;
CREATE TRIGGER web_session_gone AFTER DELETE ON web_sessions
BEGIN
  DELETE FROM web_messages WHERE address = OLD.address;
  UPDATE page_links SET revoked_at = OLD.seen_at WHERE OLD.ended = 0 AND channel = 'web' AND address = OLD.address AND revoked_at IS NULL;
  UPDATE page_links SET revoked_at = OLD.seen_at WHERE OLD.ended = 0 AND bound_hash = OLD.browser_hash AND revoked_at IS NULL;
END;

CREATE TABLE quota_days (                    -- messages that a channel with a monthly budget has taken, by local day
  channel TEXT NOT NULL,
  day TEXT NOT NULL,
  lane TEXT NOT NULL CHECK (lane IN ('reply', 'broadcast')),
  messages INTEGER NOT NULL CHECK (messages >= 0),
  PRIMARY KEY (channel, day, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE quota_users (                   -- to how many addresses in a month: only digests are kept
  channel TEXT NOT NULL,
  month TEXT NOT NULL,                       -- YYYY-MM
  address_hash TEXT NOT NULL CHECK (length(address_hash) = 64),
  PRIMARY KEY (channel, month, address_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE quota_spent (                   -- the platform said last at this instant that a month's budget is used up
  channel TEXT PRIMARY KEY,
  month TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE uploads (                       -- what a platform has of our files already, by the hash under which they lie
  channel TEXT NOT NULL,
  account TEXT NOT NULL,                     -- whose uploads: another bot cannot use its ids
  kind TEXT NOT NULL CHECK (kind IN ('picture', 'file')),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  name TEXT NOT NULL,                        -- a platform keeps a file with its name
  remote_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, account, kind, sha256, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE corrections (                   -- what an officer has begun to correct in a filed report and not yet confirmed
  report_id TEXT NOT NULL REFERENCES reports (id),
  person_id TEXT NOT NULL REFERENCES people (id),
  revision INTEGER NOT NULL,                 -- moves with each change: one made on an older revision is decided again
  content TEXT NOT NULL,                     -- JSON: item -> entry, and the files added
  reason TEXT NOT NULL,                      -- empty: not given yet
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (report_id, person_id)
) STRICT, WITHOUT ROWID;
