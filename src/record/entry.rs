//! One request on its way into the log: decided in memory, on the states that earlier requests and wishes leave.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::known::Known;
use super::queue::Request;
use super::{VISIT, Wish};
use crate::db::new_id;
use crate::journey::decide::{Command, decide};
use crate::journey::events::{Event, EventType};
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::refusal::Refusal;
use crate::journey::story::{Telling, tell};
use crate::journey::visit::Visit;
use crate::journey::words::Word;
use crate::log::{self, Head, NewEvent, StoredEvent};

/// A wish that became an event.
pub(super) struct Logged {
    /// The event, linked to the one before.
    pub stored: StoredEvent,
    /// Of which visit.
    pub visit_id: VisitId,
    /// The state before it; none before a registration.
    pub before: Option<Arc<Visit>>,
    /// The state after it.
    pub after: Arc<Visit>,
    /// The event told to people.
    pub telling: Telling,
}

/// A request being decided.
pub(super) struct Entry<'a> {
    request: &'a Request,
    known: &'a Known<'a>,
    now: DateTime<Utc>,
    /// The visits as the group has left them.
    visits: &'a BTreeMap<VisitId, Arc<Visit>>,
    /// The visits that this request has changed.
    changed: BTreeMap<VisitId, Arc<Visit>>,
    /// Where the chain has got to.
    pub head: Head,
    /// What it has brought about so far.
    pub logged: Vec<Logged>,
}

impl<'a> Entry<'a> {
    /// Nothing decided yet.
    pub fn new(
        request: &'a Request,
        known: &'a Known<'a>,
        visits: &'a BTreeMap<VisitId, Arc<Visit>>,
        head: Head,
        now: DateTime<Utc>,
    ) -> Self {
        Self { request, known, now, visits, changed: BTreeMap::new(), head, logged: Vec::new() }
    }

    /// A visit as the wishes so far leave it.
    pub fn visit(&self, id: &VisitId) -> Option<&Arc<Visit>> {
        self.changed.get(id).or_else(|| self.visits.get(id))
    }

    /// Decides on the next wish.
    pub fn log(&mut self, wish: &Wish) -> Result<(), Refusal> {
        let visit_id = match (&wish.visit_id, wish.event_type) {
            (Some(visit_id), _) => visit_id.clone(),
            (None, EventType::VisitRegistered) => new_id(),
            (None, _) => return Err(Refusal::VisitNotFound),
        };
        let (tenant, actor) = (&self.request.tenant, &self.request.actor);
        let before = self.visit(&visit_id).cloned();
        let visit = before.as_deref();

        let event = Event::parse(wish.event_type, &wish.metadata).map_err(Refusal::InvalidMetadata)?;
        if !actor.may_log(wish.event_type, visit) {
            return Err(Refusal::RoleNotAllowed { event: wish.event_type });
        }
        self.known.check(wish, |id| VisitId::parse(id).is_ok_and(|id| self.visit(&id).is_some()))?;
        if visit.is_none() && wish.event_type != EventType::VisitRegistered {
            return Err(Refusal::VisitNotFound);
        }
        let version = visit.map_or(0, |visit| visit.version);
        if let Some(expected) = wish.expected_version.filter(|expected| *expected != version) {
            return Err(Refusal::VersionConflict { expected, actual: version });
        }
        let performed_at = log::to_milliseconds(wish.performed_at.unwrap_or(self.now));
        let command = Command { event, actor, performed_at, now: self.now };
        let step = decide(&tenant.policy, visit, &command)?;
        let Some(after) = evolve(visit.cloned(), &step).map(Arc::new) else { return Err(Refusal::VisitNotFound) };

        let stored = self.head.link(
            NewEvent {
                id: wish.id.clone().unwrap_or_else(new_id),
                visit_id: Some(visit_id.clone()),
                aggregate_type: VISIT.to_owned(),
                aggregate_id: visit_id.to_string(),
                version: version + 1,
                event_type: wish.event_type.word().to_owned(),
                schema_version: 1,
                description: wish.description.clone(),
                metadata: step.event.metadata(),
                tags: wish.tags.clone(),
                actor_type: actor.kind,
                performed_by: step.by.clone(),
                performed_at: step.at,
                branch_id: wish.branch_id.clone(),
                correlation_id: wish.correlation_id.clone(),
                causation_id: wish.causation_id.clone(),
            },
            self.now,
        );
        let telling = tell(&step, &after, self.known);
        self.changed.insert(visit_id.clone(), Arc::clone(&after));
        self.logged.push(Logged { stored, visit_id, before, after, telling });
        Ok(())
    }
}
