//! The rows of what is measured: how they are written and asked for.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::db::Db;
use crate::db::beside::{Table, table};
use crate::db::keys::{Statement, read_json};
use crate::db::rows::{Rows, insert_rows};
use crate::journey::course::Span;
use crate::journey::ids::*;
use crate::journey::measures::Part;
use crate::journey::money::Money;
use crate::journey::words::{Outcome, Priority, Station, VisitType};
use crate::on;

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

pub(super) const TABLES: &[Table] = &[
    table!("visit_measures" by "tenant_id, visit_id" of visits),
    table!("stays" by "tenant_id, visit_id, number" of visits),
];

pub(super) const SAVE: Rows = insert_rows!("visit_measures":
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
pub(super) const SAVE_STAYS: Rows = insert_rows!("stays":
    text "visit_id", number "number", text "part", text "station", text "doctor_id", text "department_id",
    text "branch_id", text "visit_type", text "priority", date "day", number "hour", number "weekday", time "began_at",
    time "ended_at", number "seconds";
    "ON CONFLICT (tenant_id, visit_id, number) DO UPDATE SET part = excluded.part, station = excluded.station, \
     doctor_id = excluded.doctor_id, priority = excluded.priority, hour = excluded.hour, weekday = excluded.weekday, \
     began_at = excluded.began_at, ended_at = excluded.ended_at, seconds = excluded.seconds");

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
