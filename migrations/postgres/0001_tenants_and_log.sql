-- Tenants, and the append-only log of each. Every key leads with tenant_id.

CREATE TABLE tenants (
    id         TEXT        NOT NULL PRIMARY KEY,
    name       TEXT        NOT NULL,
    currency   TEXT        NOT NULL,
    time_zone  TEXT        NOT NULL,
    policy     JSONB       NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- The last event of each tenant; its row is what a writer locks.
CREATE TABLE log_heads (
    tenant_id TEXT   NOT NULL PRIMARY KEY REFERENCES tenants (id),
    position  BIGINT NOT NULL CHECK (position >= 0),
    hash      BYTEA  NOT NULL CHECK (length(hash) = 32)
);

CREATE TABLE visit_events (
    tenant_id      TEXT        NOT NULL REFERENCES log_heads (tenant_id),
    position       BIGINT      NOT NULL CHECK (position >= 1),
    id             TEXT        NOT NULL,
    visit_id       TEXT,
    aggregate_type TEXT        NOT NULL,
    aggregate_id   TEXT        NOT NULL,
    version        BIGINT      NOT NULL CHECK (version >= 1),
    event_type     TEXT        NOT NULL,
    schema_version INTEGER     NOT NULL CHECK (schema_version >= 1),
    description    TEXT,
    metadata       JSONB       NOT NULL,
    tags           JSONB       NOT NULL CHECK (jsonb_typeof(tags) = 'array'),
    actor_type     TEXT        NOT NULL CHECK (actor_type IN ('HUMAN', 'AI', 'SYSTEM')),
    performed_by   TEXT        NOT NULL,
    performed_at   TIMESTAMPTZ NOT NULL,
    recorded_at    TIMESTAMPTZ NOT NULL,
    branch_id      TEXT,
    correlation_id TEXT,
    causation_id   TEXT,
    salt           BYTEA       NOT NULL CHECK (length(salt) = 16),
    body_digest    BYTEA       NOT NULL CHECK (length(body_digest) = 32),
    prev_hash      BYTEA       NOT NULL CHECK (length(prev_hash) = 32),
    hash           BYTEA       NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, position),
    CONSTRAINT visit_events_version UNIQUE (tenant_id, aggregate_type, aggregate_id, version),
    CONSTRAINT visit_events_id UNIQUE (tenant_id, id)
);

CREATE INDEX visit_events_by_visit ON visit_events (tenant_id, visit_id, position) WHERE visit_id IS NOT NULL;
CREATE INDEX visit_events_by_type ON visit_events (tenant_id, event_type, position);
CREATE INDEX visit_events_by_performer ON visit_events (tenant_id, performed_by, position);
CREATE INDEX visit_events_by_correlation ON visit_events (tenant_id, correlation_id, position) WHERE correlation_id IS NOT NULL;
CREATE INDEX visit_events_by_time ON visit_events (tenant_id, performed_at, position);

CREATE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'visit_events is append-only: an event is never changed and never removed (% refused)', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER visit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON visit_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
-- Even for a session that plays the part of a replica.
ALTER TABLE visit_events ENABLE ALWAYS TRIGGER visit_events_append_only;

-- Which events bear a tag; written by the trigger, so that it cannot differ from the log.
CREATE TABLE event_tags (
    tenant_id TEXT   NOT NULL,
    tag       TEXT   NOT NULL,
    position  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, tag, position)
);

CREATE FUNCTION tag_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_tags (tenant_id, tag, position)
    SELECT DISTINCT NEW.tenant_id, tag, NEW.position FROM jsonb_array_elements_text(NEW.tags) AS tag;
    RETURN NULL;
END $$;

CREATE TRIGGER visit_events_tagged AFTER INSERT ON visit_events
FOR EACH ROW WHEN (NEW.tags <> '[]') EXECUTE FUNCTION tag_event();

-- What a retry is answered with: the events its first request logged.
CREATE TABLE idempotency_keys (
    tenant_id      TEXT        NOT NULL REFERENCES log_heads (tenant_id),
    person_id      TEXT        NOT NULL,
    key            TEXT        NOT NULL,
    request_digest BYTEA       NOT NULL CHECK (length(request_digest) = 32),
    first_position BIGINT      NOT NULL,
    last_position  BIGINT      NOT NULL CHECK (last_position >= first_position),
    recorded_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, person_id, key)
);

CREATE INDEX idempotency_keys_by_time ON idempotency_keys (tenant_id, recorded_at);

-- What somebody tried and the journey refused.
CREATE TABLE refused_attempts (
    tenant_id    TEXT        NOT NULL REFERENCES tenants (id),
    id           TEXT        NOT NULL,
    visit_id     TEXT,
    event_type   TEXT        NOT NULL,
    code         TEXT        NOT NULL,
    detail       TEXT        NOT NULL,
    facts        JSONB       NOT NULL,
    person_id    TEXT        NOT NULL,
    attempted_at TIMESTAMPTZ NOT NULL,
    batch_index  INTEGER,
    PRIMARY KEY (tenant_id, id)
);

CREATE INDEX refused_attempts_by_time ON refused_attempts (tenant_id, attempted_at, id);
