//! Calls from the queues as a waiting room hears them: tokens and places, and no names.

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::Db;
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::ids::{BranchId, TenantId, VisitId};
use crate::journey::words::{Station, Status, Word};
use crate::log::{self, StoredEvent};
use crate::on;

/// How far back the log is looked through for calls.
const LOOKED_THROUGH: u32 = 200;

/// How long a call is of any interest.
const OF_INTEREST: TimeDelta = TimeDelta::hours(4);

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Where in the log: what was called later has a higher one.
    pub position: i64,
    /// Who was called.
    pub token: String,
    /// Where to, when that was said.
    pub place: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// One who waits.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Waiting {
    /// Who waits.
    pub token: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

// Who waits again is called no more.
const PLACE: &str = "SELECT visits.token, rooms.name FROM visits \
    LEFT JOIN rooms ON rooms.tenant_id = visits.tenant_id AND rooms.id = $4 \
    WHERE visits.tenant_id = $1 AND visits.visit_id = $2 \
    AND (visits.branch_id = $3 OR visits.branch_id IS NULL) AND visits.status <> 'WAITING'";

/// The latest calls in a branch, with those of no branch, of every patient the last, the newest first.
pub async fn latest(
    db: &Db,
    tenant: &Tenant,
    branch: &BranchId,
    now: DateTime<Utc>,
    most: usize,
) -> sqlx::Result<Vec<Called>> {
    let mut calls = Vec::new();
    let mut known: Vec<VisitId> = Vec::new();
    let word = EventType::QueueCalled.word();
    for StoredEvent { event, position, .. } in log::latest(db, &tenant.id, word, LOOKED_THROUGH).await? {
        if calls.len() == most || now - event.performed_at > OF_INTEREST {
            break;
        }
        let Some(visit) = event.visit_id.as_ref().filter(|visit| !known.contains(visit)) else { continue };
        let metadata = event.today();
        let named = |name: &str| metadata.get(name).and_then(|value| value.as_str()).map(ToOwned::to_owned);
        let row: Option<(String, Option<String>)> = on!(&db.read, pool => sqlx::query_as(PLACE)
            .bind(&tenant.id)
            .bind(visit)
            .bind(branch)
            .bind(named("roomId"))
            .fetch_optional(pool)
            .await)?;
        known.push(visit.clone());
        if let Some((token, room)) = row {
            calls.push(Called { position, token, place: room.or_else(|| named("counter")), at: event.performed_at });
        }
    }
    Ok(calls)
}

const WAITING: &str = "SELECT token, since FROM visits WHERE tenant_id = $1 AND station = $2 AND status = $4 \
    AND (branch_id = $3 OR branch_id IS NULL) AND ended_at IS NULL ORDER BY urgency, since LIMIT 500";

/// Who waits at a station of a branch, in the order they are to be called.
pub async fn waiting(db: &Db, tenant: &TenantId, branch: &BranchId, station: Station) -> sqlx::Result<Vec<Waiting>> {
    on!(&db.read, pool => sqlx::query_as(WAITING)
        .bind(tenant)
        .bind(station)
        .bind(branch)
        .bind(Status::Waiting)
        .fetch_all(pool)
        .await)
}
