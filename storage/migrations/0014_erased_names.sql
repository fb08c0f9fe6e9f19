-- A letter to somebody else from which the name of a person whose data was erased was taken: what is noted of it later must not bring it back.
ALTER TABLE outbox ADD COLUMN scrubbed INTEGER NOT NULL DEFAULT 0 CHECK (scrubbed IN (0, 1));
