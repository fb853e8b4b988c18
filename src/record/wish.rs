//! What somebody wishes to log, before it is decided on.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::journey::decide::Actor;
use crate::journey::events::{Event, EventType};
use crate::journey::ids::*;
use crate::journey::words::Word;
use crate::log::{self, NewEvent};

/// What is to be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A step of a visit.
    Step(EventType),
    /// What happened to anything else, of a type in the tenant's registry.
    Other {
        /// What kind of thing it happened to.
        aggregate_type: String,
        /// Which one.
        aggregate_id: String,
        /// What happened.
        event_type: String,
    },
}

impl Happening {
    /// The name of the type.
    pub fn event_type(&self) -> &str {
        match self {
            Self::Step(event_type) => event_type.word(),
            Self::Other { event_type, .. } => event_type,
        }
    }

    /// The step of a visit, if it is one.
    pub fn step(&self) -> Option<EventType> {
        match self {
            Self::Step(event_type) => Some(*event_type),
            Self::Other { .. } => None,
        }
    }
}

/// An event somebody wishes to log.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The visit; left out, a registration begins a new one, and what happened to something else is about none.
    pub visit_id: Option<VisitId>,
    /// What happened.
    pub happening: Happening,
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
            happening: Happening::Step(event_type),
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
        let aggregate = match &self.happening {
            Happening::Step(_) => json!(null),
            Happening::Other { aggregate_type, aggregate_id, .. } => json!([aggregate_type, aggregate_id]),
        };
        json!([
            self.visit_id,
            self.happening.event_type(),
            aggregate,
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
        let same_body = match &self.happening {
            Happening::Step(step) => {
                Event::parse(*step, &self.metadata).is_ok_and(|parsed| parsed.metadata() == *event.today())
                    && event.tags == self.tagged(step.default_tags().iter().copied())
            }
            // The tags of its type may be others today.
            Happening::Other { aggregate_type, aggregate_id, .. } => {
                self.metadata == *event.today()
                    && *aggregate_type == event.aggregate_type
                    && *aggregate_id == event.aggregate_id
                    && self.tags.iter().all(|tag| event.tags.contains(tag))
            }
        };
        same_body
            && event.event_type == self.happening.event_type()
            && event.performed_by == actor.id
            && event.on_behalf_of == actor.on_behalf_of
            && (self.visit_id.is_none() || event.visit_id == self.visit_id)
            && self.performed_at.is_none_or(|at| event.performed_at == log::to_milliseconds(at))
            && event.description == self.description
            && event.branch_id == self.branch_id
            && event.correlation_id == self.correlation_id
            && event.causation_id == self.causation_id
    }

    /// The event's tags: those it is given, and those of its type.
    pub(super) fn tagged<'a>(&self, of_type: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let mut tags = self.tags.clone();
        for tag in of_type {
            if !tags.iter().any(|other| other == tag) {
                tags.push(tag.to_owned());
            }
        }
        tags
    }
}
