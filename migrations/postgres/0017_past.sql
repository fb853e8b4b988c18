-- Which visits were open at a past moment: those that ended after it, and were registered before.
CREATE INDEX visits_by_end ON visits (tenant_id, ended_at, registered_at);
