//! One request on its way into the log: decided in memory, on the states that earlier requests and wishes leave.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::known::Known;
use super::queue::Request;
use super::validators::Validators;
use super::wish::Happening;
use super::{VISIT, Wish};
use crate::db::new_id;
use crate::hospital::event_types;
use crate::journey::decide::{CLOCK_TOLERANCE, Command, decide};
use crate::journey::events::{Event, EventType};
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::refusal::Refusal;
use crate::journey::schema::FieldProblem;
use crate::journey::visit::Visit;
use crate::log::{self, Head, NewEvent, StoredEvent};

/// A wish that became an event.
pub(super) struct Logged {
    /// The event, linked to the one before.
    pub stored: StoredEvent,
    /// How a visit changed by it, if it is a step of one.
    pub step: Option<Stepped>,
}

/// How a visit changed by a step.
pub(super) struct Stepped {
    /// Which visit.
    pub visit_id: VisitId,
    /// The state before it; none before a registration.
    pub before: Option<Arc<Visit>>,
    /// The state after it.
    pub after: Arc<Visit>,
}

/// A request being decided.
pub(super) struct Entry<'a> {
    request: &'a Request,
    known: &'a Known,
    now: DateTime<Utc>,
    /// The visits as the group has left them.
    visits: &'a BTreeMap<VisitId, Arc<Visit>>,
    /// The visits that this request has changed.
    changed: BTreeMap<VisitId, Arc<Visit>>,
    /// How many events anything else has had, as the group has left it, and then as this request has.
    versions: &'a BTreeMap<(String, String), i64>,
    advanced: BTreeMap<(String, String), i64>,
    validators: &'a mut Validators,
    /// Where the chain has got to.
    pub head: Head,
    /// What it has brought about so far.
    pub logged: Vec<Logged>,
}

impl<'a> Entry<'a> {
    /// Nothing decided yet.
    pub fn new(
        request: &'a Request,
        known: &'a Known,
        visits: &'a BTreeMap<VisitId, Arc<Visit>>,
        versions: &'a BTreeMap<(String, String), i64>,
        validators: &'a mut Validators,
        head: Head,
        now: DateTime<Utc>,
    ) -> Self {
        let (changed, advanced, logged) = Default::default();
        Self { request, known, now, visits, changed, versions, advanced, validators, head, logged }
    }

    /// A visit as the wishes so far leave it, if whoever asks may read it.
    pub fn visit(&self, id: &VisitId) -> Option<&Arc<Visit>> {
        if self.hides(id) { None } else { self.changed.get(id).or_else(|| self.visits.get(id)) }
    }

    fn hides(&self, id: &VisitId) -> bool {
        self.request.hidden.visits.contains(id)
    }

    /// Decides on the next wish.
    pub fn log(&mut self, wish: &Wish) -> Result<(), Refusal> {
        match &wish.happening {
            Happening::Step(event_type) => self.step(wish, *event_type),
            Happening::Other { aggregate_type, aggregate_id, event_type } => {
                self.other(wish, aggregate_type, aggregate_id, event_type)
            }
        }
    }

    fn step(&mut self, wish: &Wish, event_type: EventType) -> Result<(), Refusal> {
        let visit_id = match (&wish.visit_id, event_type) {
            (Some(visit_id), _) => visit_id.clone(),
            (None, EventType::VisitRegistered) => new_id(),
            (None, _) => return Err(Refusal::VisitNotFound),
        };
        let (tenant, actor) = (&self.request.tenant, &self.request.actor);
        let before = self.visit(&visit_id).cloned();
        let visit = before.as_deref();

        let event = Event::parse(event_type, &wish.metadata).map_err(Refusal::InvalidMetadata)?;
        if !actor.may_log(event_type, visit) {
            return Err(Refusal::RoleNotAllowed { event: event_type });
        }
        self.known.check(wish, &self.request.hidden, self.now, |id| self.visit(id).is_some())?;
        if visit.is_none() && event_type != EventType::VisitRegistered {
            return Err(Refusal::VisitNotFound);
        }
        if self.hides(&visit_id) {
            return Err(Refusal::AlreadyRegistered);
        }
        let version = visit.map_or(0, |visit| visit.version);
        if let Some(expected) = wish.expected_version.filter(|expected| *expected != version) {
            return Err(Refusal::VersionConflict { expected, actual: version });
        }
        let performed_at = log::to_milliseconds(wish.performed_at.unwrap_or(self.now));
        let command = Command { event, actor, performed_at, now: self.now };
        let step = decide(&tenant.policy, visit, &command)?;
        let Some(after) = evolve(visit.cloned(), &step).map(Arc::new) else { return Err(Refusal::VisitNotFound) };

        let new = NewEvent {
            visit_id: Some(visit_id.clone()),
            aggregate_type: VISIT.to_owned(),
            aggregate_id: visit_id.to_string(),
            version: version + 1,
            schema_version: log::lift::version_today(wish.happening.event_type()),
            metadata: step.event.metadata(),
            tags: wish.tagged(event_type.default_tags().iter().copied()),
            ..self.event(wish, performed_at)
        };
        let stored = self.head.link(new, self.now);
        self.changed.insert(visit_id.clone(), Arc::clone(&after));
        self.logged.push(Logged { stored, step: Some(Stepped { visit_id, before, after }) });
        Ok(())
    }

