//! Parquet for warehouses: a file for each day and hospital, a row group for each page of the log.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::ByteArray;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::{ExportError, Period, plain, traces};
use crate::db::Db;
use crate::hospital::tenants::Tenant;
use crate::journey::course::Course;
use crate::journey::events::EventType;
use crate::journey::words::{Outcome, Word as _};
use crate::log::{self, Filter, StoredEvent};
use crate::projections::measures::{self, StayRow};

/// How many rows are read at once, and stand in one row group at most.
const PAGE: u32 = 10_000;

/// For how many days after a day visits may still be entered: the journey takes what is up to 72 hours old.
const STILL_OPEN: u64 = 4;

/// As far as the log's form of a time goes.
const END_OF_TIME: DateTime<Utc> = match DateTime::from_timestamp(253_370_764_800, 0) {
    Some(moment) => moment,
    None => DateTime::UNIX_EPOCH,
};

/// A column: its name, and what of a row stands in it.
enum Column<R> {
    Text(&'static str, fn(&R) -> Option<String>),
    Whole(&'static str, fn(&R) -> Option<i64>),
    Time(&'static str, fn(&R) -> Option<DateTime<Utc>>),
}

impl<R> Column<R> {
    /// The column as a schema has it; any may be missing.
    fn declared(&self) -> String {
        match self {
            Self::Text(name, _) => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);"),
            Self::Whole(name, _) => format!("OPTIONAL INT64 {name};"),
            Self::Time(name, _) => format!("OPTIONAL INT64 {name} (TIMESTAMP(MILLIS,true));"),
        }
    }

    /// The values that are there, and where.
    fn write(&self, rows: &[R], writer: &mut ColumnWriter<'_>) -> Result<(), ExportError> {
        match (self, writer) {
            (Self::Text(_, of), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                let (values, levels) = split(rows, |row| of(row).map(|text| ByteArray::from(text.into_bytes())));
                writer.write_batch(&values, Some(&levels), None)?;
            }
            (Self::Whole(_, of), ColumnWriter::Int64ColumnWriter(writer)) => {
                let (values, levels) = split(rows, of);
                writer.write_batch(&values, Some(&levels), None)?;
            }
            (Self::Time(_, of), ColumnWriter::Int64ColumnWriter(writer)) => {
                let (values, levels) = split(rows, |row| of(row).map(|time| time.timestamp_millis()));
                writer.write_batch(&values, Some(&levels), None)?;
            }
            // The schema is made of the columns.
            _ => {}
        }
        Ok(())
    }
}

fn split<R, T>(rows: &[R], of: impl Fn(&R) -> Option<T>) -> (Vec<T>, Vec<i16>) {
    let mut values = Vec::with_capacity(rows.len());
    let levels = rows.iter().map(|row| of(row).map_or(0, |value| (values.push(value), 1).1)).collect();
    (values, levels)
}

/// The columns of events. What the metadata hold is plain: nothing that people wrote, and as of today, as the version says.
const EVENTS: &[Column<StoredEvent>] = &[
    Column::Whole("position", |stored| Some(stored.position)),
    Column::Text("id", |stored| Some(stored.event.id.to_string())),
    Column::Text("visit_id", |stored| stored.event.visit_id.as_ref().map(ToString::to_string)),
    Column::Text("aggregate_type", |stored| Some(stored.event.aggregate_type.clone())),
    Column::Text("aggregate_id", |stored| Some(stored.event.aggregate_id.clone())),
    Column::Whole("version", |stored| Some(stored.event.version)),
    Column::Text("event_type", |stored| Some(stored.event.event_type.clone())),
    Column::Whole("schema_version", |stored| Some(stored.event.version_today().into())),
    Column::Text("actor_type", |stored| Some(stored.event.actor_type.word().to_owned())),
    Column::Text("performed_by", |stored| Some(stored.event.performed_by.to_string())),
    Column::Text("on_behalf_of", |stored| stored.event.on_behalf_of.as_ref().map(ToString::to_string)),
    Column::Time("performed_at", |stored| Some(stored.event.performed_at)),
    Column::Time("recorded_at", |stored| Some(stored.recorded_at)),
    Column::Text("branch_id", |stored| stored.event.branch_id.as_ref().map(ToString::to_string)),
    Column::Text("metadata", |stored| {
        let event = EventType::from_word(&stored.event.event_type)?;
        Some(plain::metadata(event, &stored.event.today()).to_string())
    }),
];

/// A part of a visit in one place, as the analytics have it, and how the visit ended.
struct Stay {
    row: StayRow,
    outcome: Option<Outcome>,
}

/// The columns of stays; the last of an open visit has no end.
const STAYS: &[Column<Stay>] = &[
    Column::Text("visit_id", |stay| Some(stay.row.visit_id.to_string())),
    Column::Whole("number", |stay| Some(stay.row.number.into())),
    Column::Text("part", |stay| Some(stay.row.part.word().to_owned())),
    Column::Text("station", |stay| stay.row.station.map(|station| station.word().to_owned())),
    Column::Text("doctor_id", |stay| stay.row.doctor_id.as_ref().map(ToString::to_string)),
    Column::Text("department_id", |stay| stay.row.department_id.as_ref().map(ToString::to_string)),
    Column::Text("branch_id", |stay| stay.row.branch_id.as_ref().map(ToString::to_string)),
    Column::Text("visit_type", |stay| Some(stay.row.visit_type.word().to_owned())),
    Column::Text("priority", |stay| Some(stay.row.priority.word().to_owned())),
    Column::Text("outcome", |stay| stay.outcome.map(|outcome| outcome.word().to_owned())),
    Column::Whole("hour", |stay| Some(stay.row.hour.into())),
    Column::Whole("weekday", |stay| Some(stay.row.weekday.into())),
    Column::Time("began_at", |stay| Some(stay.row.began_at)),
    Column::Time("ended_at", |stay| stay.row.ended_at),
    Column::Whole("seconds", |stay| stay.row.seconds),
];

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many files.
    pub files: u64,
    /// How many rows in all of them.
    pub rows: u64,
}

/// A day's file; it bears its name once it is whole.
struct DayFile<R> {
    path: PathBuf,
    writer: SerializedFileWriter<File>,
    rows: Vec<R>,
}

/// The files of one kind of rows. Those of the days that rows may still come for are open.
struct Files<R: 'static> {
    folder: PathBuf,
    name: &'static str,
    columns: &'static [Column<R>],
    open: BTreeMap<NaiveDate, DayFile<R>>,
    closed: Option<NaiveDate>,
    written: Written,
}

