-- How far read models that follow the log have got, each in the transaction of its rows.
CREATE TABLE projection_checkpoints (
    tenant_id TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    position  BIGINT  NOT NULL,
    state     TEXT    NOT NULL,
    error     TEXT,
    since     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

-- How many events there are, by day, type and performer.
CREATE TABLE event_statistics (
    tenant_id          TEXT   NOT NULL,
    day                DATE   NOT NULL,
    event_type         TEXT   NOT NULL,
    performed_by       TEXT   NOT NULL,
    count              BIGINT NOT NULL,
    first_performed_at TIMESTAMPTZ NOT NULL,
    last_performed_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, day, event_type, performed_by)
);
