//! The schema on both engines: the same tables, tenants first, and no query that reads a whole table.

use std::collections::{BTreeMap, BTreeSet};

use sojourn::db::{Db, Engine, new_id};
use sojourn::{log, on};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::events::{append, happening, name, tenant};
use crate::support::house::House;
use crate::support::source::{Source, product};
use crate::support::{Database, stories, tell};

stories! {
    every_key_leads_with_the_tenant,
    no_event_is_without_its_log,
}

/// A column: its table and name, whether it may be null, and its type as SQLite has it.
type Column = (String, String, bool, String);

async fn columns(db: &Db) -> BTreeSet<Column> {
    const SQLITE: &str = "SELECT t.name, c.name, c.\"notnull\" = 0, c.type FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
        WHERE t.type = 'table' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND t.name NOT LIKE 'sqlite%'";
    const POSTGRES: &str = "SELECT table_name::text, column_name::text, is_nullable = 'YES', CASE data_type \
        WHEN 'bigint' THEN 'INTEGER' WHEN 'integer' THEN 'INTEGER' WHEN 'boolean' THEN 'INTEGER' WHEN 'bytea' THEN 'BLOB' \
        WHEN 'text' THEN 'TEXT' WHEN 'jsonb' THEN 'TEXT' WHEN 'date' THEN 'TEXT' WHEN 'timestamp with time zone' THEN 'TEXT' \
        ELSE data_type::text END \
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'";
    let rows: Vec<Column> = match &db.read {
        Engine::Sqlite(pool) => sqlx::query_as(SQLITE).fetch_all(pool).await,
        Engine::Postgres(pool) => sqlx::query_as(POSTGRES).fetch_all(pool).await,
    }
    .expect("the columns");
    rows.into_iter().collect()
}

async fn indexes(db: &Db) -> BTreeSet<(String, String)> {
    const SQLITE: &str = "SELECT tbl_name, name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL \
        AND sql NOT LIKE 'CREATE UNIQUE %'";
    const POSTGRES: &str = "SELECT t.relname::text, i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
        JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
        WHERE n.nspname = 'public' AND NOT x.indisunique";
    let rows: Vec<(String, String)> = match &db.read {
        Engine::Sqlite(pool) => sqlx::query_as(SQLITE).fetch_all(pool).await,
        Engine::Postgres(pool) => sqlx::query_as(POSTGRES).fetch_all(pool).await,
    }
    .expect("the indexes");
    rows.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    let (sqlite, postgres) = (Database::sqlite().await, Database::postgres().await);
    tell(postgres, async move |on_postgres| {
        tell(sqlite, async move |on_sqlite| {
            assert_eq!(columns(&on_sqlite).await, columns(&on_postgres).await);
            assert_eq!(indexes(&on_sqlite).await, indexes(&on_postgres).await);
        })
        .await;
    })
    .await;
}

async fn every_key_leads_with_the_tenant(db: Db) {
    const SQLITE: &str = "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
        WHERE t.type = 'table' AND c.pk = 1 AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\'";
    const POSTGRES: &str = "SELECT k.table_name::text, k.column_name::text FROM information_schema.table_constraints c \
        JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name) \
        WHERE c.constraint_type = 'PRIMARY KEY' AND k.ordinal_position = 1 AND c.table_schema = 'public' \
        AND k.table_name NOT LIKE '\\_sqlx%'";
    let keys: Vec<(String, String)> = match &db.read {
        Engine::Sqlite(pool) => sqlx::query_as(SQLITE).fetch_all(pool).await,
        Engine::Postgres(pool) => sqlx::query_as(POSTGRES).fetch_all(pool).await,
    }
    .expect("the keys");
    let keys: BTreeMap<_, _> = keys.into_iter().collect();
    let tables: BTreeSet<_> = columns(&db).await.into_iter().map(|(table, ..)| table).collect();
    assert_eq!(keys.keys().cloned().collect::<BTreeSet<_>>(), tables, "every table has a key");
    for (table, first) in keys {
        let expected = if table == "tenants" { "id" } else { "tenant_id" };
        assert_eq!(first, expected, "the key of {table}");
    }
}

