-- Tags know what they are on and when it happened, so that a period's events can be found and counted by tag alone.

ALTER TABLE event_tags ADD COLUMN event_type TEXT, ADD COLUMN performed_at TIMESTAMPTZ;

UPDATE event_tags SET event_type = happened.event_type, performed_at = happened.performed_at
FROM visit_events AS happened
WHERE happened.tenant_id = event_tags.tenant_id AND happened.position = event_tags.position;

ALTER TABLE event_tags ALTER COLUMN event_type SET NOT NULL, ALTER COLUMN performed_at SET NOT NULL;

CREATE INDEX event_tags_by_time ON event_tags (tenant_id, tag, performed_at, position, event_type);

CREATE OR REPLACE FUNCTION tag_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_tags (tenant_id, tag, position, event_type, performed_at)
    SELECT DISTINCT NEW.tenant_id, tag, NEW.position, NEW.event_type, NEW.performed_at
    FROM jsonb_array_elements_text(NEW.tags) AS tag;
    RETURN NULL;
END $$;
