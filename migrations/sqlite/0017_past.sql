-- Which visits were open at a past moment: those that ended after it, and were registered before.
CREATE INDEX visits_by_end ON visits (tenant_id, ended_at, registered_at);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('visits', 'visits_by_end', '100000 100000 2 1');
ANALYZE sqlite_schema;
