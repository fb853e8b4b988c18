-- What is written with each event, made lighter.

-- A visit's own steps are found as the life of a thing; by the visit only what happened to other things.
DROP INDEX visit_events_by_visit;
CREATE INDEX visit_events_beside_visit ON visit_events (tenant_id, visit_id, position)
    WHERE visit_id IS NOT NULL AND (aggregate_type <> 'visit' OR aggregate_id <> visit_id);

-- Tags are written at once for all events of a statement.
DROP TRIGGER visit_events_tagged ON visit_events;
DROP FUNCTION tag_event();

CREATE FUNCTION tag_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_tags (tenant_id, tag, position, event_type, performed_at)
    SELECT DISTINCT added.tenant_id, tag, added.position, added.event_type, added.performed_at
    FROM added CROSS JOIN LATERAL jsonb_array_elements_text(added.tags) AS tag;
    RETURN NULL;
END $$;

CREATE TRIGGER visit_events_tagged AFTER INSERT ON visit_events REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION tag_events();
