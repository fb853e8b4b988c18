//! Tables made again beside the live ones, and put in their place in one step.
//!
//! On a connection of its own stand temporary tables of the same names: whatever is written there without naming a schema goes to
//! them, so the code that writes the live tables writes these. What is read and not made again is read from the live ones.

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, PgPool, SqlSafeStr, Sqlite, SqlitePool, pool::PoolConnection};

use super::keys::Statement;
use super::{Db, Engine, Tx};
use crate::journey::ids::TenantId;
use crate::on;

/// A table that can be made again, in the words of each engine.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its key.
    pub key: &'static str,
    /// Whether its rows are of visits: then a switch looks only at those visits of which a row differs.
    pub of_visits: bool,
    /// Removes all of a tenant's rows.
    pub clear: Statement,
    /// Removes the live rows that are not in the one beside.
    pub prune: Statement,
    /// Removes the live rows that are otherwise in the one beside.
    pub discard: Statement,
    /// Adds the rows that are only in the one beside.
    pub add: Statement,
}

/// A table by its key: `table!("token_counters" by "tenant_id, prefix")`.
///
/// One that grows with the log is a table of visits: `table!("bills" by "tenant_id, visit_id, bill_id" of visits)`.
macro_rules! table {
    ($name:literal by $key:literal) => {
        $crate::db::beside::table!(@of all false, $name, $key)
    };
    ($name:literal by $key:literal of visits) => {
        $crate::db::beside::table!(@of visits true, $name, $key)
    };
    (@of $scope:ident $of_visits:literal, $name:literal, $key:literal) => {
        $crate::db::beside::Table {
            name: $name,
            key: $key,
            of_visits: $of_visits,
            clear: $crate::db::keys::Statement {
                sqlite: concat!("DELETE FROM ", $name, " WHERE tenant_id = $1"),
                postgres: concat!("DELETE FROM ", $name, " WHERE tenant_id = $1"),
            },
            prune: $crate::db::beside::switching!($name, $scope, (
                "DELETE FROM ", live, " WHERE tenant_id = $1", within, " AND (", $key, ") IN (SELECT ", $key, " FROM ", live,
                " WHERE tenant_id = $1", within, " EXCEPT SELECT ", $key, " FROM ", beside, " WHERE tenant_id = $1", within, ")"
            )),
            discard: $crate::db::beside::switching!($name, $scope, (
                "DELETE FROM ", live, " WHERE tenant_id = $1", within, " AND (", $key, ") IN (SELECT ", $key,
                " FROM (SELECT * FROM ", live, " WHERE tenant_id = $1", within, " EXCEPT SELECT * FROM ", beside,
                " WHERE tenant_id = $1", within, ") AS other)"
            )),
            add: $crate::db::beside::switching!($name, $scope, (
                "INSERT INTO ", live, " SELECT * FROM ", beside, " WHERE tenant_id = $1", within,
                " ON CONFLICT (", $key, ") DO NOTHING"
            )),
        }
    };
}

/// A statement on the live table and the one beside it, each with its schema, in whole or within the visits that differ.
macro_rules! switching {
    (@part $name:literal $engine:ident $scope:ident live) => { $crate::db::beside::switching!(@live $name $engine) };
    (@part $name:literal $engine:ident $scope:ident beside) => { $crate::db::beside::switching!(@beside $name $engine) };
    (@part $name:literal $engine:ident all within) => { "" };
    (@part $name:literal $engine:ident visits within) => {
        concat!(" AND visit_id IN (SELECT visit_id FROM ", $crate::db::beside::switching!(@beside "beside_visits" $engine), ")")
    };
    (@part $name:literal $engine:ident $scope:ident $text:literal) => { $text };
    (@live $name:literal sqlite) => { concat!("main.", $name) };
    (@live $name:literal postgres) => { concat!("public.", $name) };
    (@beside $name:literal sqlite) => { concat!("temp.", $name) };
    (@beside $name:literal postgres) => { concat!("pg_temp.", $name) };
    ($name:literal, $scope:ident, ($($part:tt),+ $(,)?)) => {
        $crate::db::keys::Statement {
            sqlite: concat!($($crate::db::beside::switching!(@part $name sqlite $scope $part)),+),
            postgres: concat!($($crate::db::beside::switching!(@part $name postgres $scope $part)),+),
        }
    };
}

pub(crate) use {switching, table};

