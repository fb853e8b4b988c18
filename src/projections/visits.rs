//! The visits as boards, lists and pages show them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{Change, Tokens};
use crate::db::rows::{Batch, Rows, insert_rows, update_rows};
use crate::db::{Db, Source, Tx};
use crate::journey::decide::{CLOCK_TOLERANCE, LATEST_ENTRY};
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::visit::{Place, Visit};
use crate::journey::words::{BillKind, Priority, Sex, Stage, Station, Status, VisitType, Word};
use crate::{from, on};

/// A visit.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct VisitRow {
    /// Which visit.
    pub visit_id: VisitId,
    /// Whose.
    pub patient_id: PatientId,
    /// Where it was registered.
    pub branch_id: Option<BranchId>,
    /// The department first visited.
    pub department_id: Option<DepartmentId>,
    /// What kind of visit it is.
    pub visit_type: VisitType,
    /// How urgent it is.
    pub priority: Priority,
    /// The status, for people.
    pub status: Status,
    /// The station whose board shows it: the queue's, or the consultation's while in a room.
    pub station: Option<Station>,
    /// The room the patient is in or called to.
    pub room_id: Option<RoomId>,
    /// The counter the patient is called to.
    pub counter: Option<String>,
    /// Since when the patient is there.
    pub since: DateTime<Utc>,
    /// How often the patient was called since joining.
    pub calls: i32,
    /// What the patient is called by.
    pub token: String,
    /// The day, on the hospital's calendar.
    pub day: NaiveDate,
    /// The doctor waited for or assigned.
    pub doctor_id: Option<PersonId>,
    /// Why the patient came.
    pub reason: Option<String>,
    /// Whether the patient was ever seen.
    pub attended: bool,
    /// When the patient was registered.
    pub registered_at: DateTime<Utc>,
    /// When the visit ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// What is due on its bills.
    pub due: Money,
    /// How many tests are on no bill.
    pub unbilled: i32,
    /// Since when billing has something to do.
    pub billing_since: Option<DateTime<Utc>>,
    /// How many events it has.
    pub version: i64,
}

/// A visit with the names that people know it by.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct VisitCard {
    /// The visit.
    #[sqlx(flatten)]
    pub visit: VisitRow,
    /// The patient's name.
    pub patient_name: String,
    /// The patient's record number.
    pub patient_mrn: String,
    /// The patient's sex.
    pub patient_sex: Option<Sex>,
    /// The patient's date of birth.
    pub patient_birth_date: Option<NaiveDate>,
    /// The patient's phone.
    pub patient_phone: Option<String>,
    /// The doctor's name.
    pub doctor_name: Option<String>,
    /// The room's name.
    pub room_name: Option<String>,
    /// The department's name.
    pub department_name: Option<String>,
}

/// What of a visit's row follows from its state.
#[derive(Serialize)]
struct Derived {
    status: Status,
    station: Option<Station>,
    room_id: Option<RoomId>,
    counter: Option<String>,
    unbilled: i32,
    billing_since: Option<DateTime<Utc>>,
    /// Whether something is owed to the patient after the end.
    owed: bool,
}

fn derive(visit: &Visit) -> Derived {
    let (station, room_id, counter) = match &visit.place {
        Place::Room { room_id } => (Some(Station::Consultation), Some(room_id.clone()), None),
        Place::Called { station } => (Some(*station), visit.call.room_id.clone(), visit.call.counter.clone()),
        place => (place.station(), None, None),
    };
    let unbilled = visit.tests.values().filter(|test| test.bill_id.is_none() && test.stage != Stage::Cancelled);
    let consultation_billed =
        visit.visit_type == VisitType::LabOnly || visit.bills.values().any(|bill| bill.kind == BillKind::Consultation);
    let to_bill = unbilled.clone().map(|test| test.ordered_at);
    let to_bill = to_bill.chain((!consultation_billed).then_some(visit.registered_at));
    // After the end only what is owed to the patient can still be settled.
    let ended = visit.outcome.is_some();
    let billing_since = visit
        .bills
        .values()
        .filter(|bill| bill.balance() < Money::ZERO || (!ended && bill.balance() > Money::ZERO))
        .map(|bill| bill.billed_at)
        .chain(to_bill.filter(|_| !ended))
        .min();
    let (status, unbilled, owed) = (visit.status(), unbilled.count() as i32, ended && billing_since.is_some());
    Derived { status, station, room_id, counter, unbilled, billing_since, owed }
}

