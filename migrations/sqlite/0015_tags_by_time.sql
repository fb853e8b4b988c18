-- Tags know what they are on and when it happened, so that a period's events can be found and counted by tag alone.

DROP TRIGGER visit_events_tagged;

CREATE TABLE tags (
    tenant_id    TEXT    NOT NULL,
    tag          TEXT    NOT NULL,
    position     INTEGER NOT NULL,
    event_type   TEXT    NOT NULL,
    performed_at TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, tag, position)
) STRICT, WITHOUT ROWID;

INSERT INTO tags (tenant_id, tag, position, event_type, performed_at)
SELECT tenant_id, tag, position, event_type, performed_at FROM event_tags JOIN visit_events USING (tenant_id, position);

DROP TABLE event_tags;
ALTER TABLE tags RENAME TO event_tags;

CREATE INDEX event_tags_by_time ON event_tags (tenant_id, tag, performed_at, position, event_type);

CREATE TRIGGER visit_events_tagged AFTER INSERT ON visit_events WHEN NEW.tags <> '[]'
BEGIN
    INSERT INTO event_tags (tenant_id, tag, position, event_type, performed_at)
    SELECT DISTINCT NEW.tenant_id, value, NEW.position, NEW.event_type, NEW.performed_at FROM json_each(NEW.tags);
END;
