-- The ranking of a year in one line, kept with every change of a total, so that a question never scans thousands of rows.
CREATE TABLE year_totals (                   -- the year in one line, kept by the triggers below in whatever transaction changes a total
  year INTEGER PRIMARY KEY,
  members INTEGER NOT NULL DEFAULT 0,        -- memberships of the year: where units are fewer, totals are still to be computed
  units INTEGER NOT NULL DEFAULT 0,
  ranked INTEGER NOT NULL DEFAULT 0,
  incomplete INTEGER NOT NULL DEFAULT 0,     -- units that lack a value
  reported INTEGER NOT NULL DEFAULT 0,
  verified INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0        -- moves with each change of a total
) STRICT;
CREATE TRIGGER member_added BEFORE INSERT ON memberships
WHEN NOT EXISTS (SELECT 1 FROM memberships WHERE year = NEW.year AND unit_id = NEW.unit_id)
BEGIN
  INSERT INTO year_totals (year) SELECT NEW.year WHERE NOT EXISTS (SELECT 1 FROM year_totals WHERE year = NEW.year);
  UPDATE year_totals SET members = members + 1 WHERE year = NEW.year;
END;
CREATE TRIGGER member_removed AFTER DELETE ON memberships
BEGIN
  UPDATE year_totals SET members = members - 1 WHERE year = OLD.year;
END;
CREATE TRIGGER total_added AFTER INSERT ON totals
BEGIN
  INSERT INTO year_totals (year) SELECT NEW.year WHERE NOT EXISTS (SELECT 1 FROM year_totals WHERE year = NEW.year);
  UPDATE year_totals SET units = units + 1, ranked = ranked + (NEW.rank_key IS NOT NULL), incomplete = incomplete + (NEW.missing > 0),
    reported = reported + NEW.reported, verified = verified + NEW.verified, updated_at = MAX(updated_at, NEW.updated_at),
    revision = revision + 1 WHERE year = NEW.year;
END;
CREATE TRIGGER total_removed AFTER DELETE ON totals
BEGIN
  UPDATE year_totals SET units = units - 1, ranked = ranked - (OLD.rank_key IS NOT NULL), incomplete = incomplete - (OLD.missing > 0),
    reported = reported - OLD.reported, verified = verified - OLD.verified, revision = revision + 1 WHERE year = OLD.year;
END;
CREATE TRIGGER total_changed AFTER UPDATE ON totals
BEGIN
  UPDATE year_totals SET ranked = ranked + (NEW.rank_key IS NOT NULL) - (OLD.rank_key IS NOT NULL),
    incomplete = incomplete + (NEW.missing > 0) - (OLD.missing > 0), reported = reported + NEW.reported - OLD.reported,
    verified = verified + NEW.verified - OLD.verified, updated_at = MAX(updated_at, NEW.updated_at), revision = revision + 1
    WHERE year = NEW.year;
END;

INSERT INTO year_totals (year) SELECT year FROM memberships UNION SELECT year FROM totals;
UPDATE year_totals SET members = (SELECT COUNT(*) FROM memberships m WHERE m.year = year_totals.year),
  (units, ranked, incomplete, reported, verified, updated_at) =
    (SELECT COUNT(*), COUNT(t.rank_key), COALESCE(SUM(t.missing > 0), 0), COALESCE(SUM(t.reported), 0), COALESCE(SUM(t.verified), 0),
            COALESCE(MAX(t.updated_at), 0) FROM totals t WHERE t.year = year_totals.year);

-- One criterion of thousands of units: what is read when the best unit changes.
CREATE INDEX targets_by_item ON targets (year, item_id);
CREATE INDEX values_by_criterion ON criterion_values (year, criterion_id);
