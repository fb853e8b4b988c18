-- Who subscribes to a tenant's log, how far each was served, and what could not be handed over. The log itself is the outbox.

CREATE TABLE subscriptions (
    tenant_id        TEXT        NOT NULL REFERENCES tenants (id),
    id               TEXT        NOT NULL,
    name             TEXT        NOT NULL,
    kind             TEXT        NOT NULL CHECK (kind IN ('WEBHOOK', 'NATS')),
    target           TEXT        NOT NULL,
    -- In the clear, for it signs.
    secret           TEXT,
    event_types      JSONB       NOT NULL CHECK (jsonb_typeof(event_types) = 'array'),
    aggregate_types  JSONB       NOT NULL CHECK (jsonb_typeof(aggregate_types) = 'array'),
    tags             JSONB       NOT NULL CHECK (jsonb_typeof(tags) = 'array'),
    state            TEXT        NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED')),
    batch_size       INTEGER     NOT NULL CHECK (batch_size >= 1),
    concurrency      INTEGER     NOT NULL CHECK (concurrency >= 1),
    max_attempts     INTEGER     NOT NULL CHECK (max_attempts >= 1),
    created_at       TIMESTAMPTZ NOT NULL,
    -- The checkpoint: what stands in the log up to here was delivered, held back, given up or not wanted.
    position         BIGINT      NOT NULL CHECK (position >= 0),
    problem          TEXT,
    -- The lease: who serves it. The epoch rises with every holder and fences the ones before.
    epoch            BIGINT      NOT NULL CHECK (epoch >= 0),
    lease_owner      TEXT,
    lease_expires_at TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT subscriptions_name UNIQUE (tenant_id, name),
    CHECK ((lease_owner IS NULL) = (lease_expires_at IS NULL))
);

-- Aggregates whose next event could not be delivered: what follows of the same aggregate waits, in the log.
CREATE TABLE held_aggregates (
    tenant_id       TEXT        NOT NULL,
    subscription_id TEXT        NOT NULL,
    aggregate_type  TEXT        NOT NULL,
    aggregate_id    TEXT        NOT NULL,
    position        BIGINT      NOT NULL CHECK (position >= 1),
    recorded_at     TIMESTAMPTZ NOT NULL,
    attempts        INTEGER     NOT NULL CHECK (attempts >= 0),
    due_at          TIMESTAMPTZ NOT NULL,
    problem         TEXT,
    PRIMARY KEY (tenant_id, subscription_id, aggregate_type, aggregate_id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions (tenant_id, id)
);

-- Events that were given up, until somebody has them sent again.
CREATE TABLE dead_letters (
    tenant_id       TEXT        NOT NULL,
    subscription_id TEXT        NOT NULL,
    position        BIGINT      NOT NULL CHECK (position >= 1),
    event_id        TEXT        NOT NULL,
    event_type      TEXT        NOT NULL,
    aggregate_type  TEXT        NOT NULL,
    aggregate_id    TEXT        NOT NULL,
    attempts        INTEGER     NOT NULL CHECK (attempts >= 1),
    problem         TEXT        NOT NULL,
    given_up_at     TIMESTAMPTZ NOT NULL,
    resend_at       TIMESTAMPTZ,
    PRIMARY KEY (tenant_id, subscription_id, position),
    CONSTRAINT dead_letters_event_id UNIQUE (tenant_id, subscription_id, event_id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions (tenant_id, id)
);

CREATE INDEX dead_letters_to_resend ON dead_letters (tenant_id, subscription_id, position) WHERE resend_at IS NOT NULL;
