-- How long a thing should take at most, by department and measure.
CREATE TABLE measure_targets (
    tenant_id     TEXT NOT NULL,
    department_id TEXT NOT NULL,
    measure       TEXT NOT NULL,
    minutes       BIGINT NOT NULL CHECK (minutes > 0),
    set_by        TEXT NOT NULL,
    set_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant_id, department_id, measure)
);
