-- Who saw which patient's data, when and by which way. Rows are added and never changed.

CREATE TABLE access_log (
    tenant_id   TEXT        NOT NULL REFERENCES tenants (id),
    id          TEXT        NOT NULL,
    accessed_at TIMESTAMPTZ NOT NULL,
    person_id   TEXT        NOT NULL,
    way         TEXT        NOT NULL CHECK (way IN ('SCREEN', 'API')),
    token_id    TEXT,
    subject     TEXT        NOT NULL,
    address     TEXT        NOT NULL,
    patient_id  TEXT,
    visit_id    TEXT,
    purpose     TEXT,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX access_log_by_time ON access_log (tenant_id, accessed_at, id);
CREATE INDEX access_log_by_person ON access_log (tenant_id, person_id, accessed_at, id);
CREATE INDEX access_log_by_patient ON access_log (tenant_id, patient_id, accessed_at, id) WHERE patient_id IS NOT NULL;

CREATE FUNCTION refuse_access_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'access_log is append-only: what was seen is never changed and never forgotten (% refused)', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER access_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_access_change();
-- Even for a session that plays the part of a replica.
ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_append_only;
