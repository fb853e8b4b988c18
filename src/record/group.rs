//! The requests of one transaction: what they need is read at once, what is decided is written while the rest is decided.
//!
//! Every request is decided in memory, so one that is refused leaves no trace in those beside it; what the database refuses ends the
//! transaction, and each request is tried alone.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::{iter, mem, slice};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::entry::{Entry, Logged, Stepped};
use super::known::Known;
use super::queue::Request;
use super::states::States;
use super::validators::Validators;
use super::wish::Happening;
use super::{Announcement, RecordError, Recorded, Refused, Wish};
use crate::clock::Clock;
use crate::db::rows::{self, Batch};
use crate::db::{Db, Kept, Tx, commit_and_keep, new_id};
use crate::hospital::tenants::Tenant;
use crate::journey::ids::*;
use crate::journey::visit::Visit;
use crate::journey::words::Word;
use crate::log::{self, Digest, Head, RefusedAttempt, Remembered, StoredEvent, snapshots};
use crate::projections::Changes;

/// The longest that the facts of a refused attempt may be, in bytes of JSON.
const LONGEST_FACTS: usize = 4_000;

/// How many events are decided before the first are written: few, as nothing is written meanwhile.
const FIRST_STRIDE: usize = 16;
/// How many events are decided while those before them are written.
const STRIDE: usize = 64;

/// What the writer keeps between groups.
#[derive(Default)]
pub(super) struct Memory {
    states: States,
    validators: Validators,
}

impl Memory {
    /// Keeps visits as a group left them.
    pub fn keep(&mut self, Left { head, visits }: Left) {
        self.states.keep(&head, visits);
    }
}

/// What became of a group that was committed.
pub(super) struct Outcome {
    /// An answer for each request, in order.
    pub answers: Vec<Result<Recorded, RecordError>>,
    /// What changed.
    pub announcements: Vec<Announcement>,
    /// Where the log ended before, and where it ends now.
    pub ends: [i64; 2],
    /// The connection, for the next group of the same tenant.
    pub kept: Kept,
    /// What is to be kept in memory, when all are answered.
    pub left: Left,
}

/// The end of the log and the visits as a group left them.
pub(super) struct Left {
    head: Head,
    visits: BTreeMap<VisitId, Arc<Visit>>,
}

/// A transaction that is to take requests of one tenant: whose log it holds, nobody else writes.
pub(super) struct Begun {
    tx: Tx,
    head: Head,
}

impl Begun {
    /// Begins one, on the connection that was kept of the last.
    pub async fn new(db: &Db, tenant: &TenantId, kept: Kept) -> sqlx::Result<Self> {
        let (tx, head) = log::begin_locked(db, tenant, kept).await?;
        Ok(Self { tx, head })
    }

    /// Whose log it holds.
    pub fn tenant(&self) -> &TenantId {
        self.head.tenant()
    }
}

/// Decides and commits requests of one tenant, in their order; the state of a visit is kept every so many events.
pub(super) async fn commit(
    Begun { mut tx, head }: Begun,
    clock: &Clock,
    memory: &mut Memory,
    snapshot_every: NonZeroU32,
    requests: &[Request],
) -> Result<Outcome, RecordError> {
    let Some(Request { tenant, .. }) = requests.first() else {
        let (ends, left) = ([head.position(); 2], Left { head, visits: BTreeMap::new() });
        return Ok(Outcome { answers: Vec::new(), announcements: Vec::new(), ends, kept: Kept::default(), left });
    };
    // Asked for only now: who waited for the lock comes after whoever held it.
    let now = clock.now();
    let earlier = Earlier::recall(&mut tx, &head, requests, now).await?;
    let wishes = || requests.iter().flat_map(|request| &request.wishes);
    let steps = wishes().filter(|wish| wish.happening.step().is_some());
    let visits = memory.states.load(&mut tx, &head, steps.filter_map(|wish| wish.visit_id.clone())).await?;
    let others = wishes().filter_map(|wish| match &wish.happening {
        Happening::Other { aggregate_type, aggregate_id, .. } => Some((aggregate_type.as_str(), aggregate_id.as_str())),
        Happening::Step(_) => None,
    });
    let versions = log::versions(&mut tx, &tenant.id, &others.collect::<Vec<_>>()).await?;
    let known = Known::gather(&mut tx, &head, &mut memory.states, requests).await?;
    let mut group = Group {
        tenant,
        known: &known,
        now,
        earlier,
        begun: head.position(),
        head,
        visits,
        versions,
        validators: &mut memory.validators,
        announcements: Vec::new(),
        changes: Changes::default(),
        snapshot_every: i64::from(snapshot_every.get()),
        snapshots: Vec::new(),
        keys: Vec::new(),
        refused: Vec::new(),
        left: requests.iter(),
        answers: Vec::with_capacity(requests.len()),
        followed: false,
    };
    rows::write_all(&mut tx, &tenant.id, iter::from_fn(|| group.next_batches())).await?;
    group.write(&mut tx).await?;
    let Group { begun, head, mut visits, announcements, answers, earlier, versions, changes, snapshots, .. } = group;
    // What is of no more use is given up, and the answers are made ready, while the engine commits.
    let ready = async {
        drop((known, earlier, versions, changes, snapshots));
        let changed: BTreeSet<_> = announcements.iter().map(|announcement| &announcement.visit_id).collect();
        visits.retain(|id, _| changed.contains(id));
        answers.into_iter().map(|answer| answer.map(Recorded::from)).collect()
    };
    let (kept, answers) = futures::join!(commit_and_keep(tx), ready);
    let ends = [begun, head.position()];
    Ok(Outcome { answers, announcements, ends, kept: kept?, left: Left { head, visits } })
}

