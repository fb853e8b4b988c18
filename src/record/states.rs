//! The visits lately written and what they named, so that a writer need not read them again.
//!
//! What is kept is a beginning of a visit's story, never more than was committed; what others wrote since is read and added, under
//! the lock on the head. As long as the head stands where this process left it, others wrote nothing. A long story that is not kept
//! begins at its snapshot.
//!
//! Who changes the hospital notes it in the log: what was read of it holds as long as nobody else wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use super::{RecordError, VISIT, step_of};
use crate::db::Tx;
use crate::hospital::references::{self, Existing};
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::visit::Visit;
use crate::log::{self, Head, snapshots};

/// How many visits are kept, and how many things: a day of a large hospital.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(8191);

/// Visits and things by tenant and id, and how far each tenant's log is known.
pub(super) struct States {
    visits: LruCache<(TenantId, VisitId), Kept<Arc<Visit>>>,
    things: LruCache<(TenantId, String), Kept<Existing>>,
    logs: BTreeMap<TenantId, Known>,
}

/// Something as it was when the log had come to a position.
struct Kept<T> {
    what: T,
    at: i64,
}

/// How far a log is known.
#[derive(Clone, Copy, Default)]
struct Known {
    /// Where this process left its head.
    left: i64,
    /// Where its head stood when others were last seen to have written.
    others: i64,
}

impl Default for States {
    fn default() -> Self {
        Self { visits: LruCache::new(KEPT), things: LruCache::new(KEPT), logs: BTreeMap::new() }
    }
}

impl States {
    /// The visits as the log has them now, with its head locked; one that has no events is left out.
    pub async fn load(
        &mut self,
        tx: &mut Tx,
        head: &Head,
        ids: impl IntoIterator<Item = VisitId>,
    ) -> Result<BTreeMap<VisitId, Arc<Visit>>, RecordError> {
        let (tenant, others) = (head.tenant(), self.others(head));
        let mut behind = BTreeSet::new();
        let mut visits: BTreeMap<VisitId, Option<Arc<Visit>>> = BTreeMap::new();
        let mut unknown = Vec::new();
        for id in ids {
            let kept = self.visits.get(&(tenant.clone(), id.clone()));
            if kept.is_none() {
                unknown.push(id.clone());
            }
            if kept.is_none_or(|kept| kept.at < others) {
                behind.insert(id.clone());
            }
            visits.insert(id, kept.map(|kept| Arc::clone(&kept.what)));
        }
        for (id, visit) in snapshots::of_visits(tx, tenant, &unknown).await? {
            visits.insert(id, Some(Arc::new(visit)));
        }
        let version = |id| visits.get(id).and_then(Option::as_ref).map_or(0, |visit| visit.version);
        let read: Vec<_> = behind.iter().map(|id| (id.as_str(), version(id))).collect();
        for happened in log::since(tx, tenant, VISIT, &read).await? {
            let Ok(id) = VisitId::parse(&happened.aggregate_id) else { continue };
            let step = step_of(&happened)?;
            let visit = visits.entry(id).or_default();
            *visit = evolve(visit.take().map(Arc::unwrap_or_clone), &step).map(Arc::new);
        }
        Ok(visits.into_iter().filter_map(|(id, visit)| Some((id, visit?))).collect())
    }

    /// Those of some things, each asked for by kind and id, that exist in this hospital, with the head of its log locked.
    pub async fn existing(
        &mut self,
        tx: &mut Tx,
        head: &Head,
        things: impl IntoIterator<Item = (&str, &str)>,
    ) -> sqlx::Result<Vec<Existing>> {
        let (tenant, at, others) = (head.tenant(), head.position(), self.others(head));
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for (kind, id) in things {
            match self.things.get(&(tenant.clone(), id.to_owned())) {
                Some(kept) if kept.at >= others && kept.what.thing == kind => found.push(kept.what.clone()),
                _ => unknown.push((kind, id)),
            }
        }
        for thing in references::existing(tx, tenant, unknown).await? {
            self.things.put((tenant.clone(), thing.id.clone()), Kept { what: thing.clone(), at });
            found.push(thing);
        }
        Ok(found)
    }

    /// Where the head of a log stood when others were last seen to have written; it is locked.
    fn others(&mut self, head: &Head) -> i64 {
        let (known, position) = (self.logs.entry(head.tenant().clone()).or_default(), head.position());
        if known.left != position {
            *known = Known { left: position, others: position };
        }
        known.others
    }

    /// Keeps visits as they were committed, with the head where that left it.
    pub fn keep(&mut self, head: &Head, visits: impl IntoIterator<Item = (VisitId, Arc<Visit>)>) {
        let (tenant, at) = (head.tenant(), head.position());
        self.logs.entry(tenant.clone()).or_default().left = at;
        for (id, visit) in visits {
            self.visits.put((tenant.clone(), id), Kept { what: visit, at });
        }
    }
}
