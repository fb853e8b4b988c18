-- Where a visit waits and since when it is to be billed changes with every other step. The open visits of a hospital are few: they are
-- found by their missing end, and what is owed to patients after it by a mark.
DROP INDEX visits_by_station;
DROP INDEX visits_to_bill;
ALTER TABLE visits ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;
UPDATE visits SET owed = 1 WHERE ended_at IS NOT NULL AND billing_since IS NOT NULL;
CREATE INDEX visits_owed ON visits (tenant_id) WHERE owed = TRUE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('visits', 'visits_owed', '20 20');
ANALYZE sqlite_schema;