impl VisitRow {
    /// The row in another state of the visit; what the registration gave stays.
    pub fn at(self, visit: &Visit) -> Self {
        let derived = derive(visit);
        Self {
            priority: visit.urgency(),
            status: derived.status,
            station: derived.station,
            room_id: derived.room_id,
            counter: derived.counter,
            since: visit.since,
            calls: visit.call.times as i32,
            doctor_id: visit.doctor().cloned(),
            attended: visit.attended,
            ended_at: visit.ended_at,
            due: visit.due(),
            unbilled: derived.unbilled,
            billing_since: derived.billing_since,
            version: visit.version,
            ..self
        }
    }
}

impl VisitCard {
    /// The card in another state of the visit, with the names that its doctor and room have today.
    pub fn at(self, visit: &Visit, people: &BTreeMap<PersonId, String>, rooms: &BTreeMap<RoomId, String>) -> Self {
        let row = self.visit.at(visit);
        let doctor_name = row.doctor_id.as_ref().and_then(|doctor| people.get(doctor)).cloned();
        let room_name = row.room_id.as_ref().and_then(|room| rooms.get(room)).cloned();
        Self { visit: row, doctor_name, room_name, ..self }
    }
}

/// Where a priority stands when the most urgent comes first.
pub fn urgency(priority: Priority) -> i32 {
    Priority::ALL.iter().position(|other| *other == priority).unwrap_or_default() as i32
}

/// What is known of a registration beside the state it led to.
#[derive(Debug)]
pub(super) struct Arrival {
    /// Where in the log: tokens are given out in its order.
    pub position: i64,
    /// Where.
    pub branch_id: Option<BranchId>,
    /// On which day of the hospital's calendar.
    pub day: NaiveDate,
}

/// What changes of a visit's row from event to event.
#[derive(Serialize)]
struct Progress<'a> {
    visit_id: &'a VisitId,
    priority: Priority,
    urgency: i32,
    #[serde(flatten)]
    derived: Derived,
    since: DateTime<Utc>,
    calls: u32,
    doctor_id: Option<&'a PersonId>,
    attended: bool,
    ended_at: Option<DateTime<Utc>>,
    due: Money,
    recorded_at: DateTime<Utc>,
    version: i64,
}

/// A whole row.
#[derive(Serialize)]
struct Registration<'a> {
    patient_id: &'a PatientId,
    branch_id: &'a Option<BranchId>,
    department_id: &'a Option<DepartmentId>,
    visit_type: VisitType,
    token: &'a str,
    day: NaiveDate,
    reason: &'a Option<String>,
    registered_at: DateTime<Utc>,
    #[serde(flatten)]
    progress: Progress<'a>,
}

fn progress<'a>(visit_id: &'a VisitId, Change { after: visit, recorded_at, .. }: &'a Change) -> Progress<'a> {
    Progress {
        visit_id,
        priority: visit.urgency(),
        urgency: urgency(visit.urgency()),
        derived: derive(visit),
        since: visit.since,
        calls: visit.call.times,
        doctor_id: visit.doctor(),
        attended: visit.attended,
        ended_at: visit.ended_at,
        due: visit.due(),
        recorded_at: *recorded_at,
        version: visit.version,
    }
}

const INSERT: Rows = insert_rows!("visits":
    text "visit_id", text "patient_id", text "branch_id", text "department_id", text "visit_type", text "token",
    date "day", text "reason", time "registered_at", text "priority", number "urgency", text "status", text "station",
    text "room_id", text "counter", time "since", number "calls", text "doctor_id", truth "attended", time "ended_at",
    number "due", number "unbilled", time "billing_since", truth "owed", time "recorded_at", number "version"; "");
const UPDATE: Rows = update_rows!("visits" by "visit_id":
    text "priority", number "urgency", text "status", text "station", text "room_id", text "counter", time "since",
    number "calls", text "doctor_id", truth "attended", time "ended_at", number "due", number "unbilled",
    time "billing_since", truth "owed", time "recorded_at", number "version");

