//! Where the time of visits went: what is measured of each, and each stay in one place. Follows the log.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use lru::LruCache;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::following::{Problem, Projection};
use crate::db::beside::{Table, table};
use crate::db::keys::{Statement, read_json};
use crate::db::rows::{Rows, insert_rows};
use crate::db::{Db, Tx};
use crate::hospital::tenants::Tenant;
use crate::journey::course::{Course, Span, letters};
use crate::journey::ids::*;
use crate::journey::measures::{Measures, Part};
use crate::journey::money::Money;
use crate::journey::words::{Outcome, Priority, Station, VisitType};
use crate::log::{self, Occurrence, VISIT};
use crate::on;

/// The read model of visits' measures and stays.
#[derive(Debug)]
pub struct VisitMeasures;

/// What is measured of a visit.
///
/// Its fields stand in the order in which days are read: as arrays, without names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, sqlx::FromRow)]
pub struct MeasuresRow {
    /// Which visit.
    pub visit_id: VisitId,
    /// The last event taken in.
    pub position: i64,
    /// Where it was registered.
    pub branch_id: Option<BranchId>,
    /// The department first visited.
    pub department_id: Option<DepartmentId>,
    /// The doctor waited for or assigned.
    pub doctor_id: Option<PersonId>,
    /// What kind of visit it is.
    pub visit_type: VisitType,
    /// How urgent it is.
    pub priority: Priority,
    /// The day of its registration, on the hospital's calendar.
    pub day: NaiveDate,
    /// The hour of its registration.
    pub hour: i32,
    /// The weekday of its registration; 1 is Monday.
    pub weekday: i32,
    /// When it was registered.
    pub registered_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why it ended otherwise than completed.
    pub reason: Option<String>,
    /// What happened, a letter for each event.
    pub path: String,
    /// How many results were sent back to be made again.
    pub repeats: i32,
    /// All waiting, in seconds; of an open visit, until the patient last came somewhere.
    pub waiting: i64,
    /// All service.
    pub served: i64,
    /// All time away.
    pub away: i64,
    /// All other time.
    pub other: i64,
    /// From registration to first entering a room.
    pub door_to_doctor: Option<i64>,
    /// From registration to the outcome.
    pub whole_visit: Option<i64>,
    /// What was paid.
    pub taken: Money,
    /// What of it was given back.
    pub refunded: Money,
    /// What is still to be paid.
    pub due: Money,
    /// Everything that is measured, and what did not reach its end.
    #[sqlx(json)]
    pub spans: Vec<Span>,
}

/// A part of a visit in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct StayRow {
    /// Of which visit.
    pub visit_id: VisitId,
    /// Its place among the visit's stays, from 1.
    pub number: i32,
    /// What kind of time it is.
    pub part: Part,
    /// The station waited at, or served by.
    pub station: Option<Station>,
    /// The doctor waited for or assigned.
    pub doctor_id: Option<PersonId>,
    /// The visit's department.
    pub department_id: Option<DepartmentId>,
    /// The visit's branch.
    pub branch_id: Option<BranchId>,
    /// What kind of visit it is.
    pub visit_type: VisitType,
    /// How urgent the visit is.
    pub priority: Priority,
    /// The visit's day.
    pub day: NaiveDate,
    /// The hour in which it began.
    pub hour: i32,
    /// The weekday on which it began; 1 is Monday.
    pub weekday: i32,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it ended; not yet, for the last one of an open visit.
    pub ended_at: Option<DateTime<Utc>>,
    /// How long it lasted.
    pub seconds: Option<i64>,
}

const TABLES: &[Table] = &[
    table!("visit_measures" by "tenant_id, visit_id" of visits),
    table!("stays" by "tenant_id, visit_id, number" of visits),
];

const SAVE: Rows = insert_rows!("visit_measures":
    text "visit_id", number "position", text "branch_id", text "department_id", text "doctor_id", text "visit_type",
    text "priority", date "day", number "hour", number "weekday", time "registered_at", time "ended_at", text "outcome",
    text "reason", text "path", number "repeats", number "waiting", number "served", number "away", number "other",
    number "door_to_doctor", number "whole_visit", number "taken", number "refunded", number "due", json "spans";
    "ON CONFLICT (tenant_id, visit_id) DO UPDATE SET position = excluded.position, doctor_id = excluded.doctor_id, \
     priority = excluded.priority, ended_at = excluded.ended_at, outcome = excluded.outcome, reason = excluded.reason, \
     path = excluded.path, repeats = excluded.repeats, waiting = excluded.waiting, served = excluded.served, \
     away = excluded.away, other = excluded.other, door_to_doctor = excluded.door_to_doctor, \
     whole_visit = excluded.whole_visit, taken = excluded.taken, refunded = excluded.refunded, due = excluded.due, \
     spans = excluded.spans");

