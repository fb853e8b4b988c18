//! Many rows in one statement, and many keys in one question: what a group of writers costs is counted in statements.
//!
//! Rows are what serde makes of them: objects whose members are columns.

use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, Sqlite};

use super::Tx;
use super::cells::{Cell, cells};
use crate::journey::ids::TenantId;

/// The most rows that one statement carries on SQLite, which keeps the values bound to it in bounds.
const MOST: usize = 64;

/// The most rows that one statement carries on PostgreSQL.
const HEAP: usize = 512;

/// Statements of more rows than this carry a multiple of it.
const STEP: usize = 8;

/// One statement in the words of each engine: `$1` is the tenant, `$2` the rows or the keys.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

/// Rows of one kind to be written at once, in the words of each engine.
///
/// PostgreSQL takes them apart itself, out of one JSON array; SQLite is twice as fast when each value is bound alone.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// What stands before the rows, and what stands after them.
    pub sqlite: [&'static str; 2],
    /// Where the tenant stands on SQLite.
    pub tenant: TenantStands,
    /// Their columns, as SQLite keeps them.
    pub columns: &'static [Column],
    /// For PostgreSQL: `$1` is the tenant, `$2` the rows.
    pub postgres: &'static str,
}

/// Where the tenant stands among the values bound to a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantStands {
    /// Before each row.
    InRows,
    /// After them all.
    Last,
}

/// A column's name, and how SQLite keeps its values.
pub type Column = (&'static str, Kept);

/// How SQLite keeps a value that JSON carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// As it is: text, a number, a truth value.
    Text,
    /// As sqlx writes times.
    Time,
    /// As the text of the JSON; its null too.
    Json,
    /// As bytes.
    Bytes,
}

/// How SQLite keeps a column: `text` (numbers and truth values too), `time`, `json` or `bytes`; how PostgreSQL reads it.
///
/// PostgreSQL takes JSON's null for its own, which no column of JSON holds here.
macro_rules! column {
    (text $column:literal) => {
        ($column, $crate::db::rows::Kept::Text)
    };
    (time $column:literal) => {
        ($column, $crate::db::rows::Kept::Time)
    };
    (json $column:literal) => {
        ($column, $crate::db::rows::Kept::Json)
    };
    (bytes $column:literal) => {
        ($column, $crate::db::rows::Kept::Bytes)
    };
    (postgres json $column:literal) => {
        concat!("coalesce(given.", $column, ", 'null')")
    };
    (postgres $kind:ident $column:literal) => {
        concat!("given.", $column)
    };
}

