//! Read models: what screens ask for, written in the transaction that appends, or [`following`] the log at their own pace.
//!
//! Each file holds its table's rows, how a visit's state becomes them, and its queries. No row is ever the truth: the log is.

pub mod bills;
pub mod calls;
pub mod channels;
pub mod checkpoint;
pub mod earlier_results;
pub mod follow_ups;
pub mod following;
pub mod measures;
pub mod open;
pub mod statistics;
pub mod tests;
pub mod timeline;
pub mod tokens;
pub mod visits;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::db::Tx;
use crate::db::beside::{Table, table};
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{TenantId, VisitId};
use crate::journey::story::Telling;
use crate::journey::visit::Visit;
use crate::log::StoredEvent;

use self::timeline::NewTimelineRow;
use self::visits::Arrival;

/// The tables that [`Changes`] writes.
pub const TABLES: [Table; 5] = [
    table!("visits" by "tenant_id, visit_id" of visits),
    table!("tests" by "tenant_id, visit_id, test_id" of visits),
    table!("bills" by "tenant_id, visit_id, bill_id" of visits),
    table!("timeline" by "tenant_id, visit_id, version" of visits),
    table!("token_counters" by "tenant_id, branch_id, prefix, day"),
];

/// What appended events changed: each row is written once, however many events touched it.
#[derive(Debug, Default)]
pub struct Changes {
    visits: BTreeMap<VisitId, Change>,
    timeline: Vec<NewTimelineRow>,
}

/// How a visit changed.
#[derive(Debug)]
struct Change {
    /// The state before, unless it was registered just now.
    before: Option<Arc<Visit>>,
    /// The state after.
    after: Arc<Visit>,
    /// What is known of the registration, if it was registered just now.
    arrival: Option<Arrival>,
}

impl Changes {
    /// Takes in one event: the state before and after it, and how it is told to people.
    pub fn apply(
        &mut self,
        tenant: &Tenant,
        visit_id: &VisitId,
        before: Option<&Arc<Visit>>,
        after: &Arc<Visit>,
        event: &StoredEvent,
        telling: Telling,
    ) {
        self.timeline.push(NewTimelineRow::new(visit_id, event, telling));
        if let Some(change) = self.visits.get_mut(visit_id) {
            change.after = Arc::clone(after);
            return;
        }
        let arrival = before.is_none().then(|| Arrival {
            position: event.position,
            branch_id: event.event.branch_id.clone(),
            day: tenant.local_day(after.registered_at),
        });
        self.visits.insert(visit_id.clone(), Change { before: before.cloned(), after: Arc::clone(after), arrival });
    }

    /// Brings every read model up to date.
    pub async fn write(self, tx: &mut Tx, tenant: &TenantId) -> sqlx::Result<()> {
        timeline::write(tx, tenant, &self.timeline).await?;
        visits::write(tx, tenant, &self.visits).await?;
        tests::write(tx, tenant, &self.visits).await?;
        bills::write(tx, tenant, &self.visits).await
    }
}