/// The list of visits of which a row differs. It is gone with the connection, as the tables are.
const VISITS: &str = "beside_visits";
const MAKE_VISITS: &str = "CREATE TEMP TABLE beside_visits (visit_id TEXT NOT NULL PRIMARY KEY)";
const IS_THERE: Statement = switching!("beside_visits", all, ("SELECT visit_id FROM ", beside, " WHERE visit_id = $1"));
const NOTE: Statement = Statement {
    sqlite: "INSERT INTO temp.beside_visits SELECT value FROM json_each($2) WHERE $1 <> '' ON CONFLICT DO NOTHING",
    postgres: "INSERT INTO pg_temp.beside_visits SELECT jsonb_array_elements_text($2::text::jsonb) WHERE $1 <> '' ON CONFLICT DO NOTHING",
};
/// What PostgreSQL holds in memory of tables that are written and compared as a whole, and how closely it looks at them before.
const SETTINGS: [(&str, &str); 3] =
    [("temp_buffers", "64MB"), ("work_mem", "64MB"), ("default_statistics_target", "10")];
/// The definition of a table, which begins with these words.
const DEFINITION: &str = "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = $1";
const CREATE: &str = "CREATE TABLE";
const COLUMNS: Statement = Statement {
    sqlite: "SELECT name FROM pragma_table_info($1, 'main')",
    postgres: "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 \
        ORDER BY ordinal_position",
};

/// A connection of its own, with tables beside the live ones.
#[derive(Debug)]
pub struct Beside {
    live: Db,
    own: Engine<SqlitePool, PgPool>,
    tables: Vec<Table>,
    /// Note the visits of which a row differs, a statement for each table of visits.
    comparisons: Vec<String>,
}

/// Holds back this process's writers on SQLite, so that they wait for a switch instead of failing on its lock.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held until dropped")] Option<PoolConnection<Sqlite>>);

impl Table {
    /// The statement that notes the visits of which a row is only in one of the two tables, or otherwise in each.
    fn comparison(&self, columns: &[String], [live, beside]: [&str; 2], differ: &str) -> String {
        let Self { name, key, .. } = self;
        let of = |table: &str| columns.iter().map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", ");
        let same = key.split(", ").map(|column| format!("live.{column} = beside.{column}"));
        let (same, of_live, of_beside) = (same.collect::<Vec<_>>().join(" AND "), of("live"), of("beside"));
        format!(
            "INSERT INTO {beside}.{VISITS} SELECT live.visit_id FROM {live}.{name} AS live LEFT JOIN {beside}.{name} AS beside \
             ON {same} WHERE live.tenant_id = $1 AND ({of_live}) {differ} ({of_beside}) \
             UNION SELECT beside.visit_id FROM {beside}.{name} AS beside LEFT JOIN {live}.{name} AS live ON {same} \
             WHERE beside.tenant_id = $1 AND live.tenant_id IS NULL ON CONFLICT DO NOTHING"
        )
    }
}

impl Beside {
    /// Makes empty tables beside live ones.
    pub async fn make(live: &Db, tables: impl IntoIterator<Item = Table>) -> sqlx::Result<Self> {
        // The temporary tables live as long as the one connection.
        let own = match &live.write {
            Engine::Sqlite(pool) => Engine::Sqlite(
                SqlitePoolOptions::new()
                    .max_connections(1)
                    .idle_timeout(None)
                    .max_lifetime(None)
                    .connect_with(pool.connect_options().as_ref().clone())
                    .await?,
            ),
            Engine::Postgres(pool) => Engine::Postgres(
                PgPoolOptions::new()
                    .max_connections(1)
                    .idle_timeout(None)
                    .max_lifetime(None)
                    .connect_with(pool.connect_options().as_ref().clone().options(SETTINGS))
                    .await?,
            ),
        };
        let tables: Vec<_> = tables.into_iter().collect();
        on!(&own, pool => sqlx::raw_sql(MAKE_VISITS).execute(pool).await.map(drop))?;
        let mut comparisons = Vec::new();
        for table in &tables {
            let columns: Vec<String> = match &own {
                Engine::Sqlite(pool) => {
                    let definition: String = sqlx::query_scalar(DEFINITION).bind(table.name).fetch_one(pool).await?;
                    let beside = definition.replacen(CREATE, "CREATE TEMP TABLE", 1);
                    sqlx::raw_sql(AssertSqlSafe(beside)).execute(pool).await?;
                    sqlx::query_scalar(COLUMNS.sqlite).bind(table.name).fetch_all(pool).await?
                }
                Engine::Postgres(pool) => {
                    let Table { name, key, .. } = table;
                    let beside = format!(
                        "CREATE TEMP TABLE {name} (LIKE public.{name} INCLUDING DEFAULTS, PRIMARY KEY ({key}))"
                    );
                    sqlx::raw_sql(AssertSqlSafe(beside)).execute(pool).await?;
                    sqlx::query_scalar(COLUMNS.postgres).bind(table.name).fetch_all(pool).await?
                }
            };
            if table.of_visits {
                comparisons.push(match &own {
                    Engine::Sqlite(_) => table.comparison(&columns, ["main", "temp"], "IS NOT"),
                    Engine::Postgres(_) => table.comparison(&columns, ["public", "pg_temp"], "IS DISTINCT FROM"),
                });
            }
        }
        Ok(Self { live: live.clone(), own, tables, comparisons })
    }

