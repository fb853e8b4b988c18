//! Rows of a foreign event log, from CSV or XES.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::ImportError;
use super::mapping::Mapping;

/// A row: somebody did something on a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which row of the file, from 1.
    pub number: usize,
    /// Which case.
    pub case: String,
    /// What.
    pub activity: String,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom, when it says so.
    pub resource: Option<String>,
    /// For which patient, when it says so.
    pub patient: Option<String>,
    /// All that it says, by column.
    pub values: BTreeMap<String, String>,
}

/// What the columns are called when the mapping does not say.
struct Defaults {
    case: &'static str,
    activity: &'static str,
    time: &'static str,
    resource: &'static str,
}

const OF_CSV: Defaults = Defaults { case: "case", activity: "activity", time: "time", resource: "resource" };
/// The name of a trace is kept apart from that of an event.
const OF_XES: Defaults =
    Defaults { case: TRACE_NAME, activity: "concept:name", time: "time:timestamp", resource: "org:resource" };
const TRACE_NAME: &str = "trace concept:name";

/// Reads rows of CSV with a line of names first.
pub fn csv(mapping: &Mapping, file: impl Read) -> Result<Vec<Row>, ImportError> {
    let mut reader = ::csv::ReaderBuilder::new().trim(::csv::Trim::All).from_reader(file);
    let unreadable = |row| move |error: ::csv::Error| ImportError::Row { row, problem: error.to_string() };
    let names = reader.headers().map_err(unreadable(0))?.clone();
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let number = index + 1;
        let record = record.map_err(unreadable(number))?;
        let values = names.iter().zip(&record).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        rows.push(row(mapping, &OF_CSV, number, values)?);
    }
    Ok(rows)
}

/// Reads the events of XES.
pub fn xes(mapping: &Mapping, file: impl BufRead) -> Result<Vec<Row>, ImportError> {
    let mut reader = Reader::from_reader(file);
    let (mut buffer, mut rows) = (Vec::new(), Vec::<Row>::new());
    let mut of_trace: BTreeMap<String, String> = BTreeMap::new();
    let mut of_event: Option<BTreeMap<String, String>> = None;
    // An attribute may hold others, which are not looked at.
    let mut depth = 0_u32;
    loop {
        let number = rows.len() + 1;
        let unreadable = |problem: String| ImportError::Row { row: number, problem };
        let event = reader.read_event_into(&mut buffer).map_err(|error| unreadable(error.to_string()))?;
        let (tag, opens) = match &event {
            Event::Start(tag) => (Some(tag), true),
            Event::Empty(tag) => (Some(tag), false),
            Event::End(tag) => {
                match tag.name().as_ref() {
                    "trace" => of_trace.clear(),
                    "event" => {
                        let mut values = of_event.take().unwrap_or_default();
                        values.extend(of_trace.iter().map(|(key, value)| (format!("trace {key}"), value.clone())));
                        rows.push(row(mapping, &OF_XES, number, values)?);
                    }
                    "log" => {}
                    _ => depth = depth.saturating_sub(1),
                }
                (None, false)
            }
            Event::Eof => return Ok(rows),
            _ => (None, false),
        };
        if let Some(tag) = tag {
            match tag.name().as_ref() {
                "log" | "trace" => {}
                "event" => of_event = Some(BTreeMap::new()),
                name => {
                    if depth == 0
                        && !["extension", "global", "classifier"].contains(&name)
                        && let Some((key, value)) = attribute(tag).map_err(unreadable)?
                    {
                        of_event.as_mut().unwrap_or(&mut of_trace).insert(key, value);
                    }
                    depth += u32::from(opens);
                }
            }
        }
        buffer.clear();
    }
}

fn attribute(tag: &BytesStart<'_>) -> Result<Option<(String, String)>, String> {
    let text = |name: &str| -> Result<Option<String>, String> {
        let Some(found) = tag.try_get_attribute(name).map_err(|error| error.to_string())? else { return Ok(None) };
        Ok(Some(found.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?.into_owned()))
    };
    Ok(text("key")?.zip(text("value")?))
}

fn row(
    mapping: &Mapping,
    defaults: &Defaults,
    number: usize,
    values: BTreeMap<String, String>,
) -> Result<Row, ImportError> {
    let columns = &mapping.columns;
    let unreadable = |problem: String| ImportError::Row { row: number, problem };
    let named = |column: &Option<String>, default: &str| {
        let column = column.as_deref().unwrap_or(default).to_owned();
        let value = values.get(&column).filter(|value| !value.is_empty()).cloned();
        (value, column)
    };
    let needed = |column: &Option<String>, default: &str| {
        let (value, column) = named(column, default);
        value.ok_or_else(|| unreadable(format!("it has no {column}")))
    };
    let case = needed(&columns.case, defaults.case)?;
    let activity = needed(&columns.activity, defaults.activity)?;
    let at = moment(mapping, &needed(&columns.time, defaults.time)?).map_err(unreadable)?;
    let resource = named(&columns.resource, defaults.resource).0;
    let patient =
        columns.patient.as_ref().and_then(|column| values.get(column)).filter(|value| !value.is_empty()).cloned();
    Ok(Row { number, case, activity, at, resource, patient, values })
}

fn moment(mapping: &Mapping, text: &str) -> Result<DateTime<Utc>, String> {
    let local = |time: NaiveDateTime| {
        let moment = mapping.hospital.time_zone.0.from_local_datetime(&time).earliest();
        moment.map(|moment| moment.to_utc()).ok_or_else(|| format!("{text:?} is a time that clocks there never showed"))
    };
    match &mapping.time_format {
        Some(format) => match DateTime::parse_from_str(text, format) {
            Ok(moment) => Ok(moment.to_utc()),
            Err(_) => NaiveDateTime::parse_from_str(text, format)
                .map_err(|_| format!("{text:?} is no time written as {format}"))
                .and_then(local),
        },
        None => match DateTime::parse_from_rfc3339(text) {
            Ok(moment) => Ok(moment.to_utc()),
            Err(_) => text
                .replace(' ', "T")
                .parse::<NaiveDateTime>()
                .map_err(|_| {
                    format!("{text:?} is no time such as 2026-02-28T09:30:00; say in the mapping how times are written")
                })
                .and_then(local),
        },
    }
}