    /// Decides on what happened to anything but a visit: the registry says who may log it, and what it holds.
    fn other(
        &mut self,
        wish: &Wish,
        aggregate_type: &str,
        aggregate_id: &str,
        event_type: &str,
    ) -> Result<(), Refusal> {
        let misfit =
            |field: &str, problem: &str| Err(Refusal::InvalidMetadata(vec![FieldProblem::new(field, problem)]));
        let Some(registered) = self.known.event_type(event_type) else {
            let problem = match event_types::is_own(event_type) {
                // The registry lists these too.
                true => "is a type that the hospital logs by itself, on its screens or by a call of its own",
                false => "is not in the registry of this hospital",
            };
            return misfit("eventType", problem);
        };
        if registered.aggregate_type != aggregate_type {
            return misfit("aggregateType", &format!("must be {} for this eventType", registered.aggregate_type));
        }
        let actor = &self.request.actor;
        if !registered.roles.is_empty() && !actor.roles.iter().any(|role| registered.roles.contains(role)) {
            let (event_type, roles) = (event_type.to_owned(), registered.roles.clone());
            return Err(Refusal::TypeNotAllowed { event_type, roles });
        }
        let misfits = self.validators.misfits(&self.request.tenant.id, registered, &wish.metadata);
        if !misfits.is_empty() {
            return Err(Refusal::InvalidMetadata(misfits));
        }
        if let Some(visit) = &wish.visit_id
            && (self.hides(visit) || !self.known.has_visit(visit.as_str()))
            && self.visit(visit).is_none()
        {
            return Err(Refusal::UnknownReference { field: "visitId".into(), thing: "visit".into() });
        }
        self.known.check(wish, &self.request.hidden, self.now, |_| false)?;
        let key = (aggregate_type.to_owned(), aggregate_id.to_owned());
        let version = self.advanced.get(&key).or_else(|| self.versions.get(&key)).copied().unwrap_or(0);
        if let Some(expected) = wish.expected_version.filter(|expected| *expected != version) {
            return Err(Refusal::VersionConflict { expected, actual: version });
        }
        let performed_at = log::to_milliseconds(wish.performed_at.unwrap_or(self.now));
        if performed_at > self.now + CLOCK_TOLERANCE {
            return Err(Refusal::InTheFuture);
        }
        let new = NewEvent {
            visit_id: wish.visit_id.clone(),
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: aggregate_id.to_owned(),
            version: version + 1,
            schema_version: registered.schema_version,
            metadata: wish.metadata.clone(),
            tags: wish.tagged(registered.tags.iter().map(String::as_str)),
            ..self.event(wish, performed_at)
        };
        self.advanced.insert(key, version + 1);
        self.logged.push(Logged { stored: self.head.link(new, self.now), step: None });
        Ok(())
    }

    /// What is the same for every event of a wish.
    fn event(&self, wish: &Wish, performed_at: DateTime<Utc>) -> NewEvent {
        let actor = &self.request.actor;
        NewEvent {
            id: wish.id.clone().unwrap_or_else(new_id),
            visit_id: None,
            aggregate_type: String::new(),
            aggregate_id: String::new(),
            version: 0,
            event_type: wish.happening.event_type().to_owned(),
            schema_version: 0,
            description: wish.description.clone(),
            metadata: Value::Null,
            tags: Vec::new(),
            actor_type: actor.kind,
            performed_by: actor.id.clone(),
            on_behalf_of: actor.on_behalf_of.clone(),
            performed_at,
            branch_id: wish.branch_id.clone(),
            correlation_id: wish.correlation_id.clone(),
            causation_id: wish.causation_id.clone(),
        }
    }
}
