//! Replay: the log read again, every visit folded as when it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use super::{RecordError, VISIT, step};
use crate::db::{Db, Tx};
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::visit::{Step, Visit};
use crate::log::{self, Digest, StoredEvent};

/// How many events are held in memory at once.
pub const PAGE: i64 = 1000;

/// How many visits are kept while a log is read; one that comes up later is folded from its own events.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16_383);

/// A step of a visit, and the state on both sides of it.
pub(super) struct Stepped {
    pub visit_id: VisitId,
    pub before: Option<Arc<Visit>>,
    pub after: Arc<Visit>,
    pub step: Step,
}

/// The states of visits while a log is read in order.
pub(super) struct Visits(LruCache<VisitId, Arc<Visit>>);

impl Visits {
    /// None yet.
    pub fn new() -> Self {
        Self(LruCache::new(KEPT))
    }

    /// The visits that a page goes on with and that are not kept.
    fn missing<'a>(&mut self, page: &'a [StoredEvent]) -> Vec<&'a str> {
        let (mut met, mut missing) = (BTreeSet::new(), Vec::new());
        for StoredEvent { event, .. } in page.iter().filter(|stored| stored.event.aggregate_type == VISIT) {
            let id = event.aggregate_id.as_str();
            if met.insert(id) && event.version > 1 && VisitId::parse(id).is_ok_and(|visit| self.0.get(&visit).is_none())
            {
                missing.push(id);
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
        page: &[StoredEvent],
        mut leave: impl FnMut(VisitId, &Visit),
    ) -> Result<(), RecordError> {
        let missing: Vec<_> = self.missing(page).into_iter().map(|id| (id, 0)).collect();
        let first = page.first().map_or(0, |stored| stored.position);
        let earlier = log::since(tx, tenant, VISIT, &missing).await?;
        for stored in earlier.into_iter().filter(|stored| stored.position < first) {
            self.follow(&stored, &mut leave)?;
        }
        Ok(())
    }

    /// The visits of a page that are kept.
    pub fn of<'a>(&'a self, page: &'a [StoredEvent]) -> impl Iterator<Item = &'a Visit> {
        page.iter().filter_map(|stored| self.0.peek(stored.event.visit_id.as_ref()?)).map(Arc::as_ref)
    }

    /// Takes in an event, and gives the step if it is one of a visit.
    pub fn step(&mut self, stored: &StoredEvent) -> Result<Option<Stepped>, RecordError> {
        let Some((visit_id, step)) = of_visit(stored)? else { return Ok(None) };
        let before = self.0.get(&visit_id).cloned();
        let Some(after) = evolve(before.as_deref().cloned(), &step).map(Arc::new) else { return Ok(None) };
        self.0.put(visit_id.clone(), Arc::clone(&after));
        Ok(Some(Stepped { visit_id, before, after, step }))
    }

    /// Takes in an event; a visit that is no longer kept is handed over.
    fn follow(&mut self, stored: &StoredEvent, leave: impl FnOnce(VisitId, &Visit)) -> Result<(), RecordError> {
        let Some((visit_id, step)) = of_visit(stored)? else { return Ok(()) };
        let visit = self.0.pop(&visit_id).map(Arc::unwrap_or_clone);
        if let Some(visit) = evolve(visit, &step)
            && let Some((id, visit)) = self.0.push(visit_id, Arc::new(visit))
        {
            leave(id, &visit);
        }
        Ok(())
    }
}

fn of_visit(stored: &StoredEvent) -> Result<Option<(VisitId, Step)>, RecordError> {
    if stored.event.aggregate_type != VISIT {
        return Ok(None);
    }
    let unreadable = |problem: String| RecordError::Unreadable { position: stored.position, problem };
    let visit_id = VisitId::parse(&stored.event.aggregate_id).map_err(|error| unreadable(error.to_string()))?;
    Ok(Some((visit_id, step(stored)?)))
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
    let mut next = read(db, tenant, first, last);
    loop {
        let page = next.await.map_err(|_| RecordError::Interrupted)??;
        let Some(end) = page.last().map(|stored| stored.position) else { break };
        // The next page is read while this one is folded.
        next = read(db, tenant, end + 1, last);
        if !visits.missing(&page).is_empty() {
            let mut tx = db.begin_reading().await?;
            visits.recall(&mut tx, tenant, &page, leave(&mut left)).await?;
        }
        for stored in &page {
            visits.follow(stored, leave(&mut left))?;
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

fn read(db: &Db, tenant: &TenantId, first: i64, last: i64) -> tokio::task::JoinHandle<sqlx::Result<Vec<StoredEvent>>> {
    let (db, tenant) = (db.clone(), tenant.clone());
    tokio::spawn(async move { log::by_positions(&db, &tenant, first, last.min(first + PAGE - 1)).await })
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
