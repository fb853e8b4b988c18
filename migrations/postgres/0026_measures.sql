-- Where the time of visits went; follows the log. Days, hours and weekdays (1 is Monday) are those of the hospital's clock.

-- One row for each visit: what is measured of it, and the path it went. What was not reached is null.
CREATE TABLE visit_measures (
    tenant_id      TEXT    NOT NULL,
    visit_id       TEXT    NOT NULL,
    position       BIGINT NOT NULL,
    branch_id      TEXT,
    department_id  TEXT,
    doctor_id      TEXT,
    visit_type     TEXT    NOT NULL,
    priority       TEXT    NOT NULL,
    day            DATE NOT NULL,
    hour           INTEGER NOT NULL,
    weekday        INTEGER NOT NULL,
    registered_at  TIMESTAMPTZ NOT NULL,
    ended_at       TIMESTAMPTZ,
    outcome        TEXT,
    reason         TEXT,
    path           TEXT    NOT NULL,
    repeats        INTEGER NOT NULL,
    waiting        BIGINT NOT NULL,
    served         BIGINT NOT NULL,
    away           BIGINT NOT NULL,
    other          BIGINT NOT NULL,
    door_to_doctor BIGINT,
    whole_visit    BIGINT,
    taken          BIGINT NOT NULL,
    refunded       BIGINT NOT NULL,
    due            BIGINT NOT NULL,
    spans          JSONB NOT NULL,
    PRIMARY KEY (tenant_id, visit_id)
);

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
    day           DATE NOT NULL,
    hour          INTEGER NOT NULL,
    weekday       INTEGER NOT NULL,
    began_at      TIMESTAMPTZ NOT NULL,
    ended_at      TIMESTAMPTZ,
    seconds       BIGINT,
    PRIMARY KEY (tenant_id, visit_id, number)
);

CREATE INDEX stays_by_place ON stays (tenant_id, part, station, day, seconds);
