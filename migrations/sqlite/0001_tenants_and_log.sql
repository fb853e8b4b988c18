-- Tenants, and the append-only log of each. Every key leads with tenant_id.

CREATE TABLE tenants (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    currency   TEXT NOT NULL,
    time_zone  TEXT NOT NULL,
    policy     TEXT NOT NULL CHECK (json_valid(policy)),
    created_at TEXT NOT NULL
) STRICT;

-- The last event of each tenant; its row is what a writer locks.
CREATE TABLE log_heads (
    tenant_id TEXT    NOT NULL PRIMARY KEY REFERENCES tenants (id),
    position  INTEGER NOT NULL CHECK (position >= 0),
    hash      BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE visit_events (
    tenant_id      TEXT    NOT NULL REFERENCES log_heads (tenant_id),
    position       INTEGER NOT NULL CHECK (position >= 1),
    id             TEXT    NOT NULL,
    visit_id       TEXT,
    aggregate_type TEXT    NOT NULL,
    aggregate_id   TEXT    NOT NULL,
    version        INTEGER NOT NULL CHECK (version >= 1),
    event_type     TEXT    NOT NULL,
    schema_version INTEGER NOT NULL CHECK (schema_version >= 1),
    description    TEXT,
    metadata       TEXT    NOT NULL CHECK (json_valid(metadata)),
    tags           TEXT    NOT NULL CHECK (json_type(tags) = 'array'),
    actor_type     TEXT    NOT NULL CHECK (actor_type IN ('HUMAN', 'AI', 'SYSTEM')),
    performed_by   TEXT    NOT NULL,
    performed_at   TEXT    NOT NULL,
    recorded_at    TEXT    NOT NULL,
    branch_id      TEXT,
    correlation_id TEXT,
    causation_id   TEXT,
    salt           BLOB    NOT NULL CHECK (length(salt) = 16),
    body_digest    BLOB    NOT NULL CHECK (length(body_digest) = 32),
    prev_hash      BLOB    NOT NULL CHECK (length(prev_hash) = 32),
    hash           BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, position),
    CONSTRAINT visit_events_version UNIQUE (tenant_id, aggregate_type, aggregate_id, version),
    CONSTRAINT visit_events_id UNIQUE (tenant_id, id)
) STRICT;

CREATE INDEX visit_events_by_visit ON visit_events (tenant_id, visit_id, position) WHERE visit_id IS NOT NULL;
CREATE INDEX visit_events_by_type ON visit_events (tenant_id, event_type, position);
CREATE INDEX visit_events_by_performer ON visit_events (tenant_id, performed_by, position);
CREATE INDEX visit_events_by_correlation ON visit_events (tenant_id, correlation_id, position) WHERE correlation_id IS NOT NULL;
CREATE INDEX visit_events_by_time ON visit_events (tenant_id, performed_at, position);

CREATE TRIGGER visit_events_never_updated BEFORE UPDATE ON visit_events
BEGIN
    SELECT RAISE(ABORT, 'visit_events is append-only: an event is never changed');
END;

CREATE TRIGGER visit_events_never_deleted BEFORE DELETE ON visit_events
BEGIN
    SELECT RAISE(ABORT, 'visit_events is append-only: an event is never removed');
END;

-- INSERT OR REPLACE removes rows without asking the trigger against DELETE.
CREATE TRIGGER visit_events_never_replaced BEFORE INSERT ON visit_events
WHEN EXISTS (SELECT 1 FROM visit_events WHERE tenant_id = NEW.tenant_id AND position = NEW.position)
  OR EXISTS (SELECT 1 FROM visit_events WHERE tenant_id = NEW.tenant_id AND id = NEW.id)
  OR EXISTS (SELECT 1 FROM visit_events WHERE tenant_id = NEW.tenant_id AND aggregate_type = NEW.aggregate_type
                                          AND aggregate_id = NEW.aggregate_id AND version = NEW.version)
BEGIN
    SELECT RAISE(ABORT, 'visit_events is append-only: an event with this position, id or version is already there');
END;

-- Which events bear a tag; written by the trigger, so that it cannot differ from the log.
CREATE TABLE event_tags (
    tenant_id TEXT    NOT NULL,
    tag       TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, tag, position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER visit_events_tagged AFTER INSERT ON visit_events WHEN NEW.tags <> '[]'
BEGIN
    INSERT INTO event_tags (tenant_id, tag, position)
    SELECT DISTINCT NEW.tenant_id, value, NEW.position FROM json_each(NEW.tags);
END;

-- What a retry is answered with: the events its first request logged.
CREATE TABLE idempotency_keys (
    tenant_id      TEXT    NOT NULL REFERENCES log_heads (tenant_id),
    person_id      TEXT    NOT NULL,
    key            TEXT    NOT NULL,
    request_digest BLOB    NOT NULL CHECK (length(request_digest) = 32),
    first_position INTEGER NOT NULL,
    last_position  INTEGER NOT NULL CHECK (last_position >= first_position),
    recorded_at    TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, person_id, key)
) STRICT;

CREATE INDEX idempotency_keys_by_time ON idempotency_keys (tenant_id, recorded_at);

-- What somebody tried and the journey refused.
CREATE TABLE refused_attempts (
    tenant_id    TEXT NOT NULL REFERENCES tenants (id),
    id           TEXT NOT NULL,
    visit_id     TEXT,
    event_type   TEXT NOT NULL,
    code         TEXT NOT NULL,
    detail       TEXT NOT NULL,
    facts        TEXT NOT NULL CHECK (json_valid(facts)),
    person_id    TEXT NOT NULL,
    attempted_at TEXT NOT NULL,
    batch_index  INTEGER,
    PRIMARY KEY (tenant_id, id)
) STRICT;

CREATE INDEX refused_attempts_by_time ON refused_attempts (tenant_id, attempted_at, id);
