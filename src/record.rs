//! The one way in: load, decide, append, project, announce.
//!
//! Every screen, every call of the API and every job logs events through [`Recorder::record`]. All wishes of a request are decided in
//! order, each on the state that the earlier ones leave, and written whole or not at all. What is refused is kept beside the log.

mod names;
mod wish;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::db::{Db, Tx, commit, new_id};
use crate::hospital::tenants::Tenant;
use crate::journey::allowed::allowed;
use crate::journey::decide::{Actor, Command, decide};
use crate::journey::events::{Event, EventType};
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::refusal::Refusal;
use crate::journey::story::tell;
use crate::journey::visit::{Step, Visit};
use crate::journey::words::Word;
use crate::log::{self, Head, NewEvent, Recall, RefusedAttempt, Request, StoredEvent};
use crate::projections::{self, Change};

pub use self::wish::Wish;

use self::names::names;

/// The aggregate that a visit's events happen to.
pub const VISIT: &str = "visit";

/// What became of a request.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The events, as the log holds them.
    pub events: Vec<StoredEvent>,
    /// Whether the same request was answered before and nothing was written now.
    pub repeated: bool,
}

/// A refusal with all that explains it.
#[derive(Debug)]
pub struct Refused {
    /// The index of the refused wish in its request.
    pub index: usize,
    /// Why.
    pub refusal: Refusal,
    /// The visit it was refused on, if there is one.
    pub visit_id: Option<VisitId>,
    /// The visit's state that it was refused on.
    pub visit: Option<Visit>,
    /// What this actor could log on the visit instead.
    pub allowed: Vec<EventType>,
}

/// Why nothing was logged.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The journey refuses it.
    #[error("{}", .0.refusal)]
    Refused(Box<Refused>),
    /// The idempotency key, or the event's id, stands for another request.
    #[error("this key was used for another request")]
    IdempotencyMismatch,
    /// The log holds something that cannot be read.
    #[error("event {position} of the log cannot be read: {problem}")]
    Unreadable {
        /// Where in the log.
        position: i64,
        /// What is wrong.
        problem: String,
    },
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Says that a visit changed: nothing of what happened, only where to look.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// Whose visit.
    pub tenant_id: TenantId,
    /// Which visit.
    pub visit_id: VisitId,
    /// Its version.
    pub version: i64,
}

/// Logs events; cheap to clone.
#[derive(Clone, Debug)]
pub struct Recorder {
    db: Db,
    clock: Clock,
    announcements: broadcast::Sender<Announcement>,
}

