//! The visits lately written, so that a writer need not read their logs again.
//!
//! What is kept is a beginning of a visit's story, never more than was committed; what others wrote since is read and added, under
//! the lock on the head. A long story that is not kept begins at its snapshot.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use super::{RecordError, VISIT, step};
use crate::db::Tx;
use crate::journey::evolve::evolve;
use crate::journey::ids::*;
use crate::journey::visit::Visit;
use crate::log::{self, snapshots};

/// How many visits are kept: a day of a large hospital.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(8191);

/// Visits by tenant and id.
pub(super) struct States(LruCache<(TenantId, VisitId), Arc<Visit>>);

impl Default for States {
    fn default() -> Self {
        Self(LruCache::new(KEPT))
    }
}

impl States {
    /// The visits as the log has them now; one that has no events is left out.
    pub async fn load(
        &mut self,
        tx: &mut Tx,
        tenant: &TenantId,
        ids: impl IntoIterator<Item = VisitId>,
    ) -> Result<BTreeMap<VisitId, Arc<Visit>>, RecordError> {
        let mut visits: BTreeMap<VisitId, Option<Arc<Visit>>> = BTreeMap::new();
        let mut unknown = Vec::new();
        for id in ids {
            let kept = self.0.get(&(tenant.clone(), id.clone())).cloned();
            if kept.is_none() {
                unknown.push(id.clone());
            }
            visits.insert(id, kept);
        }
        for (id, visit) in snapshots::of_visits(tx, tenant, &unknown).await? {
            visits.insert(id, Some(Arc::new(visit)));
        }
        let known: Vec<_> =
            visits.iter().map(|(id, visit)| (id.as_str(), visit.as_ref().map_or(0, |visit| visit.version))).collect();
        for stored in log::since(tx, tenant, VISIT, &known).await? {
            let Ok(id) = VisitId::parse(&stored.event.aggregate_id) else { continue };
            let step = step(&stored)?;
            let visit = visits.entry(id).or_default();
            *visit = evolve(visit.take().map(Arc::unwrap_or_clone), &step).map(Arc::new);
        }
        Ok(visits.into_iter().filter_map(|(id, visit)| Some((id, visit?))).collect())
    }

    /// Keeps visits as they were committed.
    pub fn keep(&mut self, tenant: &TenantId, visits: impl IntoIterator<Item = (VisitId, Arc<Visit>)>) {
        for (id, visit) in visits {
            self.0.put((tenant.clone(), id), visit);
        }
    }
}
