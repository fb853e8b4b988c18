-- Read models, written in the transaction that appends. Each could be thrown away and made again from the log.

CREATE TABLE visits (
    tenant_id     TEXT    NOT NULL,
    visit_id      TEXT    NOT NULL,
    patient_id    TEXT    NOT NULL,
    branch_id     TEXT,
    department_id TEXT,
    visit_type    TEXT    NOT NULL,
    priority      TEXT    NOT NULL,
    urgency       INTEGER NOT NULL,
    status        TEXT    NOT NULL,
    station       TEXT,
    room_id       TEXT,
    counter       TEXT,
    since         TEXT    NOT NULL,
    calls         INTEGER NOT NULL,
    token         TEXT    NOT NULL,
    day           TEXT    NOT NULL,
    doctor_id     TEXT,
    reason        TEXT,
    attended      INTEGER NOT NULL,
    registered_at TEXT    NOT NULL,
    ended_at      TEXT,
    due           INTEGER NOT NULL,
    unbilled      INTEGER NOT NULL,
    billing_since TEXT,
    version       INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, visit_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX visits_by_station ON visits (tenant_id, station, urgency, since) WHERE ended_at IS NULL;
CREATE INDEX visits_by_day ON visits (tenant_id, day, registered_at);
CREATE INDEX visits_by_patient ON visits (tenant_id, patient_id, registered_at);
CREATE INDEX visits_to_bill ON visits (tenant_id, billing_since) WHERE billing_since IS NOT NULL;

CREATE TABLE tests (
    tenant_id     TEXT    NOT NULL,
    visit_id      TEXT    NOT NULL,
    test_id       TEXT    NOT NULL,
    code          TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    price         INTEGER NOT NULL,
    specimen      TEXT,
    priority      TEXT    NOT NULL,
    urgency       INTEGER NOT NULL,
    stage         TEXT    NOT NULL,
    since         TEXT    NOT NULL,
    ordered_at    TEXT    NOT NULL,
    sample_id     TEXT,
    recollections INTEGER NOT NULL,
    bill_id       TEXT,
    paid          INTEGER NOT NULL,
    completed_by  TEXT,
    results       TEXT    NOT NULL,
    pending       INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, visit_id, test_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX tests_by_stage ON tests (tenant_id, stage, urgency, since) WHERE pending;
CREATE INDEX tests_by_sample ON tests (tenant_id, sample_id) WHERE sample_id IS NOT NULL;

CREATE TABLE bills (
    tenant_id  TEXT    NOT NULL,
    visit_id   TEXT    NOT NULL,
    bill_id    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    items      TEXT    NOT NULL,
    discount   INTEGER NOT NULL,
    amount     INTEGER NOT NULL,
    paid       INTEGER NOT NULL,
    refunded   INTEGER NOT NULL,
    balance    INTEGER NOT NULL,
    payments   TEXT    NOT NULL,
    billed_at  TEXT    NOT NULL,
    settled_at TEXT,
    PRIMARY KEY (tenant_id, visit_id, bill_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE timeline (
    tenant_id    TEXT    NOT NULL,
    visit_id     TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    event_id     TEXT    NOT NULL,
    event_type   TEXT    NOT NULL,
    phase        TEXT    NOT NULL,
    icon         TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    sentence     TEXT    NOT NULL,
    performer    TEXT    NOT NULL,
    beside       INTEGER NOT NULL,
    performed_by TEXT    NOT NULL,
    performed_at TEXT    NOT NULL,
    recorded_at  TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, visit_id, version)
) STRICT, WITHOUT ROWID;

-- The last token given out, for each queue prefix of a branch and day.
CREATE TABLE token_counters (
    tenant_id TEXT    NOT NULL,
    branch_id TEXT    NOT NULL,
    prefix    TEXT    NOT NULL,
    day       TEXT    NOT NULL,
    last      INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, branch_id, prefix, day)
) STRICT, WITHOUT ROWID;
