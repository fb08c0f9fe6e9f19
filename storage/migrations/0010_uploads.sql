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
