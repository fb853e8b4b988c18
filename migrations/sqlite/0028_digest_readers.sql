-- Who is sent the daily digest by mail, and the last day that they were told of.
CREATE TABLE digest_readers (
    tenant_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    mail      TEXT NOT NULL,
    asked_at  TEXT NOT NULL,
    told      TEXT,
    PRIMARY KEY (tenant_id, person_id)
) STRICT, WITHOUT ROWID;
