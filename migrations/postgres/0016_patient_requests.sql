-- The patient that a request to register one is for, so that a retry registers them once.

CREATE TABLE patient_requests (
    tenant_id      TEXT NOT NULL,
    person_id      TEXT NOT NULL,
    key            TEXT NOT NULL,
    request_digest BYTEA NOT NULL CHECK (length(request_digest) = 32),
    patient_id     TEXT NOT NULL,
    recorded_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, person_id, key)
);

CREATE INDEX patient_requests_by_time ON patient_requests (tenant_id, recorded_at);
