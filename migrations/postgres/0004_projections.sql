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
    since         TIMESTAMPTZ NOT NULL,
    calls         INTEGER NOT NULL,
    token         TEXT    NOT NULL,
    day           DATE NOT NULL,
    doctor_id     TEXT,
    reason        TEXT,
    attended      BOOLEAN NOT NULL,
    registered_at TIMESTAMPTZ NOT NULL,
    ended_at      TIMESTAMPTZ,
    due           BIGINT NOT NULL,
    unbilled      INTEGER NOT NULL,
    billing_since TIMESTAMPTZ,
    version       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, visit_id)
);

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
    price         BIGINT NOT NULL,
    specimen      TEXT,
    priority      TEXT    NOT NULL,
    urgency       INTEGER NOT NULL,
    stage         TEXT    NOT NULL,
    since         TIMESTAMPTZ NOT NULL,
    ordered_at    TIMESTAMPTZ NOT NULL,
    sample_id     TEXT,
    recollections INTEGER NOT NULL,
    bill_id       TEXT,
    paid          BOOLEAN NOT NULL,
    completed_by  TEXT,
    results       JSONB NOT NULL,
    pending       BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, visit_id, test_id)
);

CREATE INDEX tests_by_stage ON tests (tenant_id, stage, urgency, since) WHERE pending;
CREATE INDEX tests_by_sample ON tests (tenant_id, sample_id) WHERE sample_id IS NOT NULL;

CREATE TABLE bills (
    tenant_id  TEXT    NOT NULL,
    visit_id   TEXT    NOT NULL,
    bill_id    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    items      JSONB NOT NULL,
    discount   BIGINT NOT NULL,
    amount     BIGINT NOT NULL,
    paid       BIGINT NOT NULL,
    refunded   BIGINT NOT NULL,
    balance    BIGINT NOT NULL,
    payments   JSONB NOT NULL,
    billed_at  TIMESTAMPTZ NOT NULL,
    settled_at TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, visit_id, bill_id)
);

CREATE TABLE timeline (
    tenant_id    TEXT    NOT NULL,
    visit_id     TEXT    NOT NULL,
    version      BIGINT NOT NULL,
    position     BIGINT NOT NULL,
    event_id     TEXT    NOT NULL,
    event_type   TEXT    NOT NULL,
    phase        TEXT    NOT NULL,
    icon         TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    sentence     TEXT    NOT NULL,
    performer    TEXT    NOT NULL,
    beside       BOOLEAN NOT NULL,
    performed_by TEXT    NOT NULL,
    performed_at TIMESTAMPTZ NOT NULL,
    recorded_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, visit_id, version)
);

-- The last token given out, for each queue prefix of a branch and day.
CREATE TABLE token_counters (
    tenant_id TEXT    NOT NULL,
    branch_id TEXT    NOT NULL,
    prefix    TEXT    NOT NULL,
    day       DATE NOT NULL,
    last      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, branch_id, prefix, day)
);
