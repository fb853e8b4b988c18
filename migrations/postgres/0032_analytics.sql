-- How often a read model's rows were made anew, so that whoever holds some of them in memory knows that they are old.
ALTER TABLE projection_checkpoints ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

-- What became of the follow-ups of a period is counted from the index alone.
DROP INDEX follow_ups_by_due;
CREATE INDEX follow_ups_by_due ON follow_ups (tenant_id, due_at) INCLUDE (doctor_id, branch_id, answered_by, visit_id);