/// Events as whoever asked for them and whoever writes them hold them.
type Events = Vec<Arc<StoredEvent>>;

/// The answer to a request, before it is committed.
struct Answer {
    events: Events,
    repeated: bool,
}

impl From<Answer> for Recorded {
    fn from(Answer { events, repeated }: Answer) -> Self {
        Self { events: events.into_iter().map(Arc::unwrap_or_clone).collect(), repeated }
    }
}

/// Requests of one tenant, as far as they are decided.
struct Group<'a> {
    tenant: &'a Tenant,
    known: &'a Known,
    now: DateTime<Utc>,
    earlier: Earlier,
    /// Where the log ended before.
    begun: i64,
    head: Head,
    /// The visits as the requests so far leave them.
    visits: BTreeMap<VisitId, Arc<Visit>>,
    /// How many events anything else has had.
    versions: BTreeMap<(String, String), i64>,
    validators: &'a mut Validators,
    announcements: Vec<Announcement>,
    changes: Changes,
    /// After how many events of a visit its state is kept.
    snapshot_every: i64,
    snapshots: Vec<(VisitId, Arc<Visit>)>,
    keys: Vec<Remembered>,
    refused: Vec<RefusedAttempt>,
    /// The requests that are not decided yet.
    left: slice::Iter<'a, Request>,
    /// The answers to the others.
    answers: Vec<Result<Answer, RecordError>>,
    /// Whether the rows are made that follow from the events.
    followed: bool,
}

impl Group<'_> {
    /// The next rows to be written: events as they are decided, then what follows from them.
    ///
    /// They are made ready while those before them are written.
    fn next_batches(&mut self) -> Option<sqlx::Result<Vec<Batch>>> {
        let stride = if self.answers.is_empty() { FIRST_STRIDE } else { STRIDE };
        let mut decided: Events = Vec::new();
        while decided.len() < stride
            && let Some(request) = self.left.next()
        {
            let answer = self.answer(request);
            decided.extend(answer.iter().filter(|answer| !answer.repeated).flat_map(|answer| &answer.events).cloned());
            self.answers.push(answer);
        }
        if !decided.is_empty() {
            return Some(log::batch(decided.iter().map(Arc::as_ref)).map(|events| vec![events]));
        }
        if mem::replace(&mut self.followed, true) {
            return None;
        }
        let end = (self.head.position() > self.begun).then(|| log::end(&self.head));
        Some(self.changes.batches().chain([snapshots::batch(&self.snapshots)]).chain(end).collect())
    }

    fn answer(&mut self, request: &Request) -> Result<Answer, RecordError> {
        if let Some(events) = self.earlier.answer(request)? {
            return Ok(Answer { events, repeated: true });
        }
        let (visits, versions, head) = (&self.visits, &self.versions, self.head.clone());
        let mut entry = Entry::new(request, self.known, visits, versions, self.validators, head, self.now);
        for (index, wish) in request.wishes.iter().enumerate() {
            let Err(refusal) = entry.log(wish) else { continue };
            let of_visit = wish.visit_id.as_ref().filter(|_| wish.happening.step().is_some());
            let visit = of_visit.and_then(|id| entry.visit(id)).map(|visit| Visit::clone(visit));
            let refused =
                Refused { index, refusal, visit_id: wish.visit_id.clone(), visit, allowed: Vec::new(), at: self.now };
            self.refused.push(attempt(request, wish, &refused));
            return Err(RecordError::Refused(Box::new(refused)));
        }
        let Entry { head, logged, .. } = entry;
        let first = self.head.position() + 1;
        self.head = head;
        let mut events = Vec::with_capacity(logged.len());
        for Logged { stored, step } in logged {
            if let Some(Stepped { visit_id, before, after }) = step {
                self.changes.apply(self.tenant, &visit_id, before.as_ref(), &after, &stored);
                if after.version % self.snapshot_every == 0 {
                    self.snapshots.push((visit_id.clone(), Arc::clone(&after)));
                }
                self.visits.insert(visit_id, after);
            } else {
                let key = (stored.event.aggregate_type.clone(), stored.event.aggregate_id.clone());
                self.versions.insert(key, stored.event.version);
            }
            events.push(Arc::new(stored));
        }
        if let Some(key) = &request.key
            && !events.is_empty()
        {
            self.keys.push(Remembered { request: key.clone(), first, last: self.head.position() });
        }
        self.earlier.add(request, &events);
        self.announcements.extend(events.iter().filter_map(|stored| announcement(self.tenant, stored)));
        Ok(Answer { events, repeated: false })
    }

    /// Writes what is left to be written when all events are.
    async fn write(&self, tx: &mut Tx) -> sqlx::Result<()> {
        let tenant = &self.tenant.id;
        log::refused::keep(tx, tenant, &self.refused).await?;
        if self.head.position() > self.begun {
            self.changes.register(tx, tenant).await?;
            log::remember(tx, tenant, &self.keys, self.now).await?;
        }
        Ok(())
    }
}

