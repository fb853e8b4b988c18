//! Many rows in one statement, and many keys in one question: what a group of writers costs is counted in statements.
//!
//! Rows are what serde makes of them: objects whose members are columns.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, FromRow, Sqlite};

use super::Tx;
use super::cells::{Cell, cells};
use crate::journey::ids::{Id as _, TenantId};

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

/// Rows of one kind on their way into their table.
pub struct Batch<'a>(Box<dyn Going + Send + 'a>);

/// What takes rows to their table, statement by statement.
trait Going {
    /// The next statement for SQLite; none when all rows have gone.
    fn sqlite(&mut self, tenant: &TenantId) -> sqlx::Result<Option<Query<'static, Sqlite, SqliteArguments>>>;
    /// The next statement for PostgreSQL, and its rows.
    fn postgres(&mut self) -> sqlx::Result<Option<(&'static str, String)>>;
}

/// Rows that are made when their turn comes: again and again when those made before have gone, until none are made.
struct Making<R, F> {
    rows: Rows,
    make: F,
    made: Vec<R>,
    gone: usize,
}

impl<R, F: FnMut() -> Vec<R>> Making<R, F> {
    /// The first rows that are left, as many as an engine takes at once.
    fn some(&mut self, most: impl FnOnce(usize) -> usize) -> &[R] {
        if self.gone == self.made.len() {
            (self.made, self.gone) = ((self.make)(), 0);
        }
        let begin = self.gone;
        self.gone += most(self.made.len() - begin);
        self.made.get(begin..self.gone).unwrap_or_default()
    }
}

impl<R: Serialize, F: FnMut() -> Vec<R>> Going for Making<R, F> {
    fn sqlite(&mut self, tenant: &TenantId) -> sqlx::Result<Option<Query<'static, Sqlite, SqliteArguments>>> {
        let rows = self.rows;
        // Few texts, so that each is prepared once and kept; few statements all the same.
        let some = self.some(|left| match left {
            0..STEP => left,
            _ => MOST.min(left / STEP * STEP),
        });
        if some.is_empty() { Ok(None) } else { rows.bound(tenant, some).map(Some) }
    }

    fn postgres(&mut self) -> sqlx::Result<Option<(&'static str, String)>> {
        let sql = self.rows.postgres;
        let some = self.some(|left| HEAP.min(left));
        if some.is_empty() { Ok(None) } else { Ok(Some((sql, json(some)?))) }
    }
}

/// Writes batches of rows one after the other; each statement is put together while the one before it is carried out.
pub async fn write(tx: &mut Tx, tenant: &TenantId, batches: Vec<Batch<'_>>) -> sqlx::Result<()> {
    let mut left = VecDeque::from(batches);
    match tx {
        Tx::Sqlite(connection) => {
            let mut next = || next(&mut left, |batch| batch.sqlite(tenant));
            let mut prepared = next()?;
            while let Some(query) = prepared {
                let (done, following) = futures::join!(query.execute(&mut **connection), async { next() });
                (_, prepared) = (done?, following?);
            }
        }
        Tx::Postgres(connection) => {
            let mut next = || next(&mut left, Going::postgres);
            let mut prepared = next()?;
            while let Some((sql, rows)) = prepared {
                let query = sqlx::query(sql).bind(tenant).bind(rows);
                let (done, following) = futures::join!(query.execute(&mut **connection), async { next() });
                (_, prepared) = (done?, following?);
            }
        }
    }
    Ok(())
}

/// The next statement of the first batch that has one.
fn next<'a, S>(
    left: &mut VecDeque<Batch<'a>>,
    statement: impl Fn(&mut (dyn Going + Send + 'a)) -> sqlx::Result<Option<S>>,
) -> sqlx::Result<Option<S>> {
    while let Some(Batch(batch)) = left.front_mut() {
        match statement(batch.as_mut())? {
            None => drop(left.pop_front()),
            some => return Ok(some),
        }
    }
    Ok(None)
}

impl Rows {
    /// Rows to be written, made when their turn comes.
    pub fn batch<'a, R: Serialize + Send + 'a>(self, make: impl FnOnce() -> Vec<R> + Send + 'a) -> Batch<'a> {
        let mut make = Some(make);
        self.flow(move || make.take().map_or_else(Vec::new, |make| make()))
    }

    /// Rows to be written as they are made, some at a time; none are left when none were made.
    pub fn flow<'a, R: Serialize + Send + 'a>(self, make: impl FnMut() -> Vec<R> + Send + 'a) -> Batch<'a> {
        Batch(Box::new(Making { rows: self, make, made: Vec::new(), gone: 0 }))
    }

    /// Writes rows; does nothing when there are none.
    pub async fn write<R: Serialize + Sync>(self, tx: &mut Tx, tenant: &TenantId, rows: &[R]) -> sqlx::Result<()> {
        write(tx, tenant, vec![self.batch(|| rows.iter().collect())]).await
    }

    /// The statement that writes rows on SQLite.
    fn bound<R: Serialize>(
        self,
        tenant: &TenantId,
        rows: &[R],
    ) -> sqlx::Result<Query<'static, Sqlite, SqliteArguments>> {
        let encode = sqlx::Error::Encode;
        let tenant: Arc<str> = tenant.as_str().into();
        let mut values = SqliteArguments::default();
        values.reserve((self.columns.len() + 1) * rows.len(), 0);
        for row in rows {
            if self.tenant == TenantStands::InRows {
                values.add(Arc::clone(&tenant)).map_err(encode)?;
            }
            for cell in cells(self.columns, row).map_err(|error| encode(error.into()))? {
                match cell {
                    Cell::Nothing => values.add(None::<i64>),
                    Cell::Text(text) => values.add(text),
                    Cell::Number(number) => values.add(number),
                    Cell::Bytes(bytes) => values.add(bytes),
                }
                .map_err(encode)?;
            }
        }
        if self.tenant == TenantStands::Last {
            values.add(tenant).map_err(encode)?;
        }
        Ok(sqlx::query_with(AssertSqlSafe(self.of(rows.len())), values))
    }

    /// The statement for so many rows; its values bear no numbers, which SQLite would look up one by one.
    fn of(self, rows: usize) -> String {
        let [before, after] = self.sqlite;
        let values = self.columns.len() + usize::from(self.tenant == TenantStands::InRows);
        let row = format!("({}?)", "?, ".repeat(values - 1));
        format!("{before}{}{row}{after}", format!("{row}, ").repeat(rows - 1))
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

fn json<T: Serialize>(rows: &[T]) -> sqlx::Result<String> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}
