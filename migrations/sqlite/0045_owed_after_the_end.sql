-- Whether something is still owed to the patient after the end.
ALTER TABLE visits ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;
UPDATE visits SET owed = 1 WHERE ended_at IS NOT NULL AND billing_since IS NOT NULL;
