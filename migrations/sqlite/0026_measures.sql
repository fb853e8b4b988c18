-- Where the time of visits went; follows the log. Days, hours and weekdays (1 is Monday) are those of the hospital's clock.

-- One row for each visit: what is measured of it, and the path it went. What was not reached is null.
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
) STRICT, WITHOUT ROWID;

CREATE INDEX visit_measures_by_day ON visit_measures (tenant_id, day);
CREATE INDEX visit_measures_by_position ON visit_measures (tenant_id, position);

-- Each part of a visit in one place; the day is the visit's, hour and weekday are of its begin. The last of an open visit has no end.
CREATE TABLE stays (
    tenant_id     TEXT    NOT NULL,
    visit_id      TEXT    NOT NULL,
    number        INTEGER NOT NULL,
    part          TEXT    NOT NULL,
    station       TEXT,
    doctor_id     TEXT,
    department_id TEXT,
    branch_id     TEXT,
    visit_type    TEXT    NOT NULL,
    priority      TEXT    NOT NULL,
    day           TEXT NOT NULL,
    hour          INTEGER NOT NULL,
    weekday       INTEGER NOT NULL,
    began_at      TEXT NOT NULL,
    ended_at      TEXT,
    seconds       INTEGER,
    PRIMARY KEY (tenant_id, visit_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX stays_by_place ON stays (tenant_id, part, station, day, seconds);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('visit_measures', 'visit_measures', '100000 100000 1'),
    ('visit_measures', 'visit_measures_by_day', '100000 100000 300'),
    ('visit_measures', 'visit_measures_by_position', '100000 100000 1'),
    ('stays', 'stays', '800000 800000 8 1'),
    ('stays', 'stays_by_place', '800000 800000 200000 100000 300 1');
ANALYZE sqlite_schema;
