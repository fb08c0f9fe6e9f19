-- A session of the chat page that ends, in whatever way, ends every page that its browser has opened.
ALTER TABLE web_sessions ADD COLUMN browser_hash TEXT;
CREATE INDEX page_links_by_browser ON page_links (bound_hash) WHERE bound_hash IS NOT NULL;
DROP TRIGGER web_session_ended;
CREATE TRIGGER web_session_ended AFTER UPDATE OF ended ON web_sessions WHEN OLD.ended = 0 AND NEW.ended > 0
BEGIN
  DELETE FROM web_messages WHERE address = NEW.address;
  UPDATE page_links SET revoked_at = NEW.seen_at WHERE channel = 'web' AND address = NEW.address AND revoked_at IS NULL;
  UPDATE page_links SET revoked_at = NEW.seen_at WHERE bound_hash = NEW.browser_hash AND revoked_at IS NULL;
END;
DROP TRIGGER web_session_gone;
CREATE TRIGGER web_session_gone AFTER DELETE ON web_sessions
BEGIN
  DELETE FROM web_messages WHERE address = OLD.address;
  UPDATE page_links SET revoked_at = OLD.seen_at WHERE OLD.ended = 0 AND channel = 'web' AND address = OLD.address AND revoked_at IS NULL;
  UPDATE page_links SET revoked_at = OLD.seen_at WHERE OLD.ended = 0 AND bound_hash = OLD.browser_hash AND revoked_at IS NULL;
END;
