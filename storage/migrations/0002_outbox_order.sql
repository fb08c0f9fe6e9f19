-- The sender follows the outbox by id. Ids must therefore never be given twice (AUTOINCREMENT): without it the newest row, once
-- deleted, lends its id to the next letter, which would be taken for one that was seen.
DROP INDEX outbox_waiting;
DROP INDEX outbox_by_person;
ALTER TABLE outbox RENAME TO outbox_before;

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
) STRICT;
CREATE INDEX outbox_waiting ON outbox (channel, lane DESC, id) WHERE state = 'waiting';
CREATE INDEX outbox_by_address ON outbox (channel, address) WHERE state = 'waiting';
CREATE INDEX outbox_by_person ON outbox (person_id, created_at);
CREATE INDEX outbox_untold ON outbox (id) WHERE state = 'failed' AND told = 0;

-- What failed before this version is not told of afterwards.
INSERT INTO outbox (id, key, channel, address, thread, person_id, lane, language, reply, menu_id, replaces, subject, parts, state, attempts,
  not_before, expires_at, created_at, sent_at, error, told)
SELECT id, key, channel, address, thread, person_id, lane, language, reply, menu_id, replaces, subject, parts, state, attempts,
  not_before, expires_at, created_at, sent_at, error, state = 'failed'
FROM outbox_before;
DROP TABLE outbox_before;

ALTER TABLE accounts ADD COLUMN blocked_told INTEGER NOT NULL DEFAULT 0;   -- whether the organisers know that it is blocked
CREATE INDEX accounts_untold ON accounts (blocked_at) WHERE blocked_at IS NOT NULL AND blocked_told = 0;
