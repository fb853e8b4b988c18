//! One statement in the words of each engine, and many keys in one question.

use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::Tx;
use crate::journey::ids::TenantId;

/// One statement in the words of each engine: `$1` is the tenant, `$2` the keys.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

/// The condition that a text is among the keys, or among those of one list of several, in an engine's words.
macro_rules! listed {
    (sqlite) => {
        "IN (SELECT value FROM json_each($2))"
    };
    (postgres) => {
        "= ANY (ARRAY(SELECT jsonb_array_elements_text($2::text::jsonb)))"
    };
    (sqlite $list:literal) => {
        concat!("IN (SELECT value FROM json_each($2, '$[", $list, "]'))")
    };
    (postgres $list:literal) => {
        concat!("= ANY (ARRAY(SELECT jsonb_array_elements_text($2::text::jsonb -> ", $list, ")))")
    };
}

/// Asks for many rows as one text of JSON: the engines write it, and serde reads it, faster than drivers hand over row by row.
macro_rules! read_json {
    ($source:expr, $statement:expr; $($value:expr),+) => {{
        use $crate::db::{Db, Engine, Source, Tx};
        let read: String = match $source.into() {
            Source::Db(Db { read: Engine::Sqlite(pool), .. }) => {
                sqlx::query_scalar($statement.sqlite)$(.bind($value))+.fetch_one(pool).await?
            }
            Source::Db(Db { read: Engine::Postgres(pool), .. }) => {
                sqlx::query_scalar($statement.postgres)$(.bind($value))+.fetch_one(pool).await?
            }
            Source::Tx(Tx::Sqlite(tx)) => {
                sqlx::query_scalar($statement.sqlite)$(.bind($value))+.fetch_one(&mut **tx).await?
            }
            Source::Tx(Tx::Postgres(tx)) => {
                sqlx::query_scalar($statement.postgres)$(.bind($value))+.fetch_one(&mut **tx).await?
            }
        };
        serde_json::from_str(&read).map_err(|error| sqlx::Error::Decode(error.into()))
    }};
}

/// Asks for many rows at once: of SQLite as one text of JSON, of PostgreSQL as one array per column, which it makes faster.
///
/// The columns are read into `$columns`, which become rows.
macro_rules! read_columns {
    ($source:expr, $statement:expr, $columns:ty; $($value:expr),+) => {{
        use $crate::db::{Db, Engine, Source, Tx};
        let query = || sqlx::query_as::<_, $columns>($statement.postgres)$(.bind($value))+;
        match $source.into() {
            Source::Db(Db { read: Engine::Postgres(pool), .. }) => {
                query().fetch_optional(pool).await.map(|columns| columns.map_or_else(Vec::new, Vec::from))
            }
            Source::Tx(Tx::Postgres(tx)) => {
                query().fetch_optional(&mut **tx).await.map(|columns| columns.map_or_else(Vec::new, Vec::from))
            }
            source => $crate::db::keys::read_json!(source, $statement; $($value),+),
        }
    }};
}

pub(crate) use {listed, read_columns, read_json};

impl Statement {
    /// Writes what follows from keys; does nothing when there are none.
    pub async fn write<K: Serialize>(&self, tx: &mut Tx, tenant: &TenantId, keys: &[K]) -> sqlx::Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let keys = json(keys)?;
        match tx {
            Tx::Sqlite(connection) => {
                sqlx::query(self.sqlite).bind(tenant).bind(keys).execute(&mut **connection).await.map(drop)
            }
            Tx::Postgres(connection) => {
                sqlx::query(self.postgres).bind(tenant).bind(keys).execute(&mut **connection).await.map(drop)
            }
        }
    }

    /// Runs a statement that needs the tenant alone, and says how many rows it touched.
    pub async fn execute(&self, tx: &mut Tx, tenant: &TenantId) -> sqlx::Result<u64> {
        Ok(match tx {
            Tx::Sqlite(connection) => {
                sqlx::query(self.sqlite).bind(tenant).execute(&mut **connection).await?.rows_affected()
            }
            Tx::Postgres(connection) => {
                sqlx::query(self.postgres).bind(tenant).execute(&mut **connection).await?.rows_affected()
            }
        })
    }

    /// Asks for the rows of keys; asks nothing when there are none.
    pub async fn read<K, R>(&self, tx: &mut Tx, tenant: &TenantId, keys: &[K]) -> sqlx::Result<Vec<R>>
    where
        K: Serialize,
        R: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
    {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys = json(keys)?;
        match tx {
            Tx::Sqlite(connection) => {
                sqlx::query_as(self.sqlite).bind(tenant).bind(keys).fetch_all(&mut **connection).await
            }
            Tx::Postgres(connection) => {
                sqlx::query_as(self.postgres).bind(tenant).bind(keys).fetch_all(&mut **connection).await
            }
        }
    }
}

fn json<T: Serialize>(keys: &[T]) -> sqlx::Result<String> {
    serde_json::to_string(keys).map_err(|error| sqlx::Error::Encode(error.into()))
}
