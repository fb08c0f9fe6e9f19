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
) STRICT, WITHOUT ROWID;
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

ALTER TABLE outbox ADD COLUMN broadcast_id TEXT;
CREATE INDEX outbox_by_broadcast ON outbox (broadcast_id, state) WHERE broadcast_id IS NOT NULL;