// A stay may turn out otherwise by what comes after it; none ever goes.
const SAVE_STAYS: Rows = insert_rows!("stays":
    text "visit_id", number "number", text "part", text "station", text "doctor_id", text "department_id",
    text "branch_id", text "visit_type", text "priority", date "day", number "hour", number "weekday", time "began_at",
    time "ended_at", number "seconds";
    "ON CONFLICT (tenant_id, visit_id, number) DO UPDATE SET part = excluded.part, station = excluded.station, \
     doctor_id = excluded.doctor_id, priority = excluded.priority, hour = excluded.hour, weekday = excluded.weekday, \
     began_at = excluded.began_at, ended_at = excluded.ended_at, seconds = excluded.seconds");

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
        let (give, mut rows) = mpsc::channel(AHEAD);
        let following = tokio::spawn(follow(tenant.clone(), pages, give));
        while let Some((measures, stays)) = rows.recv().await {
            SAVE.write(tx, &tenant.id, &measures).await?;
            SAVE_STAYS.write(tx, &tenant.id, &stays).await?;
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

/// Follows visits through a page of the log, and gives their rows, many visits at a time.
async fn follow(
    tenant: Tenant,
    pages: BTreeMap<VisitId, Page>,
    give: mpsc::Sender<(Vec<MeasuresRow>, Vec<StayRow>)>,
) -> Result<Vec<(VisitId, Followed)>, log::Unreadable> {
    let (mut visits, mut measures, mut stays) = (Vec::with_capacity(pages.len()), Vec::new(), Vec::new());
    for (id, Page { mut visit, steps }) in pages {
        for happened in &steps {
            visit.take(happened)?;
        }
        if let Some((row, of_visit)) = visit.rows(&tenant, &id) {
            measures.push(row);
            stays.extend(of_visit);
        }
        visits.push((id, visit));
        if measures.len() == TOGETHER {
            // Whoever takes them may have failed, and says why.
            let _ = give.send((std::mem::take(&mut measures), std::mem::take(&mut stays))).await;
        }
    }
    let _ = give.send((measures, stays)).await;
    Ok(visits)
}

const OF_DAY: Statement = Statement {
    sqlite: "SELECT json_group_array(json_array(visit_id, position, branch_id, department_id, doctor_id, visit_type, priority, \
        day, hour, weekday, registered_at, ended_at, outcome, reason, path, repeats, waiting, served, away, other, \
        door_to_doctor, whole_visit, taken, refunded, due, json(spans))) FROM visit_measures WHERE tenant_id = $1 AND day = $2",
    postgres: "SELECT coalesce(json_agg(json_build_array(visit_id, position, branch_id, department_id, doctor_id, visit_type, priority, \
        day, hour, weekday, registered_at, ended_at, outcome, reason, path, repeats, waiting, served, away, other, \
        door_to_doctor, whole_visit, taken, refunded, due, spans)), '[]')::text FROM visit_measures WHERE tenant_id = $1 AND day = $2",
};
const SINCE: &str = "SELECT * FROM visit_measures WHERE tenant_id = $1 AND position > $2 ORDER BY position";
const OF_VISIT: &str = "SELECT * FROM visit_measures WHERE tenant_id = $1 AND visit_id = $2";
const STAYS: &str = "SELECT * FROM stays WHERE tenant_id = $1 AND visit_id = $2 ORDER BY number";
const DAYS: &str =
    "SELECT DISTINCT day FROM visit_measures WHERE tenant_id = $1 AND day BETWEEN $2 AND $3 ORDER BY day";

/// The visits that were registered on a day.
pub async fn of_day(db: &Db, tenant: &TenantId, day: NaiveDate) -> sqlx::Result<Vec<MeasuresRow>> {
    read_json!(db, OF_DAY; tenant, day)
}

/// The visits that something happened to after a position.
pub async fn since(db: &Db, tenant: &TenantId, position: i64) -> sqlx::Result<Vec<MeasuresRow>> {
    on!(&db.read, pool => sqlx::query_as(SINCE).bind(tenant).bind(position).fetch_all(pool).await)
}

/// The days on which anybody visited, from one to another, both included.
pub async fn days(db: &Db, tenant: &TenantId, from: NaiveDate, to: NaiveDate) -> sqlx::Result<Vec<NaiveDate>> {
    on!(&db.read, pool => sqlx::query_scalar(DAYS).bind(tenant).bind(from).bind(to).fetch_all(pool).await)
}

/// One visit.
pub async fn of_visit(db: &Db, tenant: &TenantId, visit: &VisitId) -> sqlx::Result<Option<MeasuresRow>> {
    on!(&db.read, pool => sqlx::query_as(OF_VISIT).bind(tenant).bind(visit).fetch_optional(pool).await)
}

/// The stays of one visit, in order.
pub async fn stays(db: &Db, tenant: &TenantId, visit: &VisitId) -> sqlx::Result<Vec<StayRow>> {
    on!(&db.read, pool => sqlx::query_as(STAYS).bind(tenant).bind(visit).fetch_all(pool).await)
}
