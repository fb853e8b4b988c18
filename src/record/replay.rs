//! Replay: the log read again, every visit folded as when it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use lru::LruCache;

use super::{RecordError, VISIT, step, step_of};
use crate::db::{Db, Tx};
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::visit::Visit;
use crate::log::{self, Digest, NewEvent, Occurrence, StoredEvent};

/// How many events are held in memory at once.
pub const PAGE: i64 = 2000;

/// How many pages are read at once.
const AHEAD: usize = 2;

/// How many visits are kept while a log is read; one that comes up later is folded from its own events.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16_383);

/// What an event is about, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    position: i64,
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    version: i64,
}

impl<'a> From<&'a StoredEvent> for About<'a> {
    fn from(StoredEvent { event, position, .. }: &'a StoredEvent) -> Self {
        let NewEvent { aggregate_type, aggregate_id, version, .. } = event;
        Self { position: *position, aggregate_type, aggregate_id, version: *version }
    }
}

impl<'a> From<&'a Occurrence> for About<'a> {
    fn from(Occurrence { position, aggregate_type, aggregate_id, version, .. }: &'a Occurrence) -> Self {
        Self { position: *position, aggregate_type, aggregate_id, version: *version }
    }
}

impl About<'_> {
    /// The visit it happened to, if it was one.
    fn visit(self) -> Result<Option<VisitId>, RecordError> {
        if self.aggregate_type != VISIT {
            return Ok(None);
        }
        let unreadable = |error: NotAnId| log::Unreadable { position: self.position, problem: error.to_string() };
        Ok(Some(VisitId::parse(self.aggregate_id).map_err(unreadable)?))
    }
}

/// The state of a visit on both sides of a step.
pub(super) struct Stepped {
    pub visit_id: VisitId,
    pub before: Option<Arc<Visit>>,
    pub after: Arc<Visit>,
}

/// The states of visits while a log is read in order.
pub(super) struct Visits(LruCache<VisitId, Arc<Visit>>);

impl Visits {
    /// None yet.
    pub fn new() -> Self {
        Self(LruCache::new(KEPT))
    }

    /// The visits that a page goes on with and that are not kept.
    fn missing<'a>(&mut self, page: &[About<'a>]) -> Vec<(&'a str, i64)> {
        let (mut met, mut missing) = (BTreeSet::new(), Vec::new());
        for About { aggregate_id: id, version, .. } in page.iter().filter(|about| about.aggregate_type == VISIT) {
            if met.insert(*id) && *version > 1 && VisitId::parse(id).is_ok_and(|visit| self.0.get(&visit).is_none()) {
                missing.push((*id, 0));
            }
        }
        missing
    }

    /// Folds the visits that a page goes on with and that are not kept, up to that page.
    ///
    /// Visits that are no longer kept are handed over.
    pub async fn recall(
        &mut self,
        tx: &mut Tx,
        tenant: &TenantId,
        page: &[About<'_>],
        mut leave: impl FnMut(VisitId, &Visit),
    ) -> Result<(), RecordError> {
        let first = page.first().map_or(0, |about| about.position);
        let earlier = log::since(tx, tenant, VISIT, &self.missing(page)).await?;
        for happened in earlier.into_iter().filter(|happened| happened.position < first) {
            self.follow(&happened, &mut leave)?;
        }
        Ok(())
    }

    /// Takes in an event, and gives the step if it is one of a visit.
    pub fn step(&mut self, stored: &StoredEvent) -> Result<Option<Stepped>, RecordError> {
        let Some(visit_id) = About::from(stored).visit()? else { return Ok(None) };
        let step = step(stored)?;
        let before = self.0.get(&visit_id).cloned();
        let Some(after) = evolve(before.as_deref().cloned(), &step).map(Arc::new) else { return Ok(None) };
        self.0.put(visit_id.clone(), Arc::clone(&after));
        Ok(Some(Stepped { visit_id, before, after }))
    }

    /// Takes in an event; a visit that is no longer kept is handed over.
    fn follow(&mut self, happened: &Occurrence, leave: impl FnOnce(VisitId, &Visit)) -> Result<(), RecordError> {
        let Some(visit_id) = About::from(happened).visit()? else { return Ok(()) };
        let step = step_of(happened)?;
        let visit = self.0.pop(&visit_id).map(Arc::unwrap_or_clone);
        if let Some(visit) = evolve(visit, &step)
            && let Some((id, visit)) = self.0.push(visit_id, Arc::new(visit))
        {
            leave(id, &visit);
        }
        Ok(())
    }
}

/// What a log, or a part of it, comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many events were read.
    pub events: i64,
    /// How many visits they happened to.
    pub visits: usize,
    /// The digest of the states of those visits after the last event: the same wherever the same events are folded alike.
    pub digest: Digest,
}

/// Folds what a tenant's log holds from one position to another, both included; says after each page how many events it had.
pub async fn replay(
    db: &Db,
    tenant: &TenantId,
    first: i64,
    last: i64,
    mut progress: impl FnMut(u64),
) -> Result<Replayed, RecordError> {
    let (mut visits, mut left) = (Visits::new(), BTreeMap::new());
    let mut events = 0;
    // The next pages are read while this one is folded.
    let first_of_pages = (first.max(1)..=last).step_by(PAGE as usize);
    let mut pages = stream::iter(first_of_pages.map(|first| read(db, tenant, first, last))).buffered(AHEAD);
    while let Some(page) = pages.next().await {
        let page = page.map_err(|_| RecordError::Interrupted)??;
        if page.is_empty() {
            break;
        }
        let about: Vec<_> = page.iter().map(About::from).collect();
        if !visits.missing(&about).is_empty() {
            let mut tx = db.begin_reading().await?;
            visits.recall(&mut tx, tenant, &about, leave(&mut left)).await?;
        }
        for happened in &page {
            visits.follow(happened, leave(&mut left))?;
        }
        events += page.len() as i64;
        progress(page.len() as u64);
    }
    for (id, visit) in visits.0.iter() {
        left.insert(id.clone(), digest(visit));
    }
    let all: Vec<u8> = left.iter().flat_map(|(id, digest)| id.as_str().bytes().chain(digest.0)).collect();
    Ok(Replayed { events, visits: left.len(), digest: Digest::of(&all) })
}

fn read(db: &Db, tenant: &TenantId, first: i64, last: i64) -> tokio::task::JoinHandle<sqlx::Result<Vec<Occurrence>>> {
    let (db, tenant) = (db.clone(), tenant.clone());
    tokio::spawn(async move { log::happened(&db, &tenant, first, last.min(first + PAGE - 1)).await })
}

/// Keeps the digest of a visit that is no longer kept itself.
fn leave(left: &mut BTreeMap<VisitId, Digest>) -> impl FnMut(VisitId, &Visit) {
    |id, visit| {
        left.insert(id, digest(visit));
    }
}

fn digest(visit: &Visit) -> Digest {
    Digest::of(&serde_json::to_vec(visit).unwrap_or_default())
}
