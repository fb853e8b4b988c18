-- Follow-ups as they stand: which are due, reminded, answered by a later visit. A read model that follows the log.

CREATE TABLE follow_ups (
    tenant_id    TEXT    NOT NULL,
    visit_id     TEXT    NOT NULL,
    follow_up_id TEXT    NOT NULL,
    patient_id   TEXT    NOT NULL,
    branch_id    TEXT,
    doctor_id    TEXT,
    due_at       TIMESTAMPTZ NOT NULL,
    note         TEXT,
    reminders    INTEGER NOT NULL,
    reminded_at  TIMESTAMPTZ,
    answered_by  TEXT,
    answered_at  TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, visit_id, follow_up_id)
);
CREATE INDEX follow_ups_by_due ON follow_ups (tenant_id, due_at);

-- Who is about to send a reminder, so that two servers do not send it twice, and what came of it.
CREATE TABLE reminder_attempts (
    tenant_id    TEXT    NOT NULL,
    visit_id     TEXT    NOT NULL,
    follow_up_id TEXT    NOT NULL,
    attempts     INTEGER NOT NULL,
    attempted_at TIMESTAMPTZ NOT NULL,
    problem      TEXT,
    PRIMARY KEY (tenant_id, visit_id, follow_up_id)
);

-- Where reminders are sent to, when the patient has one.
ALTER TABLE patients ADD COLUMN email TEXT;
