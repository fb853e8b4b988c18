//! Deliveries: up to where a subscription was served, which aggregates are held back, and which events were given up.
//!
//! Of a held aggregate only the next position is kept: all that follows is read from the log when its turn comes.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::event::{StoredEvent, to_milliseconds};
use super::subscriptions::{Lease, SubscriptionState};
use crate::db::{Db, Tx, commit};
use crate::journey::ids::{EventId, SubscriptionId, TenantId};
use crate::on;

/// What events happen to; the events of one are delivered in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Aggregate {
    /// What kind of thing.
    pub aggregate_type: String,
    /// Which one.
    pub aggregate_id: String,
}

impl Aggregate {
    /// What an event happened to.
    pub fn of(stored: &StoredEvent) -> Self {
        Self { aggregate_type: stored.event.aggregate_type.clone(), aggregate_id: stored.event.aggregate_id.clone() }
    }
}

/// An aggregate whose next event could not be delivered yet.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Held {
    /// Which aggregate.
    #[sqlx(flatten)]
    pub aggregate: Aggregate,
    /// From where in the log its events are still to be delivered.
    pub position: i64,
    /// When the first of them was logged.
    pub recorded_at: DateTime<Utc>,
    /// How often that one was refused.
    pub attempts: i32,
    /// When it is tried again.
    pub due_at: DateTime<Utc>,
    /// Why it was refused.
    pub problem: Option<String>,
}

/// An event that was given up, until somebody has it sent again.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Which event.
    pub event_id: EventId,
    /// Where in the log it is.
    pub position: i64,
    /// What happened.
    pub event_type: String,
    /// What it happened to.
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub aggregate: Aggregate,
    /// How often it was refused.
    pub attempts: i32,
    /// Why it was refused the last time.
    pub problem: String,
    /// When it was given up.
    pub given_up_at: DateTime<Utc>,
    /// When somebody asked to have it sent again, if it was not since.
    pub resend_at: Option<DateTime<Utc>>,
}

/// What became of one aggregate's events.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Which aggregate.
    pub aggregate: Aggregate,
    /// Where it goes on, unless all was dealt with.
    pub held: Option<Held>,
    /// What was given up on the way.
    pub dead: Vec<DeadLetter>,
}

/// What became of a dead letter that was sent again.
#[derive(Clone, Debug, PartialEq)]
pub struct Resent {
    /// Which event.
    pub event_id: EventId,
    /// Why it is a dead letter still, if so.
    pub refused: Option<String>,
}

/// How a subscription came forward.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// The checkpoint this rests on.
    pub from: i64,
    /// The checkpoint it comes to.
    pub to: i64,
    /// Why nothing can be delivered at all, if so.
    pub problem: Option<String>,
    /// What became of the aggregates that were touched.
    pub runs: Vec<Run>,
    /// What became of dead letters.
    pub resent: Vec<Resent>,
}

// Who holds the lease now, and only they, moves the checkpoint; the row stays locked until commit.
const ADVANCE: &str = "UPDATE subscriptions SET position = $4, problem = $6 \
    WHERE tenant_id = $1 AND id = $2 AND position = $3 AND epoch = $5";
const HOLD: &str = "INSERT INTO held_aggregates \
    (tenant_id, subscription_id, aggregate_type, aggregate_id, position, recorded_at, attempts, due_at, problem) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
    ON CONFLICT (tenant_id, subscription_id, aggregate_type, aggregate_id) DO UPDATE SET position = excluded.position, \
    recorded_at = excluded.recorded_at, attempts = excluded.attempts, due_at = excluded.due_at, problem = excluded.problem";
const LET_GO: &str = "DELETE FROM held_aggregates \
    WHERE tenant_id = $1 AND subscription_id = $2 AND aggregate_type = $3 AND aggregate_id = $4";
const GIVE_UP: &str = "INSERT INTO dead_letters (tenant_id, subscription_id, position, event_id, event_type, aggregate_type, \
    aggregate_id, attempts, problem, given_up_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const DELIVERED: &str = "DELETE FROM dead_letters WHERE tenant_id = $1 AND subscription_id = $2 AND event_id = $3";
const REFUSED_AGAIN: &str = "UPDATE dead_letters SET attempts = attempts + 1, problem = $4, resend_at = NULL \
    WHERE tenant_id = $1 AND subscription_id = $2 AND event_id = $3";

/// Keeps what was achieved, whole or not at all; says whether the lease still held.
pub async fn keep(db: &Db, lease: &Lease, progress: &Progress) -> sqlx::Result<bool> {
    let mut tx = db.begin().await?;
    let moved = on!(&mut tx, connection => sqlx::query(ADVANCE)
        .bind(&lease.tenant)
        .bind(&lease.subscription)
        .bind(progress.from)
        .bind(progress.to)
        .bind(lease.epoch)
        .bind(&progress.problem)
        .execute(&mut **connection)
        .await
        .map(|done| done.rows_affected()))?;
    if moved == 0 {
        return Ok(false);
    }
    for run in &progress.runs {
        keep_run(&mut tx, lease, run).await?;
    }
    for resent in &progress.resent {
        on!(&mut tx, connection => {
            let query = sqlx::query(if resent.refused.is_some() { REFUSED_AGAIN } else { DELIVERED });
            let query = query.bind(&lease.tenant).bind(&lease.subscription).bind(&resent.event_id);
            let query = if resent.refused.is_some() { query.bind(&resent.refused) } else { query };
            query.execute(&mut **connection).await.map(drop)
        })?;
    }
    commit(tx).await?;
    Ok(true)
}

