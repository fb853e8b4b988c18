-- Who is sent the daily digest by mail, and the last day that they were told of.
CREATE TABLE digest_readers (
    tenant_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    mail      TEXT NOT NULL,
    asked_at  TIMESTAMPTZ NOT NULL,
    told      DATE,
    PRIMARY KEY (tenant_id, person_id)
);
