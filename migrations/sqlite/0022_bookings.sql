-- The hours in which doctors see patients who are booked, week by week, and the bookings. Hours are minutes of the hospital's own day.

CREATE TABLE clinics (
    tenant_id    TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    doctor_id    TEXT    NOT NULL,
    weekday      INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    begins       INTEGER NOT NULL CHECK (begins >= 0),
    ends         INTEGER NOT NULL CHECK (ends <= 1440 AND ends > begins),
    slot_minutes INTEGER NOT NULL CHECK (slot_minutes BETWEEN 5 AND 240),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, doctor_id) REFERENCES people (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX clinics_by_doctor ON clinics (tenant_id, doctor_id);

CREATE TABLE bookings (
    tenant_id  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    patient_id TEXT    NOT NULL,
    doctor_id  TEXT    NOT NULL,
    branch_id  TEXT,
    starts_at  TEXT    NOT NULL,
    minutes    INTEGER NOT NULL,
    day        TEXT    NOT NULL,
    reason     TEXT,
    state      TEXT    NOT NULL CHECK (state IN ('BOOKED', 'ARRIVED', 'CANCELLED', 'MISSED')),
    visit_id   TEXT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients (tenant_id, id),
    FOREIGN KEY (tenant_id, doctor_id) REFERENCES people (tenant_id, id)
) STRICT, WITHOUT ROWID;
-- No two people in one slot.
CREATE UNIQUE INDEX bookings_starts_at ON bookings (tenant_id, doctor_id, starts_at) WHERE state <> 'CANCELLED';
CREATE INDEX bookings_by_day ON bookings (tenant_id, day, starts_at);
CREATE INDEX bookings_by_patient ON bookings (tenant_id, patient_id, starts_at);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('bookings', 'bookings', '100000 100000 1'),
    ('bookings', 'bookings_starts_at', '100000 100000 2000 1'),
    ('bookings', 'bookings_by_day', '100000 100000 100 2'),
    ('bookings', 'bookings_by_patient', '100000 100000 3 1');
ANALYZE sqlite_schema;
