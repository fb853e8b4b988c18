-- How often a read model's rows were made anew, so that whoever holds some of them in memory knows that they are old.
ALTER TABLE projection_checkpoints ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