/// The tables that grow with every visit.
const GROWING: [&str; 15] = [
    "visit_events",
    "event_tags",
    "visits",
    "tests",
    "bills",
    "patients",
    "patient_terms",
    "patient_spellings",
    "refused_attempts",
    "idempotency_keys",
    "token_counters",
    "bookings",
    "visit_measures",
    "stays",
    "follow_ups",
];

/// Every SELECT of the product, whole.
fn queries() -> Vec<(String, String)> {
    let mut queries = Vec::new();
    for source in product() {
        let macros = source.macros();
        let in_macro = |at: &usize| macros.iter().any(|(_, body)| body.contains(at));
        let plain = source.literals.iter().filter(|(at, text)| text.starts_with("SELECT ") && !in_macro(at));
        queries.extend(plain.map(|(_, text)| (source.path.clone(), text.clone())));
        for (name, body) in &macros {
            let frame: String = source.literals_in(body).filter(|text| *text != ",").collect();
            if frame.starts_with("SELECT ") {
                queries.extend(
                    calls(&source, name)
                        .into_iter()
                        .map(|condition| (source.path.clone(), format!("{frame}{condition}"))),
                );
            }
        }
    }
    queries
}

/// The last literal of every call of a macro.
fn calls<'a>(source: &'a Source, name: &str) -> Vec<&'a str> {
    let call = format!("{name}!(");
    let calls = source.code.match_indices(&call).filter_map(|(at, _)| {
        let end = at + source.code[at..].find(')')?;
        source.literals_in(&(at..end)).last()
    });
    calls.collect()
}

/// What a table is called in a query.
fn table_of<'a>(query: &'a str, alias: &'a str) -> &'a str {
    let words: Vec<_> = query.split(|c: char| c.is_whitespace() || c == ',' || c == ')').collect();
    words.windows(2).find(|pair| pair[1] == alias && GROWING.contains(&pair[0])).map_or(alias, |pair| pair[0])
}

