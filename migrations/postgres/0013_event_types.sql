-- The events that a tenant's own aggregates know, each version of each with the schema that its metadata fits.

CREATE TABLE event_types (
    tenant_id      TEXT    NOT NULL,
    event_type     TEXT    NOT NULL,
    schema_version INTEGER NOT NULL CHECK (schema_version >= 1),
    aggregate_type TEXT    NOT NULL,
    title          TEXT    NOT NULL,
    schema         JSONB   NOT NULL,
    roles          JSONB   NOT NULL,
    tags           JSONB   NOT NULL,
    registered_by  TEXT    NOT NULL,
    registered_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, event_type, schema_version)
);

-- The human for whom an AI or a program acted.
ALTER TABLE visit_events ADD COLUMN on_behalf_of TEXT;
