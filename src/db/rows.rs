//! Many rows in one statement: what a group of writers costs is counted in statements.
//!
//! Rows are what serde makes of them: objects whose members are columns. SQLite is given each value alone, PostgreSQL each column as
//! an array: each takes that in twice as fast as one text of JSON.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, Postgres, Sqlite};

use super::Tx;
use super::cells::{Cell, cells};
use crate::journey::ids::{Id as _, TenantId};

pub use super::cells::{Column, Kind};

/// The most rows that one statement carries on SQLite, which keeps the values bound to it in bounds.
const MOST: usize = 64;

/// The most rows that one statement carries on PostgreSQL.
const HEAP: usize = 2048;

/// Statements of more rows than this carry a multiple of it.
const STEP: usize = 8;

/// Rows of one kind to be written at once, in the words of each engine.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Their columns.
    pub columns: &'static [Column],
    /// What stands before the rows on SQLite, and what stands after them.
    pub sqlite: [&'static str; 2],
    /// Where the tenant stands on SQLite.
    pub tenant: TenantStands,
    /// What stands before the columns on PostgreSQL, and what stands after them; `$1` is the tenant.
    pub postgres: [&'static str; 2],
    /// What becomes of a row whose key is there already; nothing is said where none can be.
    pub conflict: &'static str,
}

/// Where the tenant stands among the values bound to a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantStands {
    /// Before each row.
    InRows,
    /// After them all.
    Last,
}

/// What stands in a column, and how PostgreSQL reads it.
macro_rules! column {
    (text $column:literal) => {
        ($column, $crate::db::rows::Kind::Text)
    };
    (number $column:literal) => {
        ($column, $crate::db::rows::Kind::Number)
    };
    (truth $column:literal) => {
        ($column, $crate::db::rows::Kind::Truth)
    };
    (date $column:literal) => {
        ($column, $crate::db::rows::Kind::Date)
    };
    (time $column:literal) => {
        ($column, $crate::db::rows::Kind::Time)
    };
    (json $column:literal) => {
        ($column, $crate::db::rows::Kind::Json)
    };
    (bytes $column:literal) => {
        ($column, $crate::db::rows::Kind::Bytes)
    };
    (postgres date $column:literal) => {
        concat!("given.", $column, "::date")
    };
    (postgres json $column:literal) => {
        concat!("given.", $column, "::jsonb")
    };
    (postgres $kind:ident $column:literal) => {
        concat!("given.", $column)
    };
}

/// The statement that inserts rows: `insert_rows!("table": text "a", time "b"; "ON CONFLICT …")`.
macro_rules! insert_rows {
    ($table:literal: $($kind:ident $column:literal),+ $(,)?; $conflict:literal) => {
        $crate::db::rows::Rows {
            columns: &[$($crate::db::rows::column!($kind $column)),+],
            sqlite: [concat!("INSERT INTO ", $table, " (tenant_id", $(", ", $column,)+ ") VALUES "), ""],
            tenant: $crate::db::rows::TenantStands::InRows,
            postgres: [
                concat!(
                    "INSERT INTO ", $table, " (tenant_id", $(", ", $column,)+ ") SELECT $1",
                    $(", ", $crate::db::rows::column!(postgres $kind $column),)+ " FROM unnest("
                ),
                concat!(") AS given (", $crate::db::rows::listed_columns!($($column),+), ")"),
            ],
            conflict: concat!(" ", $conflict),
        }
    };
}

/// The statement that changes rows found by a text key: `update_rows!("table" by "key": text "a", time "b")`.
macro_rules! update_rows {
    ($table:literal by $key:literal: $first_kind:ident $first:literal, $($kind:ident $column:literal),+ $(,)?) => {
        $crate::db::rows::Rows {
            columns: &[
                $crate::db::rows::column!(text $key), $crate::db::rows::column!($first_kind $first),
                $($crate::db::rows::column!($kind $column)),+
            ],
            sqlite: [
                concat!("WITH given (", $crate::db::rows::listed_columns!($key, $first, $($column),+), ") AS (VALUES "),
                concat!(
                    ") UPDATE ", $table, " SET ", $first, " = given.", $first, $(", ", $column, " = given.", $column,)+
                    " FROM given WHERE ", $table, ".tenant_id = ? AND ", $table, ".", $key, " = given.", $key
                ),
            ],
            tenant: $crate::db::rows::TenantStands::Last,
            postgres: [
                concat!(
                    "UPDATE ", $table, " SET ", $first, " = ", $crate::db::rows::column!(postgres $first_kind $first),
                    $(", ", $column, " = ", $crate::db::rows::column!(postgres $kind $column),)+ " FROM unnest("
                ),
                concat!(
                    ") AS given (", $crate::db::rows::listed_columns!($key, $first, $($column),+), ") WHERE ",
                    $table, ".tenant_id = $1 AND ", $table, ".", $key, " = given.", $key
                ),
            ],
            conflict: "",
        }
    };
}

