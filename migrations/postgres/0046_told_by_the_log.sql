-- Whoever moves the end of a log, those who listen are told of it when, and only when, it is committed.
CREATE FUNCTION tell_of_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('sojourn_log', '');
    RETURN NULL;
END $$;

CREATE TRIGGER log_heads_told AFTER UPDATE ON log_heads FOR EACH STATEMENT EXECUTE FUNCTION tell_of_log();

-- Nobody looks for events, tests or bills by these: what their values are like need not be found out each time the tables are counted.
ALTER TABLE visit_events
    ALTER COLUMN schema_version SET STATISTICS 0,
    ALTER COLUMN description SET STATISTICS 0,
    ALTER COLUMN metadata SET STATISTICS 0,
    ALTER COLUMN tags SET STATISTICS 0,
    ALTER COLUMN salt SET STATISTICS 0,
    ALTER COLUMN body_digest SET STATISTICS 0,
    ALTER COLUMN prev_hash SET STATISTICS 0,
    ALTER COLUMN hash SET STATISTICS 0;
ALTER TABLE tests ALTER COLUMN results SET STATISTICS 0;
ALTER TABLE bills ALTER COLUMN items SET STATISTICS 0, ALTER COLUMN payments SET STATISTICS 0;