    /// Begins a transaction that writes the tables beside; it holds nobody up, and sees the live ones as they are at one moment.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        let mut tx = match &self.own {
            Engine::Sqlite(pool) => Engine::Sqlite(pool.begin().await?),
            Engine::Postgres(pool) => {
                Engine::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?.into())
            }
        };
        is_there(&mut tx).await?;
        Ok(tx)
    }

    /// Notes the visits of which a row differs, so that the switch need not look for them.
    pub async fn compare(&self, tx: &mut Tx, tenant: &TenantId) -> sqlx::Result<()> {
        for table in &self.tables {
            analyze(tx, table.name).await?;
        }
        // As a whole: looked up row by row, as seems good while nobody has counted the live rows, they take minutes.
        on_postgres(tx, "SET LOCAL enable_nestloop = off").await?;
        for comparison in &self.comparisons {
            let comparison = AssertSqlSafe(comparison.clone());
            on!(&mut *tx, connection => sqlx::query(comparison).bind(tenant).execute(&mut **connection).await.map(drop))?;
        }
        on_postgres(tx, "SET LOCAL enable_nestloop TO DEFAULT").await?;
        analyze(tx, VISITS).await
    }

    /// Notes visits that the switch shall look at too.
    pub async fn note(&self, tx: &mut Tx, tenant: &TenantId, visits: &[&str]) -> sqlx::Result<()> {
        NOTE.write(tx, tenant, visits).await
    }

    /// Begins the transaction that switches, when it is its turn to write.
    pub async fn begin_switch(&self) -> sqlx::Result<(Turn, Tx)> {
        let (turn, mut tx) = match (&self.own, &self.live.write) {
            (Engine::Sqlite(own), Engine::Sqlite(live)) => {
                let turn = live.acquire().await?;
                (Turn(Some(turn)), Engine::Sqlite(own.begin_with("BEGIN IMMEDIATE").await?))
            }
            (Engine::Postgres(own), _) => (Turn(None), Engine::Postgres(own.begin().await?.into())),
            (Engine::Sqlite(own), _) => (Turn(None), Engine::Sqlite(own.begin_with("BEGIN IMMEDIATE").await?)),
        };
        is_there(&mut tx).await?;
        Ok((turn, tx))
    }

    /// Gives the live tables a tenant's rows of those beside, and says how many differed; of visits, those that were noted.
    pub async fn switch(&self, tx: &mut Tx, tenant: &TenantId) -> sqlx::Result<u64> {
        let mut differed = 0;
        for table in &self.tables {
            differed += table.prune.execute(tx, tenant).await?;
            table.discard.execute(tx, tenant).await?;
            differed += table.add.execute(tx, tenant).await?;
        }
        Ok(differed)
    }

    /// Closes the connection; the tables beside are gone with it.
    pub async fn close(self) {
        on!(&self.own, pool => pool.close().await);
    }
}

/// Says how long a table beside is, where that is not seen otherwise.
async fn analyze(tx: &mut Tx, table: &str) -> sqlx::Result<()> {
    on_postgres(tx, AssertSqlSafe(format!("ANALYZE pg_temp.{table}"))).await
}

/// Does what SQLite needs not.
async fn on_postgres(tx: &mut Tx, sql: impl SqlSafeStr) -> sqlx::Result<()> {
    let Tx::Postgres(connection) = tx else { return Ok(()) };
    sqlx::raw_sql(sql).execute(&mut **connection).await.map(drop)
}

/// Fails when the connection was lost, and with it the tables beside: without them, what is meant for them would go to the live ones.
async fn is_there(tx: &mut Tx) -> sqlx::Result<()> {
    match tx {
        Tx::Sqlite(connection) => sqlx::query(IS_THERE.sqlite).bind("").execute(&mut **connection).await.map(drop),
        Tx::Postgres(connection) => sqlx::query(IS_THERE.postgres).bind("").execute(&mut **connection).await.map(drop),
    }
}