/// The rows of those who were registered.
pub(super) fn registered(visits: &BTreeMap<VisitId, Change>, tokens: &Tokens) -> sqlx::Result<Batch> {
    INSERT.batch(visits.iter().filter_map(|(visit_id, change)| {
        let (visit, Arrival { branch_id, day, .. }) = (&change.after, change.arrival.as_ref()?);
        Some(Registration {
            patient_id: &visit.patient_id,
            branch_id,
            department_id: &visit.department_id,
            visit_type: visit.visit_type,
            token: tokens.get(visit_id)?,
            day: *day,
            reason: &visit.reason,
            registered_at: visit.registered_at,
            progress: progress(visit_id, change),
        })
    }))
}

/// The rows of those who went on.
pub(super) fn progressed(visits: &BTreeMap<VisitId, Change>) -> sqlx::Result<Batch> {
    let known = visits.iter().filter(|(_, change)| change.arrival.is_none());
    UPDATE.batch(known.map(|(visit_id, change)| progress(visit_id, change)))
}

/// Repeats what every list of visits selects, before its own conditions.
macro_rules! select_cards {
    ($conditions:literal) => {
        concat!(
            "SELECT visits.*, patients.name AS patient_name, patients.mrn AS patient_mrn, patients.sex AS patient_sex, \
             patients.birth_date AS patient_birth_date, patients.phone AS patient_phone, \
             people.name AS doctor_name, rooms.name AS room_name, departments.name AS department_name \
             FROM visits \
             JOIN patients ON patients.tenant_id = visits.tenant_id AND patients.id = visits.patient_id \
             LEFT JOIN people ON people.tenant_id = visits.tenant_id AND people.id = visits.doctor_id \
             LEFT JOIN rooms ON rooms.tenant_id = visits.tenant_id AND rooms.id = visits.room_id \
             LEFT JOIN departments ON departments.tenant_id = visits.tenant_id AND departments.id = visits.department_id \
             WHERE visits.tenant_id = $1 AND ",
            $conditions
        )
    };
}

const GET: &str = select_cards!("visits.visit_id = $2");
const BOARD: &str = select_cards!(
    "visits.station = $2 AND visits.ended_at IS NULL AND (visits.branch_id = $3 OR visits.branch_id IS NULL OR $3 IS NULL) \
     ORDER BY visits.urgency, visits.since LIMIT 500"
);
const ARRIVALS: &str = select_cards!(
    "visits.day = $2 AND (visits.branch_id = $3 OR visits.branch_id IS NULL OR $3 IS NULL) ORDER BY visits.registered_at DESC LIMIT 500"
);
const LATEST_DAY: &str = "SELECT day FROM visits WHERE tenant_id = $1 ORDER BY day DESC LIMIT 1";
const OPEN_BEFORE: &str =
    select_cards!("visits.day < $2 AND visits.ended_at IS NULL ORDER BY visits.registered_at LIMIT 500");
const OF_PATIENT: &str = select_cards!("visits.patient_id = $2 ORDER BY visits.registered_at DESC LIMIT 200");
const LATEST_OF_PATIENT: &str = select_cards!("visits.patient_id = $2 ORDER BY visits.registered_at DESC LIMIT 1");
const SEEN_BY: &str = select_cards!(
    "visits.day = $2 AND visits.doctor_id = $3 AND visits.status = $4 ORDER BY visits.since DESC LIMIT 20"
);
const TO_BILL: &str = select_cards!(
    "visits.billing_since IS NOT NULL AND (visits.ended_at IS NULL OR visits.owed = TRUE) \
     AND (visits.branch_id = $2 OR visits.branch_id IS NULL OR $2 IS NULL) \
     ORDER BY visits.ended_at IS NOT NULL, visits.billing_since LIMIT 500"
);
// A visit that had ended may not have been known to have: then its end was logged later. What was logged at one moment may stand on either
// side of a position.
const PERHAPS_OPEN: &str = select_cards!(
    "visits.registered_at <= $2 AND (visits.branch_id = $4 OR visits.branch_id IS NULL OR $4 IS NULL) \
     AND (visits.ended_at IS NULL OR visits.ended_at > $3) \
     AND (visits.ended_at IS NULL OR visits.ended_at >= $5 OR visits.recorded_at >= $5)"
);

