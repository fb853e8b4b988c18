//! The days in memory: a day is read once, and from then on only what happened since.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

use super::facts::{Facts, Period, Shared};
use crate::db::Db;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::TenantId;
use crate::projections::measures;

/// How many visits are kept of a tenant: some months of a large hospital.
const MOST: usize = 500_000;

/// The visits of each day, by tenant; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<HashMap<TenantId, Slot>>>);

type Slot = Arc<tokio::sync::Mutex<Days>>;

/// What is kept of a tenant.
#[derive(Debug, Default)]
struct Days {
    /// What happened up to here is in the days.
    position: i64,
    days: BTreeMap<NaiveDate, Arc<Vec<Facts>>>,
    shared: Shared,
}

impl Kept {
    /// The visits of some periods as they are now, day by day.
    pub async fn days(&self, db: &Db, tenant: &Tenant, periods: &[Period]) -> sqlx::Result<Vec<Arc<Vec<Facts>>>> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(tenant.id.clone()).or_default().clone();
        let mut kept = slot.lock().await;
        kept.follow(db, tenant).await?;
        for period in periods {
            kept.read(db, tenant, *period).await?;
        }
        let asked = |day: NaiveDate| periods.iter().any(|period| period.contains(day));
        let all: usize = kept.days.values().map(|day| day.len()).sum();
        if all > MOST {
            kept.days.retain(|day, _| asked(*day));
        }
        Ok(kept.days.iter().filter(|(day, _)| asked(**day)).map(|(_, visits)| Arc::clone(visits)).collect())
    }

    /// Forgets a tenant's days: they were made anew.
    pub fn forget(&self, tenant: &TenantId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(tenant);
    }
}

impl Days {
    /// Takes in what happened since.
    async fn follow(&mut self, db: &Db, tenant: &Tenant) -> sqlx::Result<()> {
        if self.days.is_empty() {
            self.position = measures::last(db, &tenant.id).await?;
            return Ok(());
        }
        for row in measures::since(db, &tenant.id, self.position).await? {
            self.position = row.position;
            let Some(day) = self.days.get_mut(&row.day) else { continue };
            let facts = Facts::new(tenant, row, &mut self.shared);
            let day = Arc::make_mut(day);
            match day.binary_search_by(|known| known.visit_id.cmp(&facts.visit_id)) {
                Ok(place) => day[place] = facts,
                Err(place) => day.insert(place, facts),
            }
        }
        Ok(())
    }

    /// Reads the days of a period that are not kept yet.
    async fn read(&mut self, db: &Db, tenant: &Tenant, period: Period) -> sqlx::Result<()> {
        let missing: Vec<_> = period.each().filter(|day| !self.days.contains_key(day)).collect();
        for run in missing.chunk_by(|one, next| one.succ_opt() == Some(*next)) {
            for week in run.chunks(7) {
                let (Some(from), Some(to)) = (week.first(), week.last()) else { continue };
                let mut days: BTreeMap<NaiveDate, Vec<Facts>> = week.iter().map(|day| (*day, Vec::new())).collect();
                for row in measures::of_days(db, &tenant.id, *from, *to).await? {
                    days.entry(row.day).or_default().push(Facts::new(tenant, row, &mut self.shared));
                }
                for (day, mut visits) in days {
                    visits.sort_unstable_by(|one, other| one.visit_id.cmp(&other.visit_id));
                    self.days.insert(day, Arc::new(visits));
                }
            }
        }
        Ok(())
    }
}