impl Recorder {
    /// A recorder on a database.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, announcements: broadcast::channel(1024).0 }
    }

    /// Hears of every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Announcement> {
        self.announcements.subscribe()
    }

    /// Logs what is wished, all of it or nothing; the same request twice is logged once.
    pub async fn record(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        wishes: Vec<Wish>,
        idempotency_key: Option<&str>,
    ) -> Result<Recorded, RecordError> {
        let request = idempotency_key.map(|key| Request {
            person: actor.id.clone(),
            key: key.to_owned(),
            digest: log::Digest::of_json(&wishes.iter().map(Wish::canonical).collect()),
        });
        let mut tx = self.db.begin().await?;
        let head = log::lock_head(&mut tx, &tenant.id).await?;
        // Asked for only now: who waited for the lock comes after whoever held it.
        let now = self.clock.now();
        if let Some(repeated) = repeated(&mut tx, &head, request.as_ref(), &wishes, actor, now).await? {
            return Ok(repeated);
        }
        let first = head.position() + 1;
        let mut entry = Entry { tenant, actor, now, tx: &mut tx, head, visits: BTreeMap::new() };
        let mut events = Vec::with_capacity(wishes.len());
        for (index, wish) in wishes.into_iter().enumerate() {
            let event_type = wish.event_type;
            let visit_id = wish.visit_id.clone();
            match entry.log(wish).await {
                Ok(event) => events.push(event),
                Err(Failure::Record(error)) => return Err(error),
                Err(Failure::Refusal(refusal)) => {
                    let visit = visit_id.as_ref().and_then(|id| entry.visits.remove(id)).flatten();
                    drop(tx);
                    let refused = Refused { index, refusal: *refusal, visit_id, visit, allowed: Vec::new() };
                    return Err(self.refuse(tenant, actor, event_type, refused, now).await);
                }
            }
        }
        let head = entry.head;
        if let Some(request) = &request
            && !events.is_empty()
        {
            log::remember(&mut tx, &head, request, first, now).await?;
        }
        log::save_head(&mut tx, &head).await?;
        commit(tx).await?;
        for event in &events {
            if let Some(visit_id) = &event.event.visit_id {
                // Nobody listening is no failure.
                let _ = self.announcements.send(Announcement {
                    tenant_id: tenant.id.clone(),
                    visit_id: visit_id.clone(),
                    version: event.event.version,
                });
            }
        }
        Ok(Recorded { events, repeated: false })
    }

    /// Keeps the refused attempt and says what could be done instead.
    async fn refuse(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        event_type: EventType,
        mut refused: Refused,
        now: DateTime<Utc>,
    ) -> RecordError {
        let attempt = RefusedAttempt {
            id: new_id(),
            visit_id: refused.visit_id.clone(),
            event_type: event_type.word().to_owned(),
            code: refused.refusal.code().word().to_owned(),
            detail: refused.refusal.sentence(),
            facts: Value::Object(refused.refusal.facts()),
            person_id: actor.id.clone(),
            attempted_at: now,
            batch_index: i32::try_from(refused.index).ok(),
        };
        if let Err(error) = log::refused::keep(&self.db, &tenant.id, &attempt).await {
            return error.into();
        }
        if let Some(visit) = &refused.visit {
            refused.allowed = allowed(&tenant.policy, Some(visit), actor, now);
        }
        RecordError::Refused(Box::new(refused))
    }

    /// A visit's steps and state, as the log has them.
    pub async fn load(&self, tenant: &TenantId, visit: &VisitId) -> Result<Option<(Vec<Step>, Visit)>, RecordError> {
        let stored = log::stream(&self.db, tenant, VISIT, visit.as_str()).await?;
        let steps = steps(&stored)?;
        let visit = steps.iter().fold(None, evolve);
        Ok(visit.map(|visit| (steps, visit)))
    }
}

/// Reads the steps out of stored events.
pub fn steps(stored: &[StoredEvent]) -> Result<Vec<Step>, RecordError> {
    stored
        .iter()
        .map(|stored| {
            let unreadable = |problem: String| RecordError::Unreadable { position: stored.position, problem };
            let event_type = EventType::from_word(&stored.event.event_type)
                .ok_or_else(|| unreadable(format!("{:?} is no event of a visit", stored.event.event_type)))?;
            let event =
                Event::from_log(event_type, &stored.event.metadata).map_err(|error| unreadable(error.to_string()))?;
            Ok(Step { event, by: stored.event.performed_by.clone(), at: stored.event.performed_at })
        })
        .collect()
}

/// The first answer to a request that was made before.
async fn repeated(
    tx: &mut Tx,
    head: &Head,
    request: Option<&Request>,
    wishes: &[Wish],
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Option<Recorded>, RecordError> {
    if let Some(request) = request {
        match log::recall(tx, head, request, now).await? {
            Recall::New => {}
            Recall::Same { first, last } => {
                let events = log::by_positions(tx, head.tenant(), first, last).await?;
                return Ok(Some(Recorded { events, repeated: true }));
            }
            Recall::Different => return Err(RecordError::IdempotencyMismatch),
        }
    }
    let mut ids = BTreeSet::new();
    let mut known = Vec::new();
    for wish in wishes {
        let Some(id) = &wish.id else { continue };
        if !ids.insert(id) {
            return Err(RecordError::IdempotencyMismatch);
        }
        if let Some(stored) = log::event(&mut *tx, head.tenant(), id).await? {
            known.push((wish, stored));
        }
    }
    if known.is_empty() {
        Ok(None)
    } else if known.len() == wishes.len() && known.iter().all(|(wish, stored)| wish.became(&stored.event, actor)) {
        let events = known.into_iter().map(|(_, stored)| stored).collect();
        Ok(Some(Recorded { events, repeated: true }))
    } else {
        Err(RecordError::IdempotencyMismatch)
    }
}

/// Why a wish did not become an event.
enum Failure {
    Refusal(Box<Refusal>),
    Record(RecordError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(Box::new(refusal))
    }
}

impl<E: Into<RecordError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Record(error.into())
    }
}

