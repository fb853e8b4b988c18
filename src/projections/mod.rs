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
pub mod tokens;
pub mod visits;

use std::collections::BTreeMap;
use std::iter;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::db::Tx;
use crate::db::beside::{Table, table};
use crate::db::rows::{self, Batch};
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{TenantId, VisitId};
use crate::journey::visit::Visit;
use crate::log::StoredEvent;

use self::visits::Arrival;

/// The tables that [`Changes`] writes.
pub const TABLES: [Table; 4] = [
    table!("visits" by "tenant_id, visit_id" of visits),
    table!("tests" by "tenant_id, visit_id, test_id" of visits),
    table!("bills" by "tenant_id, visit_id, bill_id" of visits),
    table!("token_counters" by "tenant_id, branch_id, prefix, day"),
];

/// Counts them, for [`Db::count`](crate::db::Db::count).
pub const COUNT: &str = "ANALYZE visits, tests, bills";

/// What appended events changed: each row is written once, however many events touched it.
#[derive(Debug, Default)]
pub struct Changes(BTreeMap<VisitId, Change>);

/// What visits are called by, as they were registered.
type Tokens = BTreeMap<VisitId, String>;

/// How a visit changed.
#[derive(Debug)]
struct Change {
    /// The state before, unless it was registered just now.
    before: Option<Arc<Visit>>,
    /// The state after.
    after: Arc<Visit>,
    /// When the last of it was logged.
    recorded_at: DateTime<Utc>,
    /// What is known of the registration, if it was registered just now.
    arrival: Option<Arrival>,
}

impl Changes {
    /// Takes in one event: the state before and after it.
    pub fn apply(
        &mut self,
        tenant: &Tenant,
        visit_id: &VisitId,
        before: Option<&Arc<Visit>>,
        after: &Arc<Visit>,
        event: &StoredEvent,
    ) {
        if let Some(change) = self.0.get_mut(visit_id) {
            (change.after, change.recorded_at) = (Arc::clone(after), event.recorded_at);
            return;
        }
        let arrival = before.is_none().then(|| Arrival {
            position: event.position,
            branch_id: event.event.branch_id.clone(),
            day: tenant.local_day(after.registered_at),
        });
        let (before, after, recorded_at) = (before.cloned(), Arc::clone(after), event.recorded_at);
        self.0.insert(visit_id.clone(), Change { before, after, recorded_at, arrival });
    }

    /// The rows that bring every read model up to date, but for those of who was [`register`](Self::register)ed.
    pub fn batches(&self) -> impl Iterator<Item = sqlx::Result<Batch>> {
        iter::once(visits::progressed(&self.0)).chain(tests::changed(&self.0)).chain(bills::changed(&self.0))
    }

    /// Writes the rows of those who were registered, with their tokens, which are given out in the order of the log.
    pub async fn register(&self, tx: &mut Tx, tenant: &TenantId) -> sqlx::Result<()> {
        let tokens = tokens::of(tx, tenant, &self.0).await?;
        rows::write(tx, tenant, visits::registered(&self.0, &tokens)).await
    }
}

/// Of what visits are made of, one row each: what is new, and what was there and changed.
fn new_and_changed<'a, R: PartialEq, I: PartialEq, Rows: Iterator<Item = R>>(
    visits: &'a BTreeMap<VisitId, Change>,
    rows: impl Fn(&'a VisitId, &'a Visit) -> Rows,
    id: impl Fn(&R) -> &I,
) -> [Vec<R>; 2] {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    // Most steps change neither, which is sooner seen in the state than in rows.
    let same = |before: &Visit, after: &Visit| {
        (&before.tests, &before.bills, &before.outcome) == (&after.tests, &after.bills, &after.outcome)
    };
    for (visit_id, Change { before, after, .. }) in visits {
        if before.as_ref().is_some_and(|before| same(before, after)) {
            continue;
        }
        let before: Vec<_> = before.iter().flat_map(|visit| rows(visit_id, visit)).collect();
        for row in rows(visit_id, after) {
            match before.iter().find(|earlier| id(earlier) == id(&row)) {
                Some(earlier) if *earlier == row => {}
                Some(_) => changed.push(row),
                None => new.push(row),
            }
        }
    }
    [new, changed]
}
