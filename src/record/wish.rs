//! What somebody wishes to log, before it is decided on.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::journey::decide::Actor;
use crate::journey::events::{Event, EventType};
use crate::journey::ids::*;
use crate::journey::words::Word;
use crate::log::{self, NewEvent};

/// An event somebody wishes to log.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The visit; left out, a registration begins a new one.
    pub visit_id: Option<VisitId>,
    /// What happened.
    pub event_type: EventType,
    /// What is known about it, as it came from outside.
    pub metadata: Value,
    /// When it was done; now, when left out.
    pub performed_at: Option<DateTime<Utc>>,
    /// The version of the visit that the wish rests on.
    pub expected_version: Option<i64>,
    /// The event's id; the same id twice is the same event.
    pub id: Option<EventId>,
    /// What the performer writes about it.
    pub description: Option<String>,
    /// Labels to find it by.
    pub tags: Vec<String>,
    /// Where it happened.
    pub branch_id: Option<BranchId>,
    /// The conversation it is part of.
    pub correlation_id: Option<String>,
    /// What brought it about.
    pub causation_id: Option<String>,
}

impl Wish {
    /// A wish with nothing but what it takes.
    pub fn new(visit_id: Option<VisitId>, event_type: EventType, metadata: Value) -> Self {
        Self {
            visit_id,
            event_type,
            metadata,
            performed_at: None,
            expected_version: None,
            id: None,
            description: None,
            tags: Vec::new(),
            branch_id: None,
            correlation_id: None,
            causation_id: None,
        }
    }

    /// All that was asked, in a form that is the same whenever the same is asked.
    pub(super) fn canonical(&self) -> Value {
        json!([
            self.visit_id,
            self.event_type,
            self.metadata,
            self.performed_at,
            self.expected_version,
            self.id,
            self.description,
            self.tags,
            self.branch_id,
            self.correlation_id,
            self.causation_id,
        ])
    }

    /// Whether an event is what this wish by this actor became; what the wish leaves open does not count.
    pub(super) fn became(&self, event: &NewEvent, actor: &Actor) -> bool {
        let metadata = Event::parse(self.event_type, &self.metadata).map(|event| event.metadata());
        event.event_type == self.event_type.word()
            && event.performed_by == actor.id
            && metadata.as_ref() == Ok(&event.metadata)
            && (self.visit_id.is_none() || event.visit_id == self.visit_id)
            && self.performed_at.is_none_or(|at| event.performed_at == log::to_milliseconds(at))
            && event.description == self.description
            && event.tags == self.tags
            && event.branch_id == self.branch_id
            && event.correlation_id == self.correlation_id
            && event.causation_id == self.causation_id
    }
}
