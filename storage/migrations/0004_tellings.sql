-- What people were told of dates -----------------------------------------------------------------------------------------------

CREATE TABLE dates_seen (                    -- an event's date as a look found it in the plan; what people are told is one of these
  number INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL,                    -- the event may have left the plan since: then its newest row is a cancelled one
  year INTEGER NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  day TEXT NOT NULL,
  time TEXT,
  place TEXT,
  effective INTEGER NOT NULL,
  cancelled INTEGER NOT NULL CHECK (cancelled IN (0, 1)),
  newest INTEGER NOT NULL CHECK (newest IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX dates_newest ON dates_seen (event_id) WHERE newest = 1;

CREATE TABLE reminded (                      -- planned reminders that a look has dealt with: none of them twice, whatever the clock does
  event_id TEXT NOT NULL,
  planned INTEGER NOT NULL,
  folded INTEGER NOT NULL CHECK (folded IN (0, 1)),  -- a later one was told in its place
  at INTEGER NOT NULL,
  PRIMARY KEY (event_id, planned)
) STRICT, WITHOUT ROWID;

CREATE TABLE told (                          -- which date of a duty or an event a person knows of
  person_id TEXT NOT NULL REFERENCES people (id),
  subject TEXT NOT NULL,                     -- duty:ID or event:ID
  known INTEGER REFERENCES dates_seen (number),      -- told in a letter that was delivered
  pending INTEGER REFERENCES dates_seen (number),    -- told in a letter that is still on its way
  letter TEXT,                               -- the key of that letter
  at INTEGER NOT NULL,                       -- when it was written
  PRIMARY KEY (person_id, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX told_by_date ON told (known);
CREATE INDEX told_on_its_way ON told (letter) WHERE letter IS NOT NULL;
