CREATE TABLE corrections (                   -- what an officer has begun to correct in a filed report and not yet confirmed
  report_id TEXT NOT NULL REFERENCES reports (id),
  person_id TEXT NOT NULL REFERENCES people (id),
  revision INTEGER NOT NULL,                 -- moves with each change: one made on an older revision is decided again
  content TEXT NOT NULL,                     -- JSON: item -> entry, and the files added
  reason TEXT NOT NULL,                      -- empty: not given yet
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (report_id, person_id)
) STRICT, WITHOUT ROWID;
