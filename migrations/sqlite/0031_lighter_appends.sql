-- What is written with each event, made lighter.

-- A visit's own steps are found as the life of a thing; by the visit only what happened to other things.
DROP INDEX visit_events_by_visit;
CREATE INDEX visit_events_beside_visit ON visit_events (tenant_id, visit_id, position)
    WHERE visit_id IS NOT NULL AND (aggregate_type <> 'visit' OR aggregate_id <> visit_id);

-- A tag named twice is refused by the key: nothing need be sorted for that.
DROP TRIGGER visit_events_tagged;
CREATE TRIGGER visit_events_tagged AFTER INSERT ON visit_events WHEN NEW.tags <> '[]'
BEGIN
    INSERT INTO event_tags (tenant_id, tag, position, event_type, performed_at)
    SELECT NEW.tenant_id, value, NEW.position, NEW.event_type, NEW.performed_at FROM json_each(NEW.tags) WHERE true
    ON CONFLICT DO NOTHING;
END;