/// One request on its way into the log.
struct Entry<'a> {
    tenant: &'a Tenant,
    actor: &'a Actor,
    now: DateTime<Utc>,
    tx: &'a mut Tx,
    head: Head,
    /// The visits so far, as the earlier wishes leave them.
    visits: BTreeMap<VisitId, Option<Visit>>,
}

impl Entry<'_> {
    async fn log(&mut self, wish: Wish) -> Result<StoredEvent, Failure> {
        let visit_id = match (&wish.visit_id, wish.event_type) {
            (Some(visit_id), _) => visit_id.clone(),
            (None, EventType::VisitRegistered) => new_id(),
            (None, _) => return Err(Refusal::VisitNotFound.into()),
        };
        self.load(&visit_id).await?;
        let visit = self.visits.get(&visit_id).and_then(Option::as_ref);

        let event = Event::parse(wish.event_type, &wish.metadata).map_err(Refusal::InvalidMetadata)?;
        if !self.actor.may_log(wish.event_type, visit) {
            return Err(Refusal::RoleNotAllowed { event: wish.event_type }.into());
        }
        let known_doctor = visit.and_then(|visit| visit.doctor().cloned());
        let names = names(self.tx, self.tenant, &wish, &self.actor.id, known_doctor).await?;
        if visit.is_none() && wish.event_type != EventType::VisitRegistered {
            return Err(Refusal::VisitNotFound.into());
        }
        let version = visit.map_or(0, |visit| visit.version);
        if let Some(expected) = wish.expected_version.filter(|expected| *expected != version) {
            return Err(Refusal::VersionConflict { expected, actual: version }.into());
        }
        let performed_at = log::to_milliseconds(wish.performed_at.unwrap_or(self.now));
        let command = Command { event, actor: self.actor, performed_at, now: self.now };
        let step = decide(&self.tenant.policy, visit, &command)?;

        let new = NewEvent {
            id: wish.id.unwrap_or_else(new_id),
            visit_id: Some(visit_id.clone()),
            aggregate_type: VISIT.to_owned(),
            aggregate_id: visit_id.to_string(),
            version: version + 1,
            event_type: wish.event_type.word().to_owned(),
            schema_version: 1,
            description: wish.description,
            metadata: step.event.metadata(),
            tags: wish.tags,
            actor_type: self.actor.kind,
            performed_by: step.by.clone(),
            performed_at: step.at,
            branch_id: wish.branch_id,
            correlation_id: wish.correlation_id,
            causation_id: wish.causation_id,
        };
        let before = self.visits.remove(&visit_id).flatten();
        let stored = log::append(self.tx, &mut self.head, new, self.now).await?;
        let after = evolve(before.clone(), &step);
        if let Some(after) = &after {
            let telling = tell(&step, after, &names);
            let change = Change {
                tenant: self.tenant,
                visit_id: &visit_id,
                before: before.as_ref(),
                after,
                event: &stored,
                telling: &telling,
            };
            projections::apply(self.tx, &change).await?;
        }
        self.visits.insert(visit_id, after);
        Ok(stored)
    }

    async fn load(&mut self, visit_id: &VisitId) -> Result<(), Failure> {
        if !self.visits.contains_key(visit_id) {
            let stored = log::stream(&mut *self.tx, &self.tenant.id, VISIT, visit_id.as_str()).await?;
            let visit = steps(&stored)?.iter().fold(None, evolve);
            self.visits.insert(visit_id.clone(), visit);
        }
        Ok(())
    }
}