async fn keep_run(tx: &mut Tx, lease: &Lease, run: &Run) -> sqlx::Result<()> {
    let Aggregate { aggregate_type, aggregate_id } = &run.aggregate;
    for dead in &run.dead {
        on!(&mut *tx, connection => sqlx::query(GIVE_UP)
            .bind(&lease.tenant)
            .bind(&lease.subscription)
            .bind(dead.position)
            .bind(&dead.event_id)
            .bind(&dead.event_type)
            .bind(aggregate_type)
            .bind(aggregate_id)
            .bind(dead.attempts)
            .bind(&dead.problem)
            .bind(to_milliseconds(dead.given_up_at))
            .execute(&mut **connection)
            .await
            .map(drop))?;
    }
    on!(&mut *tx, connection => {
        let query = sqlx::query(if run.held.is_some() { HOLD } else { LET_GO });
        let query = query.bind(&lease.tenant).bind(&lease.subscription).bind(aggregate_type).bind(aggregate_id);
        let query = match &run.held {
            None => query,
            Some(held) => query
                .bind(held.position)
                .bind(to_milliseconds(held.recorded_at))
                .bind(held.attempts)
                .bind(to_milliseconds(held.due_at))
                .bind(&held.problem),
        };
        query.execute(&mut **connection).await.map(drop)
    })
}

const HELD: &str = "SELECT aggregate_type, aggregate_id, position, recorded_at, attempts, due_at, problem FROM held_aggregates \
    WHERE tenant_id = $1 AND subscription_id = $2 ORDER BY due_at";

/// The aggregates that are held back, the first due first; the worker sees to it that they stay few.
pub async fn held(db: &Db, tenant: &TenantId, subscription: &SubscriptionId) -> sqlx::Result<Vec<Held>> {
    on!(&db.read, pool => sqlx::query_as(HELD).bind(tenant).bind(subscription).fetch_all(pool).await)
}

const DEAD_LETTERS: &str = "SELECT event_id, position, event_type, aggregate_type, aggregate_id, attempts, problem, given_up_at, \
    resend_at FROM dead_letters WHERE tenant_id = $1 AND subscription_id = $2 AND position > $3 ORDER BY position LIMIT $4";

/// The next dead letters after a position, in the order of the log.
pub async fn dead_letters(
    db: &Db,
    tenant: &TenantId,
    subscription: &SubscriptionId,
    after: Option<i64>,
    limit: u32,
) -> sqlx::Result<Vec<DeadLetter>> {
    on!(&db.read, pool => sqlx::query_as(DEAD_LETTERS)
        .bind(tenant)
        .bind(subscription)
        .bind(after.unwrap_or(0))
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await)
}

const TO_RESEND: &str = "SELECT event_id FROM dead_letters \
    WHERE tenant_id = $1 AND subscription_id = $2 AND resend_at IS NOT NULL ORDER BY position LIMIT $3";

/// The dead letters that somebody asked to have sent again.
pub async fn to_resend(
    db: &Db,
    tenant: &TenantId,
    subscription: &SubscriptionId,
    limit: i32,
) -> sqlx::Result<Vec<EventId>> {
    on!(&db.read, pool => sqlx::query_scalar(TO_RESEND)
        .bind(tenant)
        .bind(subscription)
        .bind(limit)
        .fetch_all(pool)
        .await)
}

const RESEND: &str =
    "UPDATE dead_letters SET resend_at = $4 WHERE tenant_id = $1 AND subscription_id = $2 AND event_id = $3";

/// Asks to have a dead letter sent once more; says whether there is one.
pub async fn resend(
    db: &Db,
    tenant: &TenantId,
    subscription: &SubscriptionId,
    event: &EventId,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    on!(&db.write, pool => sqlx::query(RESEND)
        .bind(tenant)
        .bind(subscription)
        .bind(event)
        .bind(to_milliseconds(now))
        .execute(pool)
        .await
        .map(|done| done.rows_affected() > 0))
}

/// How far a subscription is behind its log.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Lag {
    /// Which subscription.
    pub subscription_id: SubscriptionId,
    /// What it is called.
    pub name: String,
    /// Whether it is served.
    pub state: SubscriptionState,
    /// How many events of the log it was not served yet, those held back apart.
    pub behind: i64,
    /// How many aggregates are held back.
    pub held: i64,
    /// When the oldest event that waits was logged.
    pub waiting_since: Option<DateTime<Utc>>,
    /// How many events were given up.
    pub dead_letters: i64,
}

const LAGS: &str = "SELECT s.id AS subscription_id, s.name, s.state, \
    COALESCE((SELECT l.position FROM log_heads l WHERE l.tenant_id = $1), 0) - s.position AS behind, \
    (SELECT COUNT(*) FROM held_aggregates h WHERE h.tenant_id = $1 AND h.subscription_id = s.id) AS held, \
    (SELECT MIN(w.recorded_at) FROM (SELECT e.recorded_at FROM visit_events e WHERE e.tenant_id = $1 AND e.position = s.position + 1 \
        UNION ALL SELECT h.recorded_at FROM held_aggregates h WHERE h.tenant_id = $1 AND h.subscription_id = s.id) w) AS waiting_since, \
    (SELECT COUNT(*) FROM dead_letters d WHERE d.tenant_id = $1 AND d.subscription_id = s.id) AS dead_letters \
    FROM subscriptions s WHERE s.tenant_id = $1 ORDER BY s.name";

/// How far each of a tenant's subscriptions is behind, by name.
pub async fn lags(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Lag>> {
    on!(&db.read, pool => sqlx::query_as(LAGS).bind(tenant).fetch_all(pool).await)
}
