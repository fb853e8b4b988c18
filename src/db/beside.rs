//! Tables made again beside the live ones, and put in their place in one step.
//!
//! On a connection of its own stand temporary tables of the same names: whatever is written there without naming a schema goes to
//! them, so the code that writes the live tables writes these. What is read and not made again is read from the live ones.

use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{PgPool, Sqlite, SqlitePool, pool::PoolConnection};

use super::rows::Statement;
use super::{Db, Engine, Tx};
use crate::journey::ids::TenantId;
use crate::on;

/// A table that can be made again, in the words of each engine.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Makes an empty one beside it.
    pub make: Statement,
    /// Removes all of a tenant's rows.
    pub clear: Statement,
    /// Removes the live rows that are not in the one beside.
    pub prune: Statement,
    /// Removes the live rows that are otherwise in the one beside.
    pub discard: Statement,
    /// Adds the rows that are only in the one beside.
    pub add: Statement,
}

/// A table by its key: `table!("bills" by "tenant_id, visit_id, bill_id")`.
macro_rules! table {
    ($name:literal by $key:literal) => {
        $crate::db::beside::Table {
            name: $name,
            make: $crate::db::rows::Statement {
                sqlite: concat!(
                    "CREATE TEMP TABLE ",
                    $name,
                    " AS SELECT * FROM main.",
                    $name,
                    " WHERE false; ",
                    "CREATE UNIQUE INDEX temp.beside_",
                    $name,
                    " ON ",
                    $name,
                    " (",
                    $key,
                    ")"
                ),
                postgres: concat!("CREATE TEMP TABLE ", $name, " (LIKE public.", $name, " INCLUDING ALL)"),
            },
            clear: $crate::db::rows::Statement {
                sqlite: concat!("DELETE FROM ", $name, " WHERE tenant_id = $1"),
                postgres: concat!("DELETE FROM ", $name, " WHERE tenant_id = $1"),
            },
            prune: $crate::db::beside::switching!($name, |live, beside| (
                "DELETE FROM ",
                live,
                " WHERE tenant_id = $1 AND (",
                $key,
                ") IN (SELECT ",
                $key,
                " FROM ",
                live,
                " WHERE tenant_id = $1 EXCEPT SELECT ",
                $key,
                " FROM ",
                beside,
                " WHERE tenant_id = $1)"
            )),
            discard: $crate::db::beside::switching!($name, |live, beside| (
                "DELETE FROM ",
                live,
                " WHERE tenant_id = $1 AND (",
                $key,
                ") IN (SELECT ",
                $key,
                " FROM (SELECT * FROM ",
                live,
                " WHERE tenant_id = $1 EXCEPT SELECT * FROM ",
                beside,
                " WHERE tenant_id = $1) AS other)"
            )),
            add: $crate::db::beside::switching!($name, |live, beside| (
                "INSERT INTO ",
                live,
                " SELECT * FROM ",
                beside,
                " WHERE tenant_id = $1 AND (",
                $key,
                ") IN (SELECT ",
                $key,
                " FROM ",
                beside,
                " WHERE tenant_id = $1 EXCEPT SELECT ",
                $key,
                " FROM ",
                live,
                " WHERE tenant_id = $1)"
            )),
        }
    };
}

/// A statement on the live table and the one beside it, each with its schema.
macro_rules! switching {
    (@part $name:literal $schemas:tt live) => { $crate::db::beside::switching!(@live $name $schemas) };
    (@part $name:literal $schemas:tt beside) => { $crate::db::beside::switching!(@beside $name $schemas) };
    (@part $name:literal $schemas:tt $text:literal) => { $text };
    (@live $name:literal sqlite) => { concat!("main.", $name) };
    (@live $name:literal postgres) => { concat!("public.", $name) };
    (@beside $name:literal sqlite) => { concat!("temp.", $name) };
    (@beside $name:literal postgres) => { concat!("pg_temp.", $name) };
    ($name:literal, |live, beside| ($($part:tt),+ $(,)?)) => {
        $crate::db::rows::Statement {
            sqlite: concat!($($crate::db::beside::switching!(@part $name sqlite $part)),+),
            postgres: concat!($($crate::db::beside::switching!(@part $name postgres $part)),+),
        }
    };
}

pub(crate) use {switching, table};

/// A connection of its own, with tables beside the live ones.
#[derive(Debug)]
pub struct Beside {
    live: Db,
    own: Engine<SqlitePool, PgPool>,
    tables: Vec<Table>,
}

/// Holds back this process's writers on SQLite, so that they wait for a switch instead of failing on its lock.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held until dropped")] Option<PoolConnection<Sqlite>>);

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
                    .connect_with(pool.connect_options().as_ref().clone())
                    .await?,
            ),
        };
        let tables: Vec<_> = tables.into_iter().collect();
        for table in &tables {
            match &own {
                Engine::Sqlite(pool) => sqlx::raw_sql(table.make.sqlite).execute(pool).await.map(drop)?,
                Engine::Postgres(pool) => sqlx::raw_sql(table.make.postgres).execute(pool).await.map(drop)?,
            }
        }
        Ok(Self { live: live.clone(), own, tables })
    }

    /// Begins a transaction that writes the tables beside; it holds nobody up.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        Ok(match &self.own {
            Engine::Sqlite(pool) => Engine::Sqlite(pool.begin().await?),
            Engine::Postgres(pool) => Engine::Postgres(pool.begin().await?),
        })
    }

    /// Begins the transaction that switches, when it is its turn to write.
    pub async fn begin_switch(&self) -> sqlx::Result<(Turn, Tx)> {
        Ok(match (&self.own, &self.live.write) {
            (Engine::Sqlite(own), Engine::Sqlite(live)) => {
                let turn = live.acquire().await?;
                (Turn(Some(turn)), Engine::Sqlite(own.begin_with("BEGIN IMMEDIATE").await?))
            }
            _ => (Turn(None), self.begin().await?),
        })
    }

    /// Gives the live tables a tenant's rows of those beside, and says how many differed.
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
