-- The events that a tenant's own aggregates know, each version of each with the schema that its metadata fits.

CREATE TABLE event_types (
    tenant_id      TEXT    NOT NULL,
    event_type     TEXT    NOT NULL,
    schema_version INTEGER NOT NULL CHECK (schema_version >= 1),
    aggregate_type TEXT    NOT NULL,
    title          TEXT    NOT NULL,
    schema         TEXT    NOT NULL CHECK (json_valid(schema)),
    roles          TEXT    NOT NULL CHECK (json_valid(roles)),
    tags           TEXT    NOT NULL CHECK (json_valid(tags)),
    registered_by  TEXT    NOT NULL,
    registered_at  TEXT NOT NULL,
    PRIMARY KEY (tenant_id, event_type, schema_version)
) STRICT, WITHOUT ROWID;

-- The human for whom an AI or a program acted.
ALTER TABLE visit_events ADD COLUMN on_behalf_of TEXT;
