-- The row of a visit's measures lies on one page. Kept by its key, as before, no more than a quarter of a page would: whoever read a
-- month read two pages for each visit, one of them all but empty. The rows are made anew from the log.

DROP TABLE visit_measures;

CREATE TABLE visit_measures (
    tenant_id      TEXT    NOT NULL,
    visit_id       TEXT    NOT NULL,
    position       INTEGER NOT NULL,
    branch_id      TEXT,
    department_id  TEXT,
    doctor_id      TEXT,
    visit_type     TEXT    NOT NULL,
    priority       TEXT    NOT NULL,
    day            TEXT NOT NULL,
    hour           INTEGER NOT NULL,
    weekday        INTEGER NOT NULL,
    registered_at  TEXT NOT NULL,
    ended_at       TEXT,
    outcome        TEXT,
    reason         TEXT,
    path           TEXT    NOT NULL,
    repeats        INTEGER NOT NULL,
    waiting        INTEGER NOT NULL,
    served         INTEGER NOT NULL,
    away           INTEGER NOT NULL,
    other          INTEGER NOT NULL,
    door_to_doctor INTEGER,
    whole_visit    INTEGER,
    taken          INTEGER NOT NULL,
    refunded       INTEGER NOT NULL,
    due            INTEGER NOT NULL,
    spans          TEXT NOT NULL,
    PRIMARY KEY (tenant_id, visit_id)
) STRICT;

CREATE INDEX visit_measures_by_day ON visit_measures (tenant_id, day);
CREATE INDEX visit_measures_by_position ON visit_measures (tenant_id, position);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('visit_measures', 'sqlite_autoindex_visit_measures_1', '100000 100000 1'),
    ('visit_measures', 'visit_measures_by_day', '100000 100000 300'),
    ('visit_measures', 'visit_measures_by_position', '100000 100000 1');
ANALYZE sqlite_schema;

-- Until they are, they are said to be missing, and nobody goes on with those that are in memory.
UPDATE projection_checkpoints SET position = 0, generation = generation + 1 WHERE name = 'visit_measures';
