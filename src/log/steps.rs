//! The steps of visits, read out of the events that hold them.

use chrono::{DateTime, Utc};

use super::lift::version_today;
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
    read(*position, &event.event_type, (&event.performed_by, event.performed_at), |kind| {
        Event::from_log(kind, &*event.today())
    })
}

/// Reads the step out of what happened.
pub fn step_of(happened: &Occurrence) -> Result<Step, Unreadable> {
    let Occurrence { position, event_type, schema_version, metadata, performed_by, performed_at, .. } = happened;
    read(*position, event_type, (performed_by, *performed_at), |kind| {
        if *schema_version == version_today(event_type) {
            Event::from_log(kind, metadata.as_ref())
        } else {
            Event::from_log(kind, &happened.today()?)
        }
    })
}

fn read(
    position: i64,
    event_type: &str,
    (by, at): (&PersonId, DateTime<Utc>),
    event: impl FnOnce(EventType) -> Result<Event, serde_json::Error>,
) -> Result<Step, Unreadable> {
    let unreadable = |problem: String| Unreadable { position, problem };
    let kind =
        EventType::from_word(event_type).ok_or_else(|| unreadable(format!("{event_type:?} is no event of a visit")))?;
    let event = event(kind).map_err(|error| unreadable(error.to_string()))?;
    Ok(Step { event, by: by.clone(), at })
}
