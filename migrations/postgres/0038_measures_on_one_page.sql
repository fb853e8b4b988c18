-- A visit's stretches are written shorter. The rows are made anew from the log.

TRUNCATE visit_measures;

-- Until they are, they are said to be missing, and nobody goes on with those that are in memory.
UPDATE projection_checkpoints SET position = 0, generation = generation + 1 WHERE name = 'visit_measures';
