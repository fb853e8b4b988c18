//! The one way in: load, decide, append, project, announce.
//!
//! Every screen, every call of the API and every job logs events through [`Recorder::record`]. All wishes of a request are decided in
//! order, each on the state that the earlier ones leave, and written whole or not at all. What is refused is kept beside the log.
//!
//! | file | holds |
//! |---|---|
//! | `wish` | what somebody wishes to log |
//! | `queue` | where the writers of a process meet: requests are committed in groups, and answered after the commit |
//! | `together` | waking all whom a commit answers at once |
//! | `group` | the requests of one transaction: read at once, decided in memory, written while the rest is decided |
//! | `entry` | one request on its way into the log, decided in memory |
//! | `facts` | what becomes of the hospital itself, each change with its event |
//! | `bookings` | the same, of bookings and the hours they are made in |
//! | [`cash_up`] | what somebody took and gave back in a shift, and its closing |
//! | `house` | the same, of its people, branches, departments, rooms, tariff, rules and tokens; and its registry |
//! | `subscriptions` | the same, of those who are handed its events |
//! | `known` | what the requests of a group name: people, rooms, patients … |
//! | `validators` | schemas of a tenant's own events, made ready |
//! | [`targets`] | how long things should take, and who is told each day |
//! | [`replay`] | the log read again, every visit folded as when it was written |
//! | [`past`] | boards, lists and visits as they were known at a past moment |
//! | [`rebuild`] | read models made again from the log, beside the live ones |
//! | `states` | the visits lately written, so that a writer need not read their logs again |

mod bookings;
pub mod cash_up;
mod entry;
mod facts;
mod group;
mod house;
mod known;
pub mod past;
mod queue;
pub mod rebuild;
pub mod replay;
mod states;
mod subscriptions;
pub mod targets;
mod together;
mod validators;
mod wish;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, oneshot};

use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::reader::Reader;
use crate::hospital::tenants::Tenant;
use crate::journey::allowed::allowed;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::refusal::Refusal;
use crate::journey::visit::{Step, Visit};
use crate::log::{self, StoredEvent, snapshots, step, step_of};
use crate::projections::open;

pub use crate::log::VISIT;

pub use self::facts::Consent;
pub use self::wish::{Happening, Wish};

use self::known::visits_named;
use self::queue::{Hidden, Queue, Request};
use self::together::together;

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
    /// When it was refused.
    pub at: DateTime<Utc>,
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
    #[error(transparent)]
    Unreadable(#[from] log::Unreadable),
    /// More requests wait than can be answered soon.
    #[error("too many requests wait to be logged")]
    Busy,
    /// The request was dropped half way; whether it was logged is not known.
    #[error("the request was interrupted")]
    Interrupted,
    /// The database did not answer.
    #[error(transparent)]
    Database(Arc<sqlx::Error>),
}

impl From<sqlx::Error> for RecordError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
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
    queue: Queue,
    announcements: broadcast::Sender<Announcement>,
    refused: Arc<AtomicU64>,
}

impl Recorder {
    /// A recorder on a database; it works on the runtime it is made on.
    pub fn new(db: Db, clock: Clock) -> Self {
        let announcements = broadcast::channel(1024).0;
        let queue = Queue::open(db.clone(), clock.clone(), announcements.clone(), snapshots::EVERY);
        Self { db, clock, queue, announcements, refused: Arc::default() }
    }

    /// The same, which keeps the state of a visit every so many events; told before anybody has a clone.
    pub fn with_snapshot_every(self, events: NonZeroU32) -> Self {
        let Self { db, clock, announcements, .. } = &self;
        let queue = Queue::open(db.clone(), clock.clone(), announcements.clone(), events);
        Self { queue, ..self }
    }

