-- Platforms count updates by bot: another bot's numbers must not be taken for those that came, and its queue is gone on with where it
-- stands. '' is what came before bots were told apart; the bot that runs next on a channel takes it over.
DROP INDEX inbox_waiting;
ALTER TABLE inbox RENAME TO inbox_before;

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
INSERT INTO inbox (id, channel, key, payload, received_at, state, done_at)
SELECT id, channel, key, payload, received_at, state, done_at FROM inbox_before;
DROP TABLE inbox_before;

ALTER TABLE channels RENAME TO channels_before;
CREATE TABLE channels (                      -- where a polling channel goes on
  channel TEXT NOT NULL,
  account TEXT NOT NULL,                     -- by its bot
  position TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, account)
) STRICT, WITHOUT ROWID;
INSERT INTO channels (channel, account, position, at) SELECT channel, '', position, at FROM channels_before;
DROP TABLE channels_before;
