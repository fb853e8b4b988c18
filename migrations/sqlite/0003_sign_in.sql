-- Who is signed in, and which programs may call. Of a session id or a token only the SHA-256 is kept.

CREATE TABLE sessions (
    tenant_id  TEXT NOT NULL,
    id_digest  BLOB NOT NULL CHECK (length(id_digest) = 32),
    person_id  TEXT NOT NULL,
    contents   TEXT NOT NULL,
    created_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id_digest),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id),
    CONSTRAINT sessions_id_digest UNIQUE (id_digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_person ON sessions (tenant_id, person_id);
CREATE INDEX sessions_by_seen_at ON sessions (seen_at);
CREATE INDEX sessions_by_created_at ON sessions (created_at);

CREATE TABLE api_tokens (
    tenant_id    TEXT NOT NULL,
    id           TEXT NOT NULL,
    person_id    TEXT NOT NULL,
    label        TEXT NOT NULL,
    token_digest BLOB NOT NULL CHECK (length(token_digest) = 32),
    created_at   TEXT NOT NULL,
    expires_at   TEXT,
    revoked_at   TEXT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id),
    CONSTRAINT api_tokens_token_digest UNIQUE (token_digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_tokens_by_person ON api_tokens (tenant_id, person_id);
