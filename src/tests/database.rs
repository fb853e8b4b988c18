//! Opening a database, and staying with it: what goes wrong is said clearly, or mended.

use serde_json::json;
use sojourn::db::beside::Beside;
use sojourn::db::{Db, Engine, OpenError, Trouble, Tx};
use sojourn::journey::events::EventType;
use sojourn::journey::words::Role;
use sojourn::on;
use sojourn::projections::following::Projection as _;
use sojourn::projections::measures::VisitMeasures;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, SqliteConnection};

use crate::support::house::House;
use crate::support::{Database, stories, until};

stories!(@engine postgres connections_that_hung_up_are_passed_by what_a_database_is_set_to_outlives_a_comparison);

#[tokio::test]
async fn a_url_of_no_known_engine_is_refused() {
    for url in [
        "",
        "mysql://host/name",
        "sojourn.sqlite",
        "postgres://host:port/name",
        "sqlite:x?mode=what",
        "sqlite::memory:",
    ] {
        let error = Db::open(url).await.expect_err(url);
        assert!(matches!(error, OpenError::Url(_)), "{url}: {error}");
        assert!(error.to_string().contains("sqlite:PATH"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_named_at_once_without_the_password() {
    let started = std::time::Instant::now();
    let error =
        Db::open("postgres://user:secret@127.0.0.1:1/name?password=secret").await.expect_err("nobody listens there");
    assert!(matches!(error, OpenError::Connect { .. }), "{error}");
    assert!(error.to_string().contains("postgres://user@127.0.0.1:1/name"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    // The pool would wait for a minute.
    assert!(started.elapsed().as_secs() < 30);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), "No database, but a letter of some length. ".repeat(100)).expect("the file is written");
    let error = Db::open(&format!("sqlite:{}", file.path().display())).await.expect_err("a letter");
    assert!(matches!(error, OpenError::Connect { .. }), "{error}");
}

#[tokio::test]
async fn a_locked_file_is_named() {
    let database = Database::empty_sqlite().await;
    let mut other = SqliteConnection::connect(&format!("{}?mode=rwc", database.url)).await.expect("the file opens");
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut other).await.expect("the file is locked");
    let error = Db::open(&database.url).await.expect_err("the file is locked");
    assert!(matches!(error, OpenError::Locked(_)), "{error:?}");
    assert!(error.to_string().contains("story.sqlite is locked by another program"), "{error}");
    other.close().await.expect("the other program stops");
    Db::open(&database.url).await.expect("the file is free again").close().await;
    database.remove().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_on_sqlite() {
    a_newer_schema_is_refused(Database::empty_sqlite().await).await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_on_postgres() {
    a_newer_schema_is_refused(Database::empty_postgres().await).await;
}

async fn a_newer_schema_is_refused(database: Database) {
    const MIGRATED_LATER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
        SELECT 9999, 'of a later version', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
    let db = Db::open(&database.url).await.expect("the fresh database opens");
    on!(&db.write, pool => sqlx::query(MIGRATED_LATER).execute(pool).await.map(drop)).expect("the row is written");
    db.close().await;
    let error = Db::open(&database.url).await.expect_err("the schema is newer");
    assert!(matches!(error, OpenError::NewerSchema(9999)), "{error}");
    assert!(error.to_string().contains("newer Sojourn"), "{error}");
    database.remove().await;
}

#[tokio::test]
async fn what_postgres_says_is_told_apart() {
    const TWICE: &str = "CREATE TEMP TABLE story (id INTEGER PRIMARY KEY); INSERT INTO story VALUES (1), (1)";
    let database = Database::empty_postgres().await;
    let mut connection = PgConnection::connect(&database.url).await.expect("a connection");
    for (code, trouble) in [
        // The disk is full; memory is short; an administrator stops the server; a connection fails; a rollback; a name is wrong.
        ("53100", Trouble::Full),
        ("53200", Trouble::Away),
        ("57P01", Trouble::Away),
        ("08006", Trouble::Away),
        ("40001", Trouble::Away),
        ("42703", Trouble::Query),
    ] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'a story' USING ERRCODE = '{code}'; END $$");
        let said = sqlx::raw_sql(AssertSqlSafe(raise)).execute(&mut connection).await.expect_err(code);
        assert_eq!(Trouble::of(&said), trouble, "{code}: {said}");
    }
    let said = sqlx::raw_sql(TWICE).execute(&mut connection).await.expect_err("the same twice");
    assert!(said.as_database_error().is_some_and(|error| error.is_unique_violation()), "{said}");
    assert_eq!(Trouble::of(&said), Trouble::Query);
    connection.close().await.expect("the connection closes");
    database.remove().await;
}

/// How many connections hang up at once.
const MANY: usize = 8;

/// Has a pool hold many connections that were all used just now, and the server hang up on each.
async fn hang_up(db: &Db, pool: &PgPool) {
    const HANG_UP: &str = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()";
    let mut other = PgConnection::connect_with(&pool.connect_options()).await.expect("a connection");
    let mut held: Vec<Tx> = Vec::new();
    for _ in 0..MANY {
        held.push(db.begin().await.expect("a transaction"));
    }
    drop(held);
    until!("the connections are given back", pool.num_idle() >= MANY);
    until!("the server hung up", {
        let left: i64 = sqlx::query_scalar(HANG_UP).fetch_one(&mut other).await.expect("a count");
        left == 0
    });
    other.close().await.expect("the connection closes");
}

async fn connections_that_hung_up_are_passed_by(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let within = db.of(&house.tenant.id);
    let Engine::Postgres(pool) = &within.write else { panic!("PostgreSQL") };
    hang_up(&within, pool).await;
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({})).await;
    hang_up(&within, pool).await;
    drop(within.begin_reading().await.expect("a transaction"));
}

async fn what_a_database_is_set_to_outlives_a_comparison(db: Db) {
    const SET: &str =
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_nestloop = off', current_database()); END $$";
    const ASK: &str = "SELECT current_setting('enable_nestloop')";
    let house = House::open(&db, "City Hospital").await;
    let Engine::Postgres(pool) = &db.write else { panic!("PostgreSQL") };
    sqlx::raw_sql(SET).execute(pool).await.expect("it is set, for connections to come");
    let beside = Beside::make(&db, VisitMeasures.tables().to_vec()).await.expect("tables beside the live ones");
    let mut tx = beside.begin().await.expect("a transaction");
    beside.compare(&mut tx, &house.tenant.id).await.expect("a comparison");
    let Tx::Postgres(connection) = &mut tx else { panic!("PostgreSQL") };
    let set: String = sqlx::query_scalar(ASK).fetch_one(&mut **connection).await.expect("an answer");
    assert_eq!(set, "off");
    drop(tx);
    beside.close().await;
}
