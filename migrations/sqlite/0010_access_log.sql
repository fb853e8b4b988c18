-- Who saw which patient's data, when and by which way. Rows are added and never changed.

CREATE TABLE access_log (
    tenant_id   TEXT NOT NULL REFERENCES tenants (id),
    id          TEXT NOT NULL,
    accessed_at TEXT NOT NULL,
    person_id   TEXT NOT NULL,
    way         TEXT NOT NULL CHECK (way IN ('SCREEN', 'API')),
    token_id    TEXT,
    subject     TEXT NOT NULL,
    address     TEXT NOT NULL,
    patient_id  TEXT,
    visit_id    TEXT,
    purpose     TEXT,
    PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX access_log_by_time ON access_log (tenant_id, accessed_at, id);
CREATE INDEX access_log_by_person ON access_log (tenant_id, person_id, accessed_at, id);
CREATE INDEX access_log_by_patient ON access_log (tenant_id, patient_id, accessed_at, id) WHERE patient_id IS NOT NULL;

CREATE TRIGGER access_log_never_updated BEFORE UPDATE ON access_log
BEGIN
    SELECT RAISE(ABORT, 'access_log is append-only: what was seen is never changed');
END;

CREATE TRIGGER access_log_never_deleted BEFORE DELETE ON access_log
BEGIN
    SELECT RAISE(ABORT, 'access_log is append-only: what was seen is never forgotten');
END;

-- INSERT OR REPLACE removes rows without asking the trigger against DELETE.
CREATE TRIGGER access_log_never_replaced BEFORE INSERT ON access_log
WHEN EXISTS (SELECT 1 FROM access_log WHERE tenant_id = NEW.tenant_id AND id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'access_log is append-only: this id is already there');
END;