    /// Hears of every change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Announcement> {
        self.announcements.subscribe()
    }

    /// How many requests were refused since it was made.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Logs what is wished, all of it or nothing; the same request twice is logged once.
    pub async fn record(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        wishes: Vec<Wish>,
        idempotency_key: Option<&str>,
    ) -> Result<Recorded, RecordError> {
        self.ask(tenant, actor, wishes, Hidden::default(), idempotency_key).await
    }

    /// The same for who may not read everything: a visit that they may not read is to them as one that does not exist, and in a
    /// branch whose visits they may not read nothing happens by them.
    pub async fn record_for(
        &self,
        tenant: &Tenant,
        reader: &Reader,
        actor: &Actor,
        wishes: Vec<Wish>,
        idempotency_key: Option<&str>,
    ) -> Result<Recorded, RecordError> {
        let hidden = self.hidden(tenant, reader, &wishes).await?;
        self.ask(tenant, actor, wishes, hidden, idempotency_key).await
    }

    /// What a reader may not read, of all that some wishes name.
    async fn hidden(&self, tenant: &Tenant, reader: &Reader, wishes: &[Wish]) -> sqlx::Result<Hidden> {
        if reader.reads_every_visit() {
            return Ok(Hidden::default());
        }
        let steps = wishes.iter().filter(|wish| wish.happening.step().is_some());
        let branches =
            steps.filter_map(|wish| wish.branch_id.as_ref()).filter(|branch| !reader.reads_visit(Some(branch)));
        let branches = branches.cloned().collect();
        let named: BTreeSet<VisitId> = wishes.iter().flat_map(visits_named).collect();
        if named.is_empty() {
            return Ok(Hidden { branches, ..Hidden::default() });
        }
        let mut tx = self.db.of(&tenant.id).begin_reading().await?;
        let visits = open::branches(&mut tx, &tenant.id, &named.iter().collect::<Vec<_>>()).await?;
        let visits = visits.into_iter().filter(|(_, branch)| !reader.reads_visit(branch.as_ref()));
        Ok(Hidden { visits: visits.map(|(id, _)| id).collect(), branches })
    }

    async fn ask(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        wishes: Vec<Wish>,
        hidden: Hidden,
        idempotency_key: Option<&str>,
    ) -> Result<Recorded, RecordError> {
        let (answer, answered) = oneshot::channel();
        let key = idempotency_key.map(|key| log::Request {
            person: actor.id.clone(),
            key: key.to_owned(),
            digest: log::Digest::of_json(&wishes.iter().map(Wish::canonical).collect()),
        });
        self.queue.join(Request { tenant: tenant.clone(), actor: actor.clone(), wishes, hidden, key, answer })?;
        together(answered).await.unwrap_or(Err(RecordError::Interrupted)).map_err(|error| match error {
            // Whoever was refused works out what could be done instead, not the writer that others wait for.
            RecordError::Refused(mut refused) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                if let Some(visit) = &refused.visit {
                    refused.allowed = allowed(&tenant.policy, Some(visit), actor, refused.at);
                }
                RecordError::Refused(refused)
            }
            error => error,
        })
    }

    /// The present moment, by the clock that events are recorded by.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Where a hospital's log ends.
    pub async fn end(&self, tenant: &TenantId) -> sqlx::Result<i64> {
        log::position(&self.db.of(tenant), tenant).await
    }

    /// What a request of somebody's was answered with, by its key; nothing when there was none.
    pub async fn answered(
        &self,
        tenant: &TenantId,
        person: &PersonId,
        key: &str,
    ) -> Result<Vec<StoredEvent>, RecordError> {
        // Whatever was asked: keys are found without the digest.
        let asked = log::Request { person: person.clone(), key: key.to_owned(), digest: log::Digest::of(&[]) };
        let mut tx = self.db.of(tenant).begin_reading().await?;
        let Some(known) = log::recall(&mut tx, tenant, &[&asked], self.clock.now()).await?.pop() else {
            return Ok(Vec::new());
        };
        Ok(log::by_positions(&mut tx, tenant, known.first, known.last).await?)
    }

    /// A visit's steps and state, as the log has them.
    pub async fn load(&self, tenant: &TenantId, visit: &VisitId) -> Result<Option<(Vec<Step>, Visit)>, RecordError> {
        let happened = log::life(&self.db.of(tenant), tenant, VISIT, visit.as_str()).await?;
        let steps = happened.iter().map(step_of).collect::<Result<Vec<_>, _>>()?;
        let visit = steps.iter().fold(None, evolve);
        Ok(visit.map(|visit| (steps, visit)))
    }
}

/// Reads the steps out of stored events.
pub fn steps(stored: &[StoredEvent]) -> Result<Vec<Step>, RecordError> {
    Ok(stored.iter().map(step).collect::<Result<_, _>>()?)
}
