-- Documents lent by a link that runs out, and each time that one was opened.

CREATE TABLE document_shares (
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    id            TEXT NOT NULL,
    secret_digest BYTEA NOT NULL CHECK (length(secret_digest) = 32),
    visit_id      TEXT NOT NULL,
    document_id   TEXT NOT NULL,
    shared_with   TEXT NOT NULL,
    shared_by     TEXT NOT NULL,
    shared_at     TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL,
    withdrawn_at  TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT document_shares_secret_digest UNIQUE (secret_digest)
);
CREATE INDEX document_shares_by_visit ON document_shares (tenant_id, visit_id, shared_at);

CREATE TABLE document_openings (
    tenant_id TEXT NOT NULL,
    share_id  TEXT NOT NULL,
    id        TEXT NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, share_id, id),
    FOREIGN KEY (tenant_id, share_id) REFERENCES document_shares (tenant_id, id)
);
