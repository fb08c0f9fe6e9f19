CREATE TABLE web_sessions (                  -- browsers that may see a conversation of the web chat; of their cookies only digests are kept
  address TEXT PRIMARY KEY,                  -- of the channel web; whose it is says the account there, if there is one yet
  secret_hash TEXT NOT NULL UNIQUE CHECK (length(secret_hash) = 64),
  name TEXT NOT NULL,                        -- as typed at the sign-in
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,                  -- to the hour
  expires_at INTEGER NOT NULL,               -- unless it is used before
  ends_at INTEGER NOT NULL,                  -- however much it is used
  ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1, 2))   -- 1: the account is gone, one last message may come; 2: over
) STRICT, WITHOUT ROWID;

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
END;
CREATE TRIGGER web_session_gone AFTER DELETE ON web_sessions
BEGIN
  DELETE FROM web_messages WHERE address = OLD.address;
END;
