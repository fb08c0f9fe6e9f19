CREATE TABLE link_codes (                    -- one-time codes by which a person links another account of his, hashed
  code_hash TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES people (id),
  channel TEXT NOT NULL,                     -- where it was shown
  address TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