/// The statement that inserts rows: `insert_rows!("table": text "a", time "b"; "ON CONFLICT …")`.
macro_rules! insert_rows {
    ($table:literal: $($kind:ident $column:literal),+ $(,)?; $conflict:literal) => {
        $crate::db::rows::Rows {
            sqlite: [concat!("INSERT INTO ", $table, " (tenant_id", $(", ", $column,)+ ") VALUES "), concat!(" ", $conflict)],
            tenant: $crate::db::rows::TenantStands::InRows,
            columns: &[$($crate::db::rows::column!($kind $column)),+],
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
        $crate::db::rows::Rows {
            sqlite: [
                concat!(
                    "WITH given (", $key, ", ", $first, $(", ", $column,)+ ") AS (VALUES "
                ),
                concat!(
                    ") UPDATE ", $table, " SET ", $first, " = given.", $first, $(", ", $column, " = given.", $column,)+
                    " FROM given WHERE ", $table, ".tenant_id = ? AND ", $table, ".", $key, " = given.", $key
                ),
            ],
            tenant: $crate::db::rows::TenantStands::Last,
            columns: &[
                $crate::db::rows::column!(text $key), $crate::db::rows::column!($first_kind $first),
                $($crate::db::rows::column!($kind $column)),+
            ],
            postgres: concat!(
                "UPDATE ", $table, " SET ", $first, " = given.", $first, $(", ", $column, " = given.", $column,)+
                " FROM jsonb_populate_recordset(NULL::", $table, ", $2::text::jsonb) AS given WHERE ",
                $table, ".tenant_id = $1 AND ", $table, ".", $key, " = given.", $key
            ),
        }
    };
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

pub(crate) use {column, insert_rows, listed, read_json, update_rows};

impl Rows {
    /// Writes rows; does nothing when there are none.
    pub async fn write<R: Serialize>(&self, tx: &mut Tx, tenant: &TenantId, rows: &[R]) -> sqlx::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        match tx {
            Tx::Sqlite(connection) => {
                let mut rest = rows;
                let mut prepared = self.prepare(tenant, &mut rest)?;
                // The next statement is prepared while one is carried out.
                while let Some(query) = prepared {
                    let next = async { self.prepare(tenant, &mut rest) };
                    let (done, next) = futures::join!(query.execute(&mut **connection), next);
                    (_, prepared) = (done?, next?);
                }
                Ok(())
            }
            Tx::Postgres(connection) => {
                let mut rest = rows;
                let mut prepared = heap(&mut rest)?;
                while let Some(some) = prepared {
                    let query = sqlx::query(self.postgres).bind(tenant).bind(some);
                    let next = async { heap(&mut rest) };
                    let (done, next) = futures::join!(query.execute(&mut **connection), next);
                    (_, prepared) = (done?, next?);
                }
                Ok(())
            }
        }
    }

    /// The statement for the first of the rows that are left, which it takes from them; none when none are left.
    fn prepare<'q, R: Serialize>(
        &self,
        tenant: &'q TenantId,
        rest: &mut &[R],
    ) -> sqlx::Result<Option<Query<'q, Sqlite, SqliteArguments>>> {
        if rest.is_empty() {
            return Ok(None);
        }
        // Few texts, so that each is prepared once and kept; few statements all the same.
        let step = if rest.len() < STEP { 1 } else { STEP };
        let (some, others) = rest.split_at(MOST.min(rest.len() / step * step));
        *rest = others;
        let mut query = sqlx::query(AssertSqlSafe(self.of(some.len())));
        for row in some {
            if self.tenant == TenantStands::InRows {
                query = query.bind(tenant);
            }
            query = self.bind(query, row)?;
        }
        if self.tenant == TenantStands::Last {
            query = query.bind(tenant);
        }
        Ok(Some(query))
    }

    /// The statement for so many rows; its values bear no numbers, which SQLite would look up one by one.
    fn of(&self, rows: usize) -> String {
        let [before, after] = self.sqlite;
        let values = self.columns.len() + usize::from(self.tenant == TenantStands::InRows);
        let row = format!("({}?)", "?, ".repeat(values - 1));
        format!("{before}{}{row}{after}", format!("{row}, ").repeat(rows - 1))
    }

    fn bind<'q, R: Serialize>(
        &self,
        mut query: Query<'q, Sqlite, SqliteArguments>,
        row: &R,
    ) -> sqlx::Result<Query<'q, Sqlite, SqliteArguments>> {
        let cells = cells(self.columns, row).map_err(|error| sqlx::Error::Encode(error.into()))?;
        for cell in cells {
            query = match cell {
                Cell::Nothing => query.bind(None::<String>),
                Cell::Text(text) => query.bind(text),
                Cell::Number(number) => query.bind(number),
                Cell::Bytes(bytes) => query.bind(bytes),
            };
        }
        Ok(query)
    }
}

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

/// The first of the rows that are left, which it takes from them; none when none are left.
fn heap<R: Serialize>(rest: &mut &[R]) -> sqlx::Result<Option<String>> {
    let (some, others) = rest.split_at(HEAP.min(rest.len()));
    *rest = others;
    if some.is_empty() { Ok(None) } else { json(some).map(Some) }
}

fn json<T: Serialize>(rows: &[T]) -> sqlx::Result<String> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}
