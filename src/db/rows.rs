//! Many rows in one statement: what a group of writers costs is counted in statements.
//!
//! Rows are what serde makes of them: objects whose members are columns. SQLite is given each value alone, PostgreSQL each column as
//! an array: each takes that in twice as fast as one text of JSON.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

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

/// The most parts that a statement has on PostgreSQL: what they are made of stands for a text that is prepared and kept.
const PARTS: usize = 8;

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

/// The statement that changes rows found by keys of text: `update_rows!("table" by "key", "other": text "a", time "b")`.
macro_rules! update_rows {
    ($table:literal by $($key:literal),+: $first_kind:ident $first:literal, $($kind:ident $column:literal),+ $(,)?) => {
        $crate::db::rows::Rows {
            columns: &[
                $($crate::db::rows::column!(text $key),)+ $crate::db::rows::column!($first_kind $first),
                $($crate::db::rows::column!($kind $column)),+
            ],
            sqlite: [
                concat!(
                    "WITH given (", $crate::db::rows::listed_columns!($($key,)+ $first, $($column),+), ") AS (VALUES "
                ),
                concat!(
                    ") UPDATE ", $table, " SET ", $first, " = given.", $first, $(", ", $column, " = given.", $column,)+
                    " FROM given WHERE ", $table, ".tenant_id = ?", $(" AND ", $table, ".", $key, " = given.", $key),+
                ),
            ],
            tenant: $crate::db::rows::TenantStands::Last,
            postgres: [
                concat!(
                    "UPDATE ", $table, " SET ", $first, " = ", $crate::db::rows::column!(postgres $first_kind $first),
                    $(", ", $column, " = ", $crate::db::rows::column!(postgres $kind $column),)+ " FROM unnest("
                ),
                // Each row is looked up by its keys: a table that was not counted yet would be read as a whole.
                concat!(
                    ") AS given (", $crate::db::rows::listed_columns!($($key,)+ $first, $($column),+), ") CROSS JOIN LATERAL \
                     (SELECT ctid FROM ", $table, " AS kept WHERE kept.tenant_id = $1", $(" AND kept.", $key, " = given.", $key,)+
                    " OFFSET 0) AS kept (place) WHERE ", $table, ".tenant_id = $1 AND ", $table, ".ctid = kept.place"
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
///
/// They are taken apart already, so that it takes little to make a statement of them, and what they were made of may go.
pub struct Batch {
    rows: Rows,
    left: std::vec::IntoIter<Vec<Cell>>,
}

impl Batch {
    /// The next statement for SQLite; none when all rows have gone.
    fn sqlite(&mut self, tenant: &TenantId) -> sqlx::Result<Option<Query<'static, Sqlite, SqliteArguments>>> {
        // Few texts, so that each is prepared once and kept; few statements all the same.
        let most = match self.left.len() {
            left @ 0..STEP => left,
            left => MOST.min(left / STEP * STEP),
        };
        self.some(most).map(|some| self.rows.one_by_one(tenant, some)).transpose().map_err(sqlx::Error::Encode)
    }

    /// The next part of a statement for PostgreSQL, whose values join those given; none when all rows have gone.
    fn postgres(&mut self, values: &mut PgArguments) -> sqlx::Result<Option<String>> {
        self.some(HEAP).map(|some| self.rows.by_columns(values, &some)).transpose().map_err(sqlx::Error::Encode)
    }

    /// The first rows that are left, if any are.
    fn some(&mut self, most: usize) -> Option<Vec<Vec<Cell>>> {
        let some: Vec<_> = self.left.by_ref().take(most).collect();
        (!some.is_empty()).then_some(some)
    }
}

/// Writes batches of rows in their order; what comes next is made ready while a statement is carried out.
pub async fn write(
    tx: &mut Tx,
    tenant: &TenantId,
    batches: impl IntoIterator<Item = sqlx::Result<Batch>, IntoIter: Send>,
) -> sqlx::Result<()> {
    let (mut batches, mut batch) = (batches.into_iter().fuse(), None);
    match tx {
        Tx::Sqlite(connection) => {
            let mut next = || next(&mut batches, &mut batch, |batch| batch.sqlite(tenant));
            let mut prepared = next()?;
            while let Some(query) = prepared {
                let (done, following) = futures::join!(query.execute(&mut **connection), async { next() });
                (_, prepared) = (done?, following?);
            }
        }
        Tx::Postgres(connection) => {
            let mut join = |ready: &mut Together| -> sqlx::Result<()> {
                ready.parts.extend(next(&mut batches, &mut batch, |batch| batch.postgres(&mut ready.values))?);
                Ok(())
            };
            let mut ready = Together::of(tenant)?;
            join(&mut ready)?;
            while let Some(query) = ready.query() {
                ready = Together::of(tenant)?;
                let mut following = sqlx::Result::Ok(());
                meanwhile(query.execute(&mut **connection), || {
                    let before = ready.parts.len();
                    following = join(&mut ready);
                    (before + 1..PARTS).contains(&ready.parts.len())
                })
                .await?;
                following?;
                if ready.parts.is_empty() {
                    join(&mut ready)?;
                }
            }
        }
    }
    Ok(())
}

/// Parts of one statement for PostgreSQL: each way there and back costs as much as writing several rows.
struct Together {
    values: PgArguments,
    parts: Vec<String>,
}

impl Together {
    fn of(tenant: &TenantId) -> sqlx::Result<Self> {
        let mut values = PgArguments::default();
        values.add(tenant).map_err(sqlx::Error::Encode)?;
        Ok(Self { values, parts: Vec::new() })
    }

    /// The statement; none when it has no part.
    fn query(mut self) -> Option<Query<'static, Postgres, PgArguments>> {
        let last = self.parts.pop()?;
        let beside = self.parts.iter().enumerate().map(|(at, part)| format!("part_{at} AS ({part})"));
        let beside = beside.collect::<Vec<_>>().join(", ");
        let sql = if beside.is_empty() { last } else { format!("WITH {beside} {last}") };
        Some(sqlx::query_with(AssertSqlSafe(sql), self.values))
    }
}

/// Waits for some work, and meanwhile takes steps for as long as there is another.
async fn meanwhile<T>(work: impl Future<Output = T>, mut step: impl FnMut() -> bool) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = futures::poll!(work.as_mut()) {
            return done;
        }
        if !step() {
            return work.await;
        }
    }
}

/// The next statement of the batch at hand, or of the first after it that has one.
fn next<S>(
    batches: &mut impl Iterator<Item = sqlx::Result<Batch>>,
    at_hand: &mut Option<Batch>,
    mut statement: impl FnMut(&mut Batch) -> sqlx::Result<Option<S>>,
) -> sqlx::Result<Option<S>> {
    loop {
        if let Some(batch) = at_hand
            && let Some(statement) = statement(batch)?
        {
            return Ok(Some(statement));
        }
        *at_hand = batches.next().transpose()?;
        if at_hand.is_none() {
            return Ok(None);
        }
    }
}

impl Rows {
    /// The same for rows whose keys are not there yet, which an engine then need not look for first.
    pub const fn unseen(self) -> Self {
        Self { conflict: "", ..self }
    }

    /// Rows to be written.
    pub fn batch<R: Serialize>(self, rows: impl IntoIterator<Item = R>) -> sqlx::Result<Batch> {
        let rows = rows.into_iter().map(|row| cells(self.columns, &row)).collect::<Result<Vec<_>, _>>();
        let left = rows.map_err(|error| sqlx::Error::Encode(error.into()))?.into_iter();
        Ok(Batch { rows: self, left })
    }

    /// Writes rows; does nothing when there are none.
    pub async fn write<R: Serialize + Sync>(self, tx: &mut Tx, tenant: &TenantId, rows: &[R]) -> sqlx::Result<()> {
        write(tx, tenant, [self.batch(rows)]).await
    }

    /// The statement that writes rows on SQLite.
    fn one_by_one(
        self,
        tenant: &TenantId,
        rows: Vec<Vec<Cell>>,
    ) -> Result<Query<'static, Sqlite, SqliteArguments>, BoxDynError> {
        let tenant: Arc<str> = tenant.as_str().into();
        let sql = self.of(rows.len());
        let mut values = SqliteArguments::default();
        values.reserve((self.columns.len() + 1) * rows.len(), 0);
        for row in rows {
            if self.tenant == TenantStands::InRows {
                values.add(Arc::clone(&tenant))?;
            }
            for cell in row {
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
        Ok(sqlx::query_with(AssertSqlSafe(sql), values))
    }

    /// The statement that writes rows on PostgreSQL; its values come after those given, of which the first is the tenant.
    fn by_columns(self, values: &mut PgArguments, rows: &[Vec<Cell>]) -> Result<String, BoxDynError> {
        let first = values.len() + 1;
        let mut given = Vec::with_capacity(self.columns.len());
        for (at, (_, kind)) in self.columns.iter().enumerate() {
            given.push(format!("${}", first + at));
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
        Ok(format!("{before}{}{after}{}", given.join(", "), self.conflict))
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
