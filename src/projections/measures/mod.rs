//! Where the time of visits went: what is measured of each, and each stay in one place. Follows the log.

mod rows;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use lru::LruCache;
use tokio::sync::mpsc;

use super::following::{Problem, Projection};
use crate::db::Tx;
use crate::db::beside::Table;
use crate::hospital::tenants::Tenant;
use crate::journey::course::{Course, letters};
use crate::journey::ids::*;
use crate::journey::measures::Measures;
use crate::log::{self, Occurrence, VISIT};

pub use self::rows::{MeasuresRow, StayRow, days, of_day, of_visit, since, stays};
use self::rows::{SAVE, SAVE_STAYS, TABLES};

/// The read model of visits' measures and stays.
#[derive(Debug)]
pub struct VisitMeasures;

/// A visit as far as it was taken in.
#[derive(Default)]
struct Followed {
    course: Course,
    branch: Option<BranchId>,
    position: i64,
}

impl Followed {
    fn take(&mut self, happened: &Occurrence) -> Result<(), log::Unreadable> {
        if happened.version == 1 {
            self.branch = happened.branch_id.clone();
        }
        self.course.take(&log::step_of(happened)?);
        self.position = happened.position;
        Ok(())
    }

    /// The rows that it comes to.
    fn rows(&self, tenant: &Tenant, visit_id: &VisitId) -> Option<(MeasuresRow, Vec<StayRow>)> {
        let visit = self.course.visit()?;
        let (measures, stays) = stays_of(tenant, visit_id, self.branch.as_ref(), &self.course)?;
        let (day, hour, weekday) = calendar(tenant, visit.registered_at);
        let [taken, refunded, due] = self.course.money();
        let row = MeasuresRow {
            visit_id: visit_id.clone(),
            position: self.position,
            branch_id: self.branch.clone(),
            department_id: visit.department_id.clone(),
            doctor_id: visit.doctor().cloned(),
            visit_type: visit.visit_type,
            priority: visit.urgency(),
            day,
            hour,
            weekday,
            registered_at: visit.registered_at,
            ended_at: visit.ended_at,
            outcome: visit.outcome,
            reason: self.course.reason().map(str::to_owned),
            path: letters(&self.course.path()),
            repeats: self.course.repeats() as i32,
            waiting: measures.waiting,
            served: measures.served,
            away: measures.away,
            other: measures.other,
            door_to_doctor: measures.door_to_doctor,
            whole_visit: measures.whole_visit,
            taken,
            refunded,
            due,
            spans: self.course.spans(),
        };
        Some((row, stays))
    }
}

/// The stays of a visit as rows, and what else is measured of it; none before its registration.
pub fn stays_of(
    tenant: &Tenant,
    visit_id: &VisitId,
    branch_id: Option<&BranchId>,
    course: &Course,
) -> Option<(Measures, Vec<StayRow>)> {
    let visit = course.visit()?;
    let (measures, stays) = course.stays();
    let (day, last) = (tenant.local_day(visit.registered_at), stays.len());
    let rows = stays.into_iter().enumerate().map(|(index, (stay, doctor_id))| {
        let (_, hour, weekday) = calendar(tenant, stay.from);
        let is_over = visit.ended_at.is_some() || index + 1 < last;
        StayRow {
            visit_id: visit_id.clone(),
            number: index as i32 + 1,
            part: stay.part,
            station: stay.station,
            doctor_id,
            department_id: visit.department_id.clone(),
            branch_id: branch_id.cloned(),
            visit_type: visit.visit_type,
            priority: visit.urgency(),
            day,
            hour,
            weekday,
            began_at: stay.from,
            ended_at: is_over.then_some(stay.to),
            seconds: is_over.then_some(stay.seconds),
        }
    });
    Some((measures, rows.collect()))
}

/// The day, hour and weekday of a moment on the hospital's clock.
pub fn calendar(tenant: &Tenant, at: DateTime<Utc>) -> (NaiveDate, i32, i32) {
    let local = tenant.local(at);
    (local.date_naive(), local.hour() as i32, local.weekday().number_from_monday() as i32)
}

/// How many visits are kept: a day of a large hospital.
const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16_383);

/// Of how many visits the rows are written together.
const TOGETHER: usize = 256;
/// How many such heaps of rows wait to be written.
const AHEAD: usize = 2;