/// One visit.
pub async fn get(source: impl Into<Source<'_>>, tenant: &TenantId, visit: &VisitId) -> sqlx::Result<Option<VisitCard>> {
    from!(source, executor => sqlx::query_as(GET).bind(tenant).bind(visit).fetch_optional(executor).await)
}

/// The open visits at a station: the most urgent first, then who is there longest.
pub async fn board(
    db: &Db,
    tenant: &TenantId,
    station: Station,
    branch: Option<&BranchId>,
) -> sqlx::Result<Vec<VisitCard>> {
    on!(&db.read, pool => sqlx::query_as(BOARD).bind(tenant).bind(station).bind(branch).fetch_all(pool).await)
}

/// The visits of a day, the latest first.
pub async fn arrivals(
    db: &Db,
    tenant: &TenantId,
    day: NaiveDate,
    branch: Option<&BranchId>,
) -> sqlx::Result<Vec<VisitCard>> {
    on!(&db.read, pool => sqlx::query_as(ARRIVALS).bind(tenant).bind(day).bind(branch).fetch_all(pool).await)
}

/// The latest day that anybody visited.
pub async fn latest_day(db: &Db, tenant: &TenantId) -> sqlx::Result<Option<NaiveDate>> {
    on!(&db.read, pool => sqlx::query_scalar(LATEST_DAY).bind(tenant).fetch_optional(pool).await)
}

/// The visits still open that began before a day, the oldest first.
pub async fn open_before(db: &Db, tenant: &TenantId, day: NaiveDate) -> sqlx::Result<Vec<VisitCard>> {
    on!(&db.read, pool => sqlx::query_as(OPEN_BEFORE).bind(tenant).bind(day).fetch_all(pool).await)
}

/// The visits that may have been open at a moment, as they are today.
pub async fn perhaps_open(
    tx: &mut Tx,
    tenant: &TenantId,
    branch: Option<&BranchId>,
    moment: DateTime<Utc>,
) -> sqlx::Result<Vec<VisitCard>> {
    let mut cards: Vec<VisitCard> = on!(tx, connection => sqlx::query_as(PERHAPS_OPEN)
        .bind(tenant)
        .bind(moment + CLOCK_TOLERANCE)
        .bind(moment - LATEST_ENTRY)
        .bind(branch)
        .bind(moment)
        .fetch_all(&mut **connection)
        .await)?;
    cards.sort_unstable_by(|one, other| one.visit.visit_id.cmp(&other.visit.visit_id));
    Ok(cards)
}

/// A patient's visits, the latest first.
pub async fn of_patient(db: &Db, tenant: &TenantId, patient: &PatientId) -> sqlx::Result<Vec<VisitCard>> {
    on!(&db.read, pool => sqlx::query_as(OF_PATIENT).bind(tenant).bind(patient).fetch_all(pool).await)
}

/// A patient's latest visit.
pub async fn latest_of_patient(db: &Db, tenant: &TenantId, patient: &PatientId) -> sqlx::Result<Option<VisitCard>> {
    on!(&db.read, pool => sqlx::query_as(LATEST_OF_PATIENT).bind(tenant).bind(patient).fetch_optional(pool).await)
}

/// Whom a doctor saw on a day and who is still in the house, the latest first.
pub async fn seen_by(db: &Db, tenant: &TenantId, doctor: &PersonId, day: NaiveDate) -> sqlx::Result<Vec<VisitCard>> {
    on!(&db.read, pool => sqlx::query_as(SEEN_BY)
        .bind(tenant)
        .bind(day)
        .bind(doctor)
        .bind(Status::Open)
        .fetch_all(pool)
        .await)
}

/// The visits on which billing has something to do, the oldest first.
pub async fn to_bill(db: &Db, tenant: &TenantId, branch: Option<&BranchId>) -> sqlx::Result<Vec<VisitCard>> {
    on!(&db.read, pool => sqlx::query_as(TO_BILL).bind(tenant).bind(branch).fetch_all(pool).await)
}
