//! Many rows in one statement: what a group of writers costs is counted in statements.
//!
//! Rows are what serde makes of them: objects whose members are columns. SQLite is given each value alone, PostgreSQL each column as
//! an array: each takes that in twice as fast as one text of JSON.

use std::collections::VecDeque;
use std::ops::Range;
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
use super::cells::{Cell, Cells};
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
    cells: Cells,
    /// How many rows have gone.
    gone: usize,
}

impl Batch {
    /// Whether there are rows that have not gone yet.
    fn has_rows(&self) -> bool {
        self.gone < self.cells.rows()
    }

    /// The next statement for SQLite.
    fn sqlite(&mut self, tenant: &TenantId) -> sqlx::Result<Query<'static, Sqlite, SqliteArguments>> {
        // Few texts, so that each is prepared once and kept; few statements all the same.
        let most = match self.cells.rows() - self.gone {
            left @ 0..STEP => left,
            left => MOST.min(left / STEP * STEP),
        };
        let some = self.some(most);
        self.rows.one_by_one(tenant, &self.cells, some).map_err(sqlx::Error::Encode)
    }

    /// The next part of a statement for PostgreSQL, whose values join those given.
    fn postgres(&mut self, values: &mut PgArguments) -> sqlx::Result<String> {
        let some = self.some(HEAP);
        self.rows.by_columns(values, &self.cells, &some).map_err(sqlx::Error::Encode)
    }

    /// The first rows that are left, which go.
    fn some(&mut self, most: usize) -> Range<usize> {
        let first = self.gone;
        self.gone = self.cells.rows().min(first + most);
        first..self.gone
    }
}

/// Writes rows.
pub async fn write(tx: &mut Tx, tenant: &TenantId, batch: sqlx::Result<Batch>) -> sqlx::Result<()> {
    write_all(tx, tenant, [batch.map(|batch| vec![batch])]).await
}

/// Writes batches of rows in their order; what comes next is made ready while a statement is carried out.
///
/// Batches that come together are of rows that need not be written one after the other: on PostgreSQL they go together.
pub async fn write_all(
    tx: &mut Tx,
    tenant: &TenantId,
    batches: impl IntoIterator<Item = sqlx::Result<Vec<Batch>>, IntoIter: Send>,
) -> sqlx::Result<()> {
    let mut batches = Batches { coming: batches.into_iter().fuse(), at_hand: VecDeque::new() };
    match tx {
        Tx::Sqlite(connection) => {
            let mut next = || batches.next(|batch| batch.sqlite(tenant));
            let mut prepared = next()?;
            while let Some(query) = prepared {
                let (done, following) = futures::join!(query.execute(&mut **connection), async { next() });
                (_, prepared) = (done?, following?);
            }
        }
        Tx::Postgres(connection) => {
            let mut join = |ready: &mut Together| -> sqlx::Result<()> {
                loop {
                    ready.parts.extend(batches.next(|batch| batch.postgres(&mut ready.values))?);
                    if ready.parts.len() >= PARTS || batches.at_hand.is_empty() {
                        return Ok(());
                    }
                }
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

/// Batches that come, and those that are there and have rows left.
struct Batches<I> {
    coming: I,
    at_hand: VecDeque<Batch>,
}

impl<I: Iterator<Item = sqlx::Result<Vec<Batch>>>> Batches<I> {
    /// What is made of the next rows; none when all have gone.
    fn next<S>(&mut self, statement: impl FnOnce(&mut Batch) -> sqlx::Result<S>) -> sqlx::Result<Option<S>> {
        while self.at_hand.is_empty() {
            let Some(batches) = self.coming.next().transpose()? else { return Ok(None) };
            self.at_hand.extend(batches.into_iter().filter(Batch::has_rows));
        }
        let Some(batch) = self.at_hand.front_mut() else { return Ok(None) };
        let statement = statement(batch)?;
        if !batch.has_rows() {
            self.at_hand.pop_front();
        }
        Ok(Some(statement))
    }
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

impl Rows {
    /// The same for rows whose keys are not there yet, which an engine then need not look for first.
    pub const fn unseen(self) -> Self {
        Self { conflict: "", ..self }
    }

    /// Rows to be written.
    pub fn batch<R: Serialize>(self, rows: impl IntoIterator<Item = R>) -> sqlx::Result<Batch> {
        let cells = Cells::of(self.columns, rows).map_err(|error| sqlx::Error::Encode(error.into()))?;
        Ok(Batch { rows: self, cells, gone: 0 })
    }

    /// Writes rows; does nothing when there are none.
    pub async fn write<R: Serialize + Sync>(self, tx: &mut Tx, tenant: &TenantId, rows: &[R]) -> sqlx::Result<()> {
        write(tx, tenant, self.batch(rows)).await
    }

    /// The statement that writes rows on SQLite.
    fn one_by_one(
        self,
        tenant: &TenantId,
        cells: &Cells,
        rows: Range<usize>,
    ) -> Result<Query<'static, Sqlite, SqliteArguments>, BoxDynError> {
        let tenant: Arc<str> = tenant.as_str().into();
        let sql = self.of(rows.len());
        let mut values = SqliteArguments::default();
        values.reserve((self.columns.len() + 1) * rows.len(), 0);
        for row in rows {
            if self.tenant == TenantStands::InRows {
                values.add(Arc::clone(&tenant))?;
            }
            for cell in cells.row(row) {
                match cell {
                    Cell::Nothing => values.add(None::<i64>),
                    Cell::Text(text) => values.add(Arc::<str>::from(text)),
                    Cell::Number(number) => values.add(number),
                    Cell::Bytes(bytes) => values.add(bytes.to_vec()),
                }?;
            }
        }
        if self.tenant == TenantStands::Last {
            values.add(tenant)?;
        }
        Ok(sqlx::query_with(AssertSqlSafe(sql), values))
    }

    /// The statement that writes rows on PostgreSQL; its values come after those given, of which the first is the tenant.
    fn by_columns(self, values: &mut PgArguments, cells: &Cells, rows: &Range<usize>) -> Result<String, BoxDynError> {
        let first = values.len() + 1;
        values.reserve(self.columns.len(), cells.size());
        let mut given = Vec::with_capacity(self.columns.len());
        for (at, (_, kind)) in self.columns.iter().enumerate() {
            given.push(format!("${}", first + at));
            let column = cells.column(at, rows);
            match kind {
                // Days and JSON are read from the text that they are.
                Kind::Text | Kind::Date | Kind::Json => {
                    values.add(column.map(Cell::text).collect::<Result<Vec<_>, _>>()?)
                }
                Kind::Number => values.add(column.map(Cell::number).collect::<Result<Vec<_>, _>>()?),
                Kind::Truth => {
                    let truth = |cell: Cell<'_>| cell.number().map(|number| number.map(|number| number != 0));
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
fn moment(cell: Cell<'_>) -> Result<Option<DateTime<Utc>>, BoxDynError> {
    Ok(cell.text()?.map(DateTime::parse_from_rfc3339).transpose()?.map(|moment| moment.to_utc()))
}
