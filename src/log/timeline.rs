//! The story of a visit, told from its events.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::StoredEvent;
use super::steps::{Unreadable, step};
use crate::journey::events::EventType;
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::story::{Names, Telling, tell};
use crate::journey::words::Phase;

/// A step as people read it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimelineRow {
    /// The version of the visit after it.
    pub version: i64,
    /// Its place in the log.
    pub position: i64,
    /// The event.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: EventType,
    /// The phase, which gives the colour.
    pub phase: Phase,
    /// The icon, by lucide's name.
    pub icon: String,
    /// A few words.
    pub title: String,
    /// One plain sentence.
    pub sentence: String,
    /// Who did it, by name.
    pub performer: String,
    /// Whether it runs beside the patient's own way.
    pub beside: bool,
    /// Who did it.
    pub performed_by: PersonId,
    /// When it was done.
    pub performed_at: DateTime<Utc>,
    /// When it was logged.
    pub recorded_at: DateTime<Utc>,
}

impl TimelineRow {
    fn new(StoredEvent { event, position, recorded_at, .. }: &StoredEvent, told: Telling) -> Self {
        Self {
            version: event.version,
            position: *position,
            event_id: event.id.clone(),
            event_type: told.event_type,
            phase: told.phase,
            icon: told.icon,
            title: told.title,
            sentence: told.sentence,
            performer: told.performer,
            beside: told.beside,
            performed_by: event.performed_by.clone(),
            performed_at: event.performed_at,
            recorded_at: *recorded_at,
        }
    }
}

/// A document, or a report, of one of a patient's visits.
pub struct Document {
    /// Of which visit.
    pub visit_id: VisitId,
    /// What the patient was called by on that visit.
    pub token: String,
    /// Whether it was added or written here.
    pub event_type: EventType,
    /// One plain sentence that names it.
    pub sentence: String,
    /// When it came to be.
    pub performed_at: DateTime<Utc>,
}

/// The story of a visit, in the order things were done; `stream` is what was logged of it, from its first event.
pub fn timeline(stream: &[StoredEvent], names: &dyn Names) -> Result<Vec<TimelineRow>, Unreadable> {
    let (mut visit, mut rows) = (None, Vec::with_capacity(stream.len()));
    for stored in stream {
        let step = step(stored)?;
        visit = evolve(visit.take(), &step);
        rows.extend(visit.as_ref().map(|after| TimelineRow::new(stored, tell(&step, after, names))));
    }
    rows.sort_by_key(|row| (row.performed_at, row.version));
    Ok(rows)
}
