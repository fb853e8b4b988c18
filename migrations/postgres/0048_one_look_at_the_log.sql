-- Whose log events join is looked up once for each log, not for each event.
CREATE OR REPLACE FUNCTION refuse_events_of_no_log() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT tenant_id FROM added) AS joined
        WHERE NOT EXISTS (SELECT FROM log_heads WHERE log_heads.tenant_id = joined.tenant_id)
    ) THEN
        RAISE EXCEPTION 'visit_events: there is no such log' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
