-- Whose log events join is looked up once for all that a statement adds: a key looks it up for each, a fifth of what it costs to write one.

-- In the order of writers.
LOCK TABLE log_heads, visit_events IN ACCESS EXCLUSIVE MODE;
ALTER TABLE visit_events DROP CONSTRAINT visit_events_tenant_id_fkey;

CREATE FUNCTION refuse_events_of_no_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added WHERE NOT EXISTS (SELECT FROM log_heads WHERE log_heads.tenant_id = added.tenant_id)
    ) THEN
        RAISE EXCEPTION 'visit_events: there is no such log' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER visit_events_of_a_log AFTER INSERT ON visit_events REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_events_of_no_log();

-- And a log does not go while its events stay.
CREATE FUNCTION refuse_end_of_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a log is append-only: it is never removed and never given to another tenant (% refused)', TG_OP
        USING ERRCODE = 'foreign_key_violation';
END $$;

CREATE TRIGGER log_heads_stay BEFORE DELETE OR TRUNCATE OR UPDATE OF tenant_id ON log_heads
FOR EACH STATEMENT EXECUTE FUNCTION refuse_end_of_log();
ALTER TABLE log_heads ENABLE ALWAYS TRIGGER log_heads_stay;