async fn no_event_is_without_its_log(db: Db) {
    const REMOVE: &str = "DELETE FROM log_heads";
    const GIVE_AWAY: &str = "UPDATE log_heads SET tenant_id = 'nobody'";
    let stored = append(&db, &tenant(&db).await, [happening(&name(), 1)]).await;
    let mut tx = db.begin().await.expect("a transaction");
    let mut attempts = vec![log::write(&mut tx, &new_id(), &stored).await];
    drop(tx);
    for sql in [REMOVE, GIVE_AWAY] {
        attempts.push(on!(&db.write, pool => sqlx::query(sql).execute(pool).await.map(drop)));
    }
    for attempt in attempts {
        let refused = attempt.expect_err("an event without its log");
        assert!(refused.as_database_error().is_some_and(|error| error.is_foreign_key_violation()), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_reads_a_whole_table() {
    tell(Database::sqlite().await, async |db: Db| {
        let Engine::Sqlite(pool) = &db.read else { panic!("SQLite") };
        let partial: BTreeSet<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'")
                .fetch_all(pool)
                .await
                .expect("the partial indexes")
                .into_iter()
                .collect();
        let (mut broken, mut planned) = (Vec::new(), 0);
        for (path, query) in queries() {
            // In PostgreSQL's words; SQLite's stand beside them.
            // What stands beside a live table is made of parts, and read whole on purpose.
            let of_postgres = ["FOR UPDATE", "::", "array_agg("].iter().any(|words| query.contains(words));
            if of_postgres || path == "db/beside.rs" {
                continue;
            }
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
            let plan: Vec<(i64, i64, i64, String)> = match sqlx::query_as(explain).fetch_all(pool).await {
                Ok(plan) => plan,
                Err(error) => {
                    panic!("{path}: {query}\n{error}\nwrite a query as one text, so that it can be planned here")
                }
            };
            planned += 1;
            let sorts = plan.iter().any(|(.., step)| step.contains("USE TEMP B-TREE FOR ORDER BY"));
            for (.., step) in &plan {
                let mut words = step.split(' ');
                let (how, what) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                let grows = GROWING.contains(&table_of(&query, what));
                let by_tenant_alone = step.ends_with("(tenant_id=?)");
                // A limit ends the reading only where every row counts.
                let every = query.contains("LIMIT") && !sorts && !query.contains(" AND ");
                let few = every || partial.iter().any(|index| step.contains(index.as_str()));
                if grows && (how == "SCAN" || how == "SEARCH" && by_tenant_alone && !few) {
                    broken.push(format!("{path}: {step}\n    {query}"));
                }
            }
        }
        assert!(broken.is_empty(), "a query reads all there is:\n  {}", broken.join("\n  "));
        assert!(planned > 50, "only {planned} queries were found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_sees_another_tenant() {
    const UNWALLED: &str = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname NOT LIKE '\\_sqlx%' \
        AND NOT (c.relrowsecurity AND c.relforcerowsecurity \
                 AND EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = c.oid AND polname = 'tenant_wall'))";
    const MAY_PASS: &str = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    const TENANTS: &str = "SELECT DISTINCT tenant_id FROM visit_events ORDER BY tenant_id";
    const MOVE: &str = "UPDATE visits SET token = 'X-1' WHERE tenant_id = $1";
    const INTRUDE: &str = "INSERT INTO log_heads (tenant_id, position, hash) VALUES ($1, 0, sha256('')) \
        ON CONFLICT (tenant_id) DO UPDATE SET position = 0";
    let database = Database::postgres().await;
    let url = database.url.clone();
    tell(database, async move |db: Db| {
        let Engine::Postgres(all) = &db.read else { panic!("PostgreSQL") };
        let unwalled: Vec<String> = sqlx::query_scalar(UNWALLED).fetch_all(all).await.expect("the tables");
        assert!(
            unwalled.is_empty(),
            "no wall around {unwalled:?}: give each table of a migration its policy tenant_wall"
        );
        let may_pass: bool = sqlx::query_scalar(MAY_PASS).fetch_one(all).await.expect("the role");
        assert!(!may_pass, "the walls would prove nothing");

        let (one, other) = (House::open(&db, "City Hospital").await, House::open(&db, "Lake Hospital").await);
        for house in [&one, &other] {
            house.register().await;
        }
        let within = db.of(&one.tenant.id);
        let Engine::Postgres(within) = &within.read else { panic!("PostgreSQL") };
        let seen: Vec<String> = sqlx::query_scalar(TENANTS).fetch_all(within).await.expect("a read");
        assert_eq!(seen, [one.tenant.id.to_string()]);
        let moved = sqlx::query(MOVE).bind(&other.tenant.id).execute(within).await.expect("a write");
        assert_eq!(moved.rows_affected(), 0);
        let refused = sqlx::query(INTRUDE).bind(&other.tenant.id).execute(within).await.expect_err("a wall");
        assert_eq!(refused.as_database_error().and_then(|error| error.code()).as_deref(), Some("42501"));

        let mut unset = PgConnection::connect(&url).await.expect("a connection");
        let seen: Vec<String> = sqlx::query_scalar(TENANTS).fetch_all(&mut unset).await.expect("a read");
        assert_eq!(seen, [""; 0]);
        unset.close().await.expect("the connection closes");
        let mut both = [one.tenant.id.to_string(), other.tenant.id.to_string()];
        both.sort_unstable();
        assert_eq!(sqlx::query_scalar::<_, String>(TENANTS).fetch_all(all).await.expect("a read"), both);
    })
    .await;
}
