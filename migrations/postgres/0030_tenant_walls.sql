-- The second wall between tenants: a connection sees the rows of the tenant it was opened for, or nothing.
-- The server's own work, which looks after all tenants, opens its connections for '*'.

DO $$
DECLARE
    walled record;
BEGIN
    FOR walled IN
        SELECT tables.table_name AS name, columns.column_name AS tenant
        FROM information_schema.tables
        JOIN information_schema.columns USING (table_schema, table_name)
        WHERE tables.table_schema = current_schema() AND tables.table_type = 'BASE TABLE'
        AND columns.column_name = CASE tables.table_name WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled.name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled.name);
        EXECUTE format(
            'CREATE POLICY tenant_wall ON %I USING ((SELECT current_setting(''sojourn.tenant'', true)) IN (%I, ''*''))',
            walled.name, walled.tenant
        );
    END LOOP;
END
$$;