/// The visits lately taken in. Each is the beginning of its story up to a version, which never changes, whatever becomes of a transaction.
static FOLLOWED: LazyLock<Mutex<LruCache<(TenantId, VisitId), Followed>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(KEPT)));

fn followed() -> MutexGuard<'static, LruCache<(TenantId, VisitId), Followed>> {
    FOLLOWED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait::async_trait]
impl Projection for VisitMeasures {
    fn name(&self) -> &'static str {
        "visit_measures"
    }

    fn version(&self) -> i32 {
        4
    }

    fn tables(&self) -> &'static [Table] {
        TABLES
    }

    // A visit is written once for each page that it is in.
    fn page(&self) -> i64 {
        60_000
    }

    async fn apply(&self, tx: &mut Tx, tenant: &Tenant, events: Vec<Occurrence>) -> Result<(), Problem> {
        let first = events.first().map_or(0, |first| first.position);
        let mut pages: BTreeMap<VisitId, Page> = BTreeMap::new();
        for happened in events.into_iter().filter(|happened| happened.aggregate_type == VISIT) {
            pages.entry(VisitId::parse(&happened.aggregate_id)?).or_default().steps.push(happened);
        }
        let mut unknown = Vec::new();
        for (id, page) in &mut pages {
            let known = page.steps.first().map_or(0, |first| first.version - 1);
            let kept = followed().pop(&(tenant.id.clone(), id.clone()));
            match kept.filter(|kept| kept.course.version() == known) {
                Some(kept) => page.visit = kept,
                None if known > 0 => unknown.push(id.clone()),
                None => {}
            }
        }
        let unknown: Vec<_> = unknown.iter().map(|id| (id.as_str(), 0)).collect();
        for happened in log::since(tx, &tenant.id, VISIT, &unknown).await? {
            if happened.position < first
                && let Some(page) = pages.get_mut(&VisitId::parse(&happened.aggregate_id)?)
            {
                page.visit.take(&happened)?;
            }
        }
        // The next visits are followed while the rows of some are written.
        let (give, mut heaps) = mpsc::channel(AHEAD);
        let following = tokio::spawn(follow(tenant.clone(), pages, give));
        while let Some(Heap { known, measures, stays }) = heaps.recv().await {
            let [save, save_stays] = if known { [SAVE, SAVE_STAYS] } else { [SAVE.unseen(), SAVE_STAYS.unseen()] };
            save.write(tx, &tenant.id, &measures).await?;
            save_stays.write(tx, &tenant.id, &stays).await?;
        }
        let visits = following.await??;
        let mut kept = followed();
        for (id, visit) in visits {
            kept.put((tenant.id.clone(), id), visit);
        }
        Ok(())
    }
}

/// A visit as it was before a page of the log, and what that page has of it.
#[derive(Default)]
struct Page {
    visit: Followed,
    steps: Vec<Occurrence>,
}

/// Rows of visits on their way into their tables.
#[derive(Default)]
struct Heap {
    /// Whether the visits had rows before.
    known: bool,
    measures: Vec<MeasuresRow>,
    stays: Vec<StayRow>,
}

/// Follows visits through a page of the log, and gives their rows, many visits at a time.
async fn follow(
    tenant: Tenant,
    pages: BTreeMap<VisitId, Page>,
    give: mpsc::Sender<Heap>,
) -> Result<Vec<(VisitId, Followed)>, log::Unreadable> {
    let mut visits = Vec::with_capacity(pages.len());
    let mut heaps = [false, true].map(|known| Heap { known, ..Heap::default() });
    for (id, Page { mut visit, steps }) in pages {
        let known = visit.course.version() > 0;
        for happened in &steps {
            visit.take(happened)?;
        }
        let heap = &mut heaps[usize::from(known)];
        if let Some((row, of_visit)) = visit.rows(&tenant, &id) {
            heap.measures.push(row);
            heap.stays.extend(of_visit);
        }
        visits.push((id, visit));
        if heap.measures.len() == TOGETHER {
            // Whoever takes them may have failed, and says why.
            let _ = give.send(std::mem::replace(heap, Heap { known, ..Heap::default() })).await;
        }
    }
    for heap in heaps {
        let _ = give.send(heap).await;
    }
    Ok(visits)
}
