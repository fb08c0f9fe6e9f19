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
ALTER TABLE broadcasts ADD COLUMN public_picture INTEGER NOT NULL DEFAULT 0 CHECK (public_picture IN (0, 1));
