CREATE TABLE web_sessions (                  -- browsers that may see a conversation of the web chat; of their cookies only digests are kept
  secret_hash TEXT PRIMARY KEY CHECK (length(secret_hash) = 64),
  address TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,                        -- as typed at the sign-in
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,                  -- to the hour
  barred INTEGER NOT NULL DEFAULT 0 CHECK (barred IN (0, 1)),  -- the person's post had ended when it was last looked at
  ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX web_sessions_by_age ON web_sessions (seen_at);

CREATE TABLE web_messages (                  -- what stands on the chat page, by address
  number INTEGER PRIMARY KEY AUTOINCREMENT,  -- grows with each change: a page that was away asks for what is later
  place INTEGER,                             -- an edit: the number of the message whose place it takes; null: its own
  channel TEXT NOT NULL,
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
  UNIQUE (channel, address, key)
) STRICT;
CREATE INDEX web_messages_by_address ON web_messages (channel, address, number);
CREATE INDEX web_messages_by_age ON web_messages (at);
CREATE INDEX web_messages_protected ON web_messages (at) WHERE protect = 1;
CREATE TRIGGER web_account_gone AFTER DELETE ON accounts WHEN OLD.channel = 'web'
BEGIN
  UPDATE web_sessions SET ended = 1 WHERE address = OLD.address;
END;
CREATE TRIGGER web_session_ended AFTER UPDATE ON web_sessions WHEN NEW.ended = 1
BEGIN
  DELETE FROM web_messages WHERE channel = 'web' AND address = NEW.address;
END;
CREATE TRIGGER web_session_gone AFTER DELETE ON web_sessions
BEGIN
  DELETE FROM web_messages WHERE channel = 'web' AND address = OLD.address;
END;
