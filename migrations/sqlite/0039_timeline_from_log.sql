-- The story of a visit is told from its events, with the names that things have today; its row says when the last of them was logged.
ALTER TABLE visits ADD COLUMN recorded_at TEXT;
UPDATE visits SET recorded_at = (SELECT MAX(timeline.recorded_at) FROM timeline
    WHERE timeline.tenant_id = visits.tenant_id AND timeline.visit_id = visits.visit_id);
DROP TABLE timeline;