impl<R> Files<R> {
    fn new(folder: &Path, tenant: &Tenant, name: &'static str, columns: &'static [Column<R>]) -> Self {
        let folder = folder.join(name).join(format!("tenant={}", tenant.id));
        Self { folder, name, columns, open: BTreeMap::new(), closed: None, written: Written::default() }
    }

    fn add(&mut self, day: NaiveDate, row: R) -> Result<(), ExportError> {
        let columns = self.columns;
        let file = match self.open.entry(day) {
            Entry::Occupied(file) => file.into_mut(),
            Entry::Vacant(place) => {
                if self.closed.is_some_and(|closed| day <= closed) {
                    let problem = format!("something of {day} came after all else of the days after it");
                    return Err(std::io::Error::other(problem).into());
                }
                self.written.files += 1;
                place.insert(DayFile::create(&self.folder, self.name, day, columns)?)
            }
        };
        file.rows.push(row);
        self.written.rows += 1;
        if file.rows.len() >= PAGE as usize {
            file.flush(columns)?;
        }
        let Some(over) = day.checked_sub_days(Days::new(STILL_OPEN)) else { return Ok(()) };
        while let Some(first) = self.open.first_entry().filter(|first| *first.key() < over) {
            self.closed = Some(*first.key());
            first.remove().close(columns)?;
        }
        Ok(())
    }

    fn close(self) -> Result<Written, ExportError> {
        for file in self.open.into_values() {
            file.close(self.columns)?;
        }
        Ok(self.written)
    }
}

impl<R> DayFile<R> {
    fn create(folder: &Path, name: &str, day: NaiveDate, columns: &[Column<R>]) -> Result<Self, ExportError> {
        let folder = folder.join(format!("day={day}"));
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}.parquet"));
        let columns: String = columns.iter().map(Column::declared).collect();
        let schema = Arc::new(parse_message_type(&format!("message {name} {{ {columns} }}"))?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let file = File::create(path.with_extension("part"))?;
        Ok(Self { path, writer: SerializedFileWriter::new(file, schema, Arc::new(properties))?, rows: Vec::new() })
    }

    /// Writes what has gathered as a row group.
    fn flush(&mut self, columns: &[Column<R>]) -> Result<(), ExportError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        let mut columns = columns.iter();
        while let (Some(mut writer), Some(column)) = (group.next_column()?, columns.next()) {
            column.write(&self.rows, writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
        self.rows.clear();
        Ok(())
    }

    fn close(mut self, columns: &[Column<R>]) -> Result<(), ExportError> {
        self.flush(columns)?;
        self.writer.close()?;
        Ok(fs::rename(self.path.with_extension("part"), self.path)?)
    }
}

/// Writes the events of a period, those of each day of the hospital into `events/tenant=ID/day=DATE/events.parquet`.
pub async fn events(
    db: &Db,
    tenant: &Tenant,
    period: Period,
    folder: &Path,
    mut progress: impl FnMut(u64),
) -> Result<Written, ExportError> {
    let mut files = Files::new(folder, tenant, "events", EVENTS);
    let filter = Filter::Performed {
        from: period.from.map_or(DateTime::UNIX_EPOCH, |day| tenant.day_bounds(day).start),
        before: period.to.map_or(END_OF_TIME, |day| tenant.day_bounds(day).end),
    };
    let mut after = None;
    loop {
        let page = log::page(db, &tenant.id, &filter, after, PAGE).await?;
        let Some(last) = page.last().map(|stored| stored.position) else { return files.close() };
        after = Some(last);
        for stored in page {
            files.add(tenant.local_day(stored.event.performed_at), stored)?;
        }
        progress(files.written.rows);
    }
}

/// Writes the stays of the visits that were registered in a period, by the day of their registration.
pub async fn stays(
    db: &Db,
    tenant: &Tenant,
    period: Period,
    folder: &Path,
    mut progress: impl FnMut(u64),
) -> Result<Written, ExportError> {
    let mut files = Files::new(folder, tenant, "stays", STAYS);
    traces::each(db, tenant, period, |trace| {
        let mut course = Course::default();
        for step in trace.steps()? {
            course.take(&step);
        }
        let mut events = trace.events.iter().map(|event| &event.stored.event);
        let Some(registration) = events.find(|event| event.version == 1) else { return Ok(()) };
        let Some(visit) = &registration.visit_id else { return Ok(()) };
        let stays = measures::stays_of(tenant, visit, registration.branch_id.as_ref(), &course);
        let outcome = course.visit().and_then(|visit| visit.outcome);
        for row in stays.into_iter().flat_map(|(_, rows)| rows) {
            files.add(row.day, Stay { row, outcome })?;
        }
        progress(files.written.rows);
        Ok(())
    })
    .await?;
    files.close()
}
