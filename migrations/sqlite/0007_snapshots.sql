-- The states of long stories, each by the version of the fold that made it. Any of them may be thrown away.

CREATE TABLE snapshots (
    tenant_id      TEXT    NOT NULL,
    aggregate_type TEXT    NOT NULL,
    aggregate_id   TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    fold_version   INTEGER NOT NULL,
    state          TEXT    NOT NULL CHECK (json_valid(state)),
    PRIMARY KEY (tenant_id, aggregate_type, aggregate_id)
) STRICT, WITHOUT ROWID;
