//! The steps of visits, read out of the events that hold them.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::lift::lifted;
use super::{Occurrence, StoredEvent};
use crate::journey::events::{Event, EventType};
use crate::journey::ids::PersonId;
use crate::journey::visit::Step;
use crate::journey::words::Word;

/// The aggregate that a visit's events happen to.
pub const VISIT: &str = "visit";

/// An event of the log that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("event {position} of the log cannot be read: {problem}")]
pub struct Unreadable {
    /// Where in the log.
    pub position: i64,
    /// What is wrong.
    pub problem: String,
}

/// Reads the step out of a stored event.
pub fn step(stored: &StoredEvent) -> Result<Step, Unreadable> {
    let StoredEvent { event, position, .. } = stored;
    let kind = (event.event_type.as_str(), event.schema_version);
    read(*position, kind, &event.metadata, &event.performed_by, event.performed_at)
}

/// Reads the step out of what happened.
pub fn step_of(happened: &Occurrence) -> Result<Step, Unreadable> {
    let Occurrence { position, event_type, schema_version, metadata, performed_by, performed_at, .. } = happened;
    read(*position, (event_type, *schema_version), metadata, performed_by, *performed_at)
}

fn read(
    position: i64,
    (event_type, schema_version): (&str, i32),
    metadata: &Value,
    by: &PersonId,
    at: DateTime<Utc>,
) -> Result<Step, Unreadable> {
    let unreadable = |problem: String| Unreadable { position, problem };
    let kind =
        EventType::from_word(event_type).ok_or_else(|| unreadable(format!("{event_type:?} is no event of a visit")))?;
    let metadata = lifted(event_type, schema_version, metadata);
    let event = Event::from_log(kind, &metadata).map_err(|error| unreadable(error.to_string()))?;
    Ok(Step { event, by: by.clone(), at })
}
