-- How often a read model's rows were made anew, so that whoever holds some of them in memory knows that they are old.
ALTER TABLE projection_checkpoints ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

-- What became of the follow-ups of a period is counted from the index alone.
DROP INDEX follow_ups_by_due;
CREATE INDEX follow_ups_by_due ON follow_ups (tenant_id, due_at, doctor_id, branch_id, answered_by);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('follow_ups', 'follow_ups_by_due', '100000 100000 2 1 1 1');
ANALYZE sqlite_schema;