/// The names of columns, one after the other.
macro_rules! listed_columns {
    ($first:literal $(, $column:literal)*) => {
        concat!($first, $(", ", $column),*)
    };
}

pub(crate) use {column, insert_rows, listed_columns, update_rows};

/// Rows of one kind on their way into their table.
pub struct Batch<'a>(Box<dyn Going + Send + 'a>);

/// What takes rows to their table, statement by statement.
trait Going {
    /// The next statement for SQLite; none when all rows have gone.
    fn sqlite(&mut self, tenant: &TenantId) -> sqlx::Result<Option<Query<'static, Sqlite, SqliteArguments>>>;
    /// The next statement for PostgreSQL; none when all rows have gone.
    fn postgres(&mut self, tenant: &TenantId) -> sqlx::Result<Option<Query<'static, Postgres, PgArguments>>>;
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
        if some.is_empty() { Ok(None) } else { rows.one_by_one(tenant, some).map(Some).map_err(sqlx::Error::Encode) }
    }

    fn postgres(&mut self, tenant: &TenantId) -> sqlx::Result<Option<Query<'static, Postgres, PgArguments>>> {
        let rows = self.rows;
        let some = self.some(|left| HEAP.min(left));
        if some.is_empty() { Ok(None) } else { rows.by_columns(tenant, some).map(Some).map_err(sqlx::Error::Encode) }
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
            let mut next = || next(&mut left, |batch| batch.postgres(tenant));
            let mut prepared = next()?;
            while let Some(query) = prepared {
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
    /// The same for rows whose keys are not there yet, which an engine then need not look for first.
    pub const fn unseen(self) -> Self {
        Self { conflict: "", ..self }
    }

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
    fn one_by_one<R: Serialize>(
        self,
        tenant: &TenantId,
        rows: &[R],
    ) -> Result<Query<'static, Sqlite, SqliteArguments>, BoxDynError> {
        let tenant: Arc<str> = tenant.as_str().into();
        let mut values = SqliteArguments::default();
        values.reserve((self.columns.len() + 1) * rows.len(), 0);
        for row in rows {
            if self.tenant == TenantStands::InRows {
                values.add(Arc::clone(&tenant))?;
            }
            for cell in cells(self.columns, row)? {
                match cell {
                    Cell::Nothing => values.add(None::<i64>),
                    Cell::Text(text) => values.add(text),
                    Cell::Number(number) => values.add(number),
                    Cell::Bytes(bytes) => values.add(bytes),
                }?;
            }
        }
        if self.tenant == TenantStands::Last {
            values.add(tenant)?;
        }
        Ok(sqlx::query_with(AssertSqlSafe(self.of(rows.len())), values))
    }

    /// The statement that writes rows on PostgreSQL.
    fn by_columns<R: Serialize>(
        self,
        tenant: &TenantId,
        rows: &[R],
    ) -> Result<Query<'static, Postgres, PgArguments>, BoxDynError> {
        let rows = rows.iter().map(|row| cells(self.columns, row)).collect::<Result<Vec<_>, _>>()?;
        let mut values = PgArguments::default();
        values.add(tenant)?;
        let mut given = Vec::with_capacity(self.columns.len());
        for (at, (_, kind)) in self.columns.iter().enumerate() {
            given.push(format!("${}", at + 2));
            let column = rows.iter().filter_map(|row| row.get(at));
            match kind {
                // Days and JSON are read from the text that they are.
                Kind::Text | Kind::Date | Kind::Json => {
                    values.add(column.map(Cell::text).collect::<Result<Vec<_>, _>>()?)
                }
                Kind::Number => values.add(column.map(Cell::number).collect::<Result<Vec<_>, _>>()?),
                Kind::Truth => {
                    let truth = |cell: &Cell| cell.number().map(|number| number.map(|number| number != 0));
                    values.add(column.map(truth).collect::<Result<Vec<_>, _>>()?)
                }
                Kind::Time => values.add(column.map(moment).collect::<Result<Vec<_>, _>>()?),
                Kind::Bytes => values.add(column.map(Cell::bytes).collect::<Result<Vec<_>, _>>()?),
            }?;
        }
        let [before, after] = self.postgres;
        let sql = format!("{before}{}{after}{}", given.join(", "), self.conflict);
        Ok(sqlx::query_with(AssertSqlSafe(sql), values))
    }

    /// The statement for so many rows; its values bear no numbers, which SQLite would look up one by one.
    fn of(self, rows: usize) -> String {
        let [before, after] = self.sqlite;
        let values = self.columns.len() + usize::from(self.tenant == TenantStands::InRows);
        let row = format!("({}?)", "?, ".repeat(values - 1));
        format!("{before}{}{row}{after}{}", format!("{row}, ").repeat(rows - 1), self.conflict)
    }
}

/// The moment in a cell.
fn moment(cell: &Cell) -> Result<Option<DateTime<Utc>>, BoxDynError> {
    Ok(cell.text()?.map(DateTime::parse_from_rfc3339).transpose()?.map(|moment| moment.to_utc()))
}