/// What was asked and answered before, by earlier groups and by earlier requests of this one.
struct Earlier {
    requests: BTreeMap<(PersonId, String), (Digest, Events)>,
    events: BTreeMap<EventId, Arc<StoredEvent>>,
}

impl Earlier {
    async fn recall(tx: &mut Tx, head: &Head, requests: &[Request], now: DateTime<Utc>) -> sqlx::Result<Self> {
        let tenant = head.tenant();
        let keys: Vec<_> = requests.iter().filter_map(|request| request.key.as_ref()).collect();
        let mut known = BTreeMap::new();
        for Remembered { request, first, last } in log::recall(tx, tenant, &keys, now).await? {
            let events = match keys.contains(&&request) {
                true => log::by_positions(&mut *tx, tenant, first, last).await?,
                // The key stood for another request: its events are not the answer.
                false => Vec::new(),
            };
            let events = events.into_iter().map(Arc::new).collect();
            known.insert((request.person, request.key), (request.digest, events));
        }
        let ids: Vec<_> =
            requests.iter().flat_map(|request| &request.wishes).filter_map(|wish| wish.id.as_ref()).collect();
        let events = log::events(tx, tenant, &ids).await?;
        let events = events.into_iter().map(|stored| (stored.event.id.clone(), Arc::new(stored))).collect();
        Ok(Self { requests: known, events })
    }

    /// The first answer to a request that was made before.
    fn answer(&self, request: &Request) -> Result<Option<Events>, RecordError> {
        if let Some(key) = &request.key
            && let Some((digest, events)) = self.requests.get(&(key.person.clone(), key.key.clone()))
        {
            return if *digest == key.digest {
                Ok(Some(events.clone()))
            } else {
                Err(RecordError::IdempotencyMismatch)
            };
        }
        let mut ids = BTreeSet::new();
        if !request.wishes.iter().filter_map(|wish| wish.id.as_ref()).all(|id| ids.insert(id)) {
            return Err(RecordError::IdempotencyMismatch);
        }
        let known = request.wishes.iter().filter_map(|wish| Some((wish, self.events.get(wish.id.as_ref()?)?)));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            Ok(None)
        } else if known.len() == request.wishes.len()
            && known.iter().all(|(wish, stored)| wish.became(&stored.event, &request.actor))
        {
            Ok(Some(known.into_iter().map(|(_, stored)| Arc::clone(stored)).collect()))
        } else {
            Err(RecordError::IdempotencyMismatch)
        }
    }

    fn add(&mut self, request: &Request, events: &[Arc<StoredEvent>]) {
        if let Some(key) = &request.key {
            self.requests.insert((key.person.clone(), key.key.clone()), (key.digest, events.to_vec()));
        }
        for (wish, stored) in request.wishes.iter().zip(events) {
            if let Some(id) = &wish.id {
                self.events.insert(id.clone(), stored.clone());
            }
        }
    }
}

/// What is said of an event, if it is one of a visit.
fn announcement(tenant: &Tenant, stored: &StoredEvent) -> Option<Announcement> {
    let (tenant_id, visit_id) = (tenant.id.clone(), stored.event.visit_id.clone()?);
    Some(Announcement { tenant_id, visit_id, version: stored.event.version })
}

/// What is kept of a refusal.
fn attempt(request: &Request, wish: &Wish, refused: &Refused) -> RefusedAttempt {
    let facts = Value::Object(refused.refusal.facts());
    // Thousands of unknown fields are not worth thousands of lines.
    let facts = match facts.to_string().len() {
        length if length > LONGEST_FACTS => json!({ "omittedBytes": length }),
        _ => facts,
    };
    RefusedAttempt {
        id: new_id(),
        visit_id: refused.visit_id.clone(),
        event_type: wish.happening.event_type().to_owned(),
        code: refused.refusal.code().word().to_owned(),
        detail: refused.refusal.sentence(),
        facts,
        person_id: request.actor.id.clone(),
        attempted_at: log::to_milliseconds(refused.at),
        batch_index: i32::try_from(refused.index).ok(),
    }
}
