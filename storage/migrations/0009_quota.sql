CREATE TABLE quota_days (                    -- messages that a channel with a monthly budget has taken, by local day
  channel TEXT NOT NULL,
  day TEXT NOT NULL,
  lane TEXT NOT NULL CHECK (lane IN ('reply', 'broadcast')),
  messages INTEGER NOT NULL CHECK (messages >= 0),
  PRIMARY KEY (channel, day, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE quota_users (                   -- to how many addresses in a month: only digests are kept
  channel TEXT NOT NULL,
  month TEXT NOT NULL,                       -- YYYY-MM
  address_hash TEXT NOT NULL CHECK (length(address_hash) = 64),
  PRIMARY KEY (channel, month, address_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE quota_spent (                   -- the platform said last at this instant that a month's budget is used up
  channel TEXT PRIMARY KEY,
  month TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
