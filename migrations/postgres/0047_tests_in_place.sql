-- How far a test is changes with every step of it, and was written anew into an index. Those that are worked on are few: they are found as
-- such; reports that nobody fetches pile up, and are found by since when they are to be handed over.
ALTER TABLE tests ADD COLUMN to_hand_over_since TIMESTAMPTZ;
UPDATE tests SET to_hand_over_since = since WHERE stage = 'REPORTED';
DROP INDEX tests_by_stage;
CREATE INDEX tests_at_work ON tests (tenant_id) WHERE pending AND to_hand_over_since IS NULL;
CREATE INDEX tests_to_hand_over ON tests (tenant_id, urgency, to_hand_over_since) WHERE to_hand_over_since IS NOT NULL;
