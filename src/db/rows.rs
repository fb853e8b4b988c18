//! Many rows in one statement, and many keys in one question: what a group of writers costs is counted in statements.
//!
//! Rows travel as one JSON array of objects whose members are columns; each engine takes them apart itself.

use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::Tx;
use crate::journey::ids::TenantId;

/// One statement in the words of each engine: `$1` is the tenant, `$2` the rows or the keys.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

/// How a column is read out of a row of JSON, on SQLite: as `text` (numbers and truth values too), `time`, `json` or `bytes`.
///
/// Times are kept as sqlx writes them; bytes come as `\x` and hexadecimal digits, as PostgreSQL reads them.
///
/// PostgreSQL takes JSON's null for its own, which no column of JSON holds here.
macro_rules! column {
    (postgres json $column:literal) => {
        concat!("coalesce(given.", $column, ", 'null')")
    };
    (postgres $kind:ident $column:literal) => {
        concat!("given.", $column)
    };
    (text $column:literal) => {
        concat!("given.value ->> '", $column, "'")
    };
    (time $column:literal) => {
        concat!("rtrim(given.value ->> '", $column, "', 'Z') || '+00:00'")
    };
    (json $column:literal) => {
        concat!("given.value -> '", $column, "'")
    };
    (bytes $column:literal) => {
        concat!("unhex(substr(given.value ->> '", $column, "', 3))")
    };
}

/// The statement that inserts rows: `insert_rows!("table": text "a", time "b"; "ON CONFLICT …")`.
macro_rules! insert_rows {
    ($table:literal: $($kind:ident $column:literal),+ $(,)?; $conflict:literal) => {
        $crate::db::rows::Statement {
            sqlite: concat!(
                "INSERT INTO ", $table, " (tenant_id", $(", ", $column,)+ ") SELECT $1",
                $(", ", $crate::db::rows::column!($kind $column),)+
                " FROM json_each($2) AS given WHERE true ", $conflict
            ),
            postgres: concat!(
                "INSERT INTO ", $table, " (tenant_id", $(", ", $column,)+ ") SELECT $1",
                $(", ", $crate::db::rows::column!(postgres $kind $column),)+
                " FROM jsonb_populate_recordset(NULL::", $table, ", $2::text::jsonb) AS given WHERE true ", $conflict
            ),
        }
    };
}

/// The statement that changes rows found by a text key: `update_rows!("table" by "key": text "a", time "b")`.
macro_rules! update_rows {
    ($table:literal by $key:literal: $first_kind:ident $first:literal, $($kind:ident $column:literal),+ $(,)?) => {
        $crate::db::rows::Statement {
            sqlite: concat!(
                "UPDATE ", $table, " SET ", $first, " = ", $crate::db::rows::column!($first_kind $first),
                $(", ", $column, " = ", $crate::db::rows::column!($kind $column),)+
                " FROM json_each($2) AS given WHERE ", $table, ".tenant_id = $1 AND ",
                $table, ".", $key, " = given.value ->> '", $key, "'"
            ),
            postgres: concat!(
                "UPDATE ", $table, " SET ", $first, " = given.", $first, $(", ", $column, " = given.", $column,)+
                " FROM jsonb_populate_recordset(NULL::", $table, ", $2::text::jsonb) AS given WHERE ",
                $table, ".tenant_id = $1 AND ", $table, ".", $key, " = given.", $key
            ),
        }
    };
}

/// The condition that a text is among the keys, in an engine's words.
macro_rules! listed {
    (sqlite) => {
        "IN (SELECT value FROM json_each($2))"
    };
    (postgres) => {
        "= ANY (ARRAY(SELECT jsonb_array_elements_text($2::text::jsonb)))"
    };
}

pub(crate) use {column, insert_rows, listed, update_rows};

impl Statement {
    /// Writes rows; does nothing when there are none.
    pub async fn write<R: Serialize>(&self, tx: &mut Tx, tenant: &TenantId, rows: &[R]) -> sqlx::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = json(rows)?;
        match tx {
            Tx::Sqlite(connection) => {
                sqlx::query(self.sqlite).bind(tenant).bind(rows).execute(&mut **connection).await.map(drop)
            }
            Tx::Postgres(connection) => {
                sqlx::query(self.postgres).bind(tenant).bind(rows).execute(&mut **connection).await.map(drop)
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

fn json<T: Serialize>(rows: &[T]) -> sqlx::Result<String> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}
