//! Subscriptions: who is handed the events of a log, how far each was served, and the lease of whoever serves it.
//!
//! The log is the outbox: a subscription's checkpoint is a position in it, and no event is copied. Servers that share a database share
//! the work by leases. Each holder bears a higher epoch than the one before, and the checkpoint moves only in the holder's own epoch
//! ([`deliveries::keep`](super::deliveries::keep)): who lost a lease without knowing it can write nothing.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sqlx::types::Json;

use super::event::{StoredEvent, to_milliseconds};
use crate::db::keys::Statement;
use crate::db::{Db, Engine, Source, Tx, text_columns, word_text};
use crate::journey::ids::{SubscriptionId, TenantId};
use crate::journey::words::{Word, words};
use crate::schemas::shaped;
use crate::{from, on};

words! {
    /// How a subscription's events travel.
    SubscriptionKind {
        Webhook "WEBHOOK" "Webhook",
        Nats "NATS" "NATS JetStream",
    }
    /// Whether a subscription is served.
    SubscriptionState {
        Active "ACTIVE" "Active",
        Paused "PAUSED" "Paused",
    }
}

text_columns!(word_text, Word::from_word: SubscriptionKind, SubscriptionState);
shaped!(SubscriptionKind, SubscriptionState);

/// Which events are wanted; an empty list asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    /// One of these types.
    #[sqlx(json)]
    pub event_types: Vec<String>,
    /// That happened to one of these kinds of thing.
    #[sqlx(json)]
    pub aggregate_types: Vec<String>,
    /// Bearing any of these tags.
    #[sqlx(json)]
    pub tags: Vec<String>,
}

impl Wanted {
    /// Whether an event is wanted.
    pub fn takes(&self, stored: &StoredEvent) -> bool {
        let one_of = |list: &[String], word: &String| list.is_empty() || list.contains(word);
        one_of(&self.event_types, &stored.event.event_type)
            && one_of(&self.aggregate_types, &stored.event.aggregate_type)
            && (self.tags.is_empty() || self.tags.iter().any(|tag| stored.event.tags.contains(tag)))
    }
}

/// How much a subscriber is asked to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// How many events of the log are read at once.
    pub batch_size: i32,
    /// How many deliveries are under way at once, each of another aggregate.
    pub concurrency: i32,
    /// After how many refusals an event is given up.
    pub max_attempts: i32,
}

/// A subscription, as it may be shown: its secret is not part of it.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// What it is called, unique in the hospital.
    pub name: String,
    /// How its events travel.
    pub kind: SubscriptionKind,
    /// Where they go.
    pub target: String,
    /// Which they are.
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub wanted: Wanted,
    /// How many at once, and how often each.
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub limits: Limits,
    /// Whether it is served.
    pub state: SubscriptionState,
    /// Up to where in the log it was served.
    pub position: i64,
    /// Why nothing can be delivered at all, if so.
    pub problem: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

const ADD: &str = "INSERT INTO subscriptions (tenant_id, id, name, kind, target, secret, event_types, aggregate_types, tags, \
    batch_size, concurrency, max_attempts, state, position, problem, created_at, epoch) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0) \
    ON CONFLICT (tenant_id, name) DO NOTHING";

/// Adds a subscription; says whether its name was free.
///
/// The secret is kept in the clear: it signs what is sent, so its digest would be of no use.
pub async fn add(tx: &mut Tx, tenant: &TenantId, new: &Subscription, secret: Option<&str>) -> sqlx::Result<bool> {
    on!(tx, connection => sqlx::query(ADD)
        .bind(tenant)
        .bind(&new.id)
        .bind(&new.name)
        .bind(new.kind)
        .bind(&new.target)
        .bind(secret)
        .bind(Json(&new.wanted.event_types))
        .bind(Json(&new.wanted.aggregate_types))
        .bind(Json(&new.wanted.tags))
        .bind(new.limits.batch_size)
        .bind(new.limits.concurrency)
        .bind(new.limits.max_attempts)
        .bind(new.state)
        .bind(new.position)
        .bind(&new.problem)
        .bind(to_milliseconds(new.created_at))
        .execute(&mut **connection)
        .await
        .map(|done| done.rows_affected() > 0))
}

const LIST: &str = "SELECT id, name, kind, target, event_types, aggregate_types, tags, batch_size, concurrency, max_attempts, \
    state, position, problem, created_at FROM subscriptions WHERE tenant_id = $1 ORDER BY name";

/// A tenant's subscriptions, by name.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<Subscription>> {
    on!(&db.read, pool => sqlx::query_as(LIST).bind(tenant).fetch_all(pool).await)
}

const BY_ID: &str = "SELECT id, name, kind, target, event_types, aggregate_types, tags, batch_size, concurrency, max_attempts, \
    state, position, problem, created_at FROM subscriptions WHERE tenant_id = $1 AND id = $2";

/// One subscription.
pub async fn by_id(
    source: impl Into<Source<'_>>,
    tenant: &TenantId,
    id: &SubscriptionId,
) -> sqlx::Result<Option<Subscription>> {
    from!(source, executor => sqlx::query_as(BY_ID).bind(tenant).bind(id).fetch_optional(executor).await)
}

const SECRET: &str = "SELECT secret FROM subscriptions WHERE tenant_id = $1 AND id = $2";

/// What its events are signed with, for whoever sends them.
pub async fn secret(db: &Db, tenant: &TenantId, id: &SubscriptionId) -> sqlx::Result<Option<String>> {
    let row: Option<Option<String>> =
        on!(&db.read, pool => sqlx::query_scalar(SECRET).bind(tenant).bind(id).fetch_optional(pool).await)?;
    Ok(row.flatten())
}

const SET_STATE: &str = "UPDATE subscriptions SET state = $3 WHERE tenant_id = $1 AND id = $2";

/// Pauses or resumes a subscription; says whether there is one.
pub async fn set_state(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &SubscriptionId,
    state: SubscriptionState,
) -> sqlx::Result<bool> {
    on!(tx, connection => sqlx::query(SET_STATE)
        .bind(tenant)
        .bind(id)
        .bind(state)
        .execute(&mut **connection)
        .await
        .map(|done| done.rows_affected() > 0))
}

const LOCK: &str = "UPDATE subscriptions SET state = 'PAUSED' WHERE tenant_id = $1 AND id = $2";
const REMOVE: [&str; 3] = [
    "DELETE FROM held_aggregates WHERE tenant_id = $1 AND subscription_id = $2",
    "DELETE FROM dead_letters WHERE tenant_id = $1 AND subscription_id = $2",
    "DELETE FROM subscriptions WHERE tenant_id = $1 AND id = $2",
];

/// Removes a subscription with all that was kept for it; says whether there was one.
pub async fn remove(tx: &mut Tx, tenant: &TenantId, id: &SubscriptionId) -> sqlx::Result<bool> {
    // Whoever serves it writes under the same lock, and finds nothing to write to afterwards.
    let mut found = execute(tx, LOCK, tenant, id).await?;
    for statement in REMOVE {
        found = execute(tx, statement, tenant, id).await?;
    }
    Ok(found)
}

async fn execute(tx: &mut Tx, sql: &'static str, tenant: &TenantId, id: &SubscriptionId) -> sqlx::Result<bool> {
    on!(tx, connection => sqlx::query(sql)
        .bind(tenant)
        .bind(id)
        .execute(&mut **connection)
        .await
        .map(|done| done.rows_affected() > 0))
}

/// The right to serve a subscription, until it runs out or is taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Whose subscription.
    pub tenant: TenantId,
    /// Which subscription.
    pub subscription: SubscriptionId,
    /// Which holder this is: the first, the second, and so on.
    pub epoch: i64,
}

const UNSERVED: Statement = Statement {
    sqlite: "SELECT id FROM subscriptions WHERE tenant_id = $1 AND state = 'ACTIVE' \
        AND (lease_expires_at IS NULL OR lease_expires_at <= $2 OR lease_expires_at > $3)",
    postgres: "SELECT id FROM subscriptions WHERE tenant_id = $1 AND state = 'ACTIVE' AND (lease_expires_at IS NULL \
        OR lease_expires_at <= clock_timestamp() OR lease_expires_at > clock_timestamp() + 2 * make_interval(secs => $2::float8))",
};
const ACQUIRE: Statement = Statement {
    sqlite: "UPDATE subscriptions SET epoch = epoch + 1, lease_owner = $3, lease_expires_at = $4 \
        WHERE tenant_id = $1 AND id = $2 AND state = 'ACTIVE' \
        AND (lease_expires_at IS NULL OR lease_expires_at <= $5 OR lease_expires_at > $6) RETURNING epoch",
    postgres: "UPDATE subscriptions SET epoch = epoch + 1, lease_owner = $3, \
        lease_expires_at = clock_timestamp() + make_interval(secs => $4) \
        WHERE tenant_id = $1 AND id = $2 AND state = 'ACTIVE' AND (lease_expires_at IS NULL \
        OR lease_expires_at <= clock_timestamp() OR lease_expires_at > clock_timestamp() + 2 * make_interval(secs => $4)) \
        RETURNING epoch",
};

/// Takes the leases of a tenant's active subscriptions that nobody holds.
///
/// A lease that runs out later than any can was written before the clock was set back; it counts for nothing. Leases run by the
/// database's own clock, read when they are written: whoever was held up on the way takes nobody's lease. SQLite has but one machine.
pub async fn acquire(db: &Db, tenant: &TenantId, owner: &str, term: TimeDelta) -> sqlx::Result<Vec<Lease>> {
    let unserved: Vec<SubscriptionId> = match &db.read {
        Engine::Sqlite(pool) => {
            let now = now();
            let asked = sqlx::query_scalar(UNSERVED.sqlite).bind(tenant).bind(now).bind(now + term * 2);
            asked.fetch_all(pool).await?
        }
        Engine::Postgres(pool) => {
            sqlx::query_scalar(UNSERVED.postgres).bind(tenant).bind(seconds(term)).fetch_all(pool).await?
        }
    };
    let mut leases = Vec::with_capacity(unserved.len());
    for id in unserved {
        let epoch: Option<i64> = match &db.write {
            Engine::Sqlite(pool) => {
                let now = now();
                let taken = sqlx::query_scalar(ACQUIRE.sqlite).bind(tenant).bind(&id).bind(owner);
                taken.bind(now + term).bind(now).bind(now + term * 2).fetch_optional(pool).await?
            }
            Engine::Postgres(pool) => {
                let taken = sqlx::query_scalar(ACQUIRE.postgres).bind(tenant).bind(&id).bind(owner);
                taken.bind(seconds(term)).fetch_optional(pool).await?
            }
        };
        leases.extend(epoch.map(|epoch| Lease { tenant: tenant.clone(), subscription: id, epoch }));
    }
    Ok(leases)
}

const RENEW: Statement = Statement {
    sqlite: "UPDATE subscriptions SET lease_expires_at = $4 \
        WHERE tenant_id = $1 AND id = $2 AND epoch = $3 AND lease_owner IS NOT NULL",
    postgres: "UPDATE subscriptions SET lease_expires_at = clock_timestamp() + make_interval(secs => $4) \
        WHERE tenant_id = $1 AND id = $2 AND epoch = $3 AND lease_owner IS NOT NULL",
};

/// Makes a lease last longer; says whether it is still held.
pub async fn renew(db: &Db, lease: &Lease, term: TimeDelta) -> sqlx::Result<bool> {
    let Lease { tenant, subscription, epoch } = lease;
    Ok(match &db.write {
        Engine::Sqlite(pool) => {
            let renewed = sqlx::query(RENEW.sqlite).bind(tenant).bind(subscription).bind(epoch).bind(now() + term);
            renewed.execute(pool).await?.rows_affected()
        }
        Engine::Postgres(pool) => {
            let renewed = sqlx::query(RENEW.postgres).bind(tenant).bind(subscription).bind(epoch).bind(seconds(term));
            renewed.execute(pool).await?.rows_affected()
        }
    } > 0)
}

fn now() -> DateTime<Utc> {
    to_milliseconds(Utc::now())
}

fn seconds(term: TimeDelta) -> f64 {
    term.as_seconds_f64()
}

const RELEASE: &str = "UPDATE subscriptions SET lease_owner = NULL, lease_expires_at = NULL \
    WHERE tenant_id = $1 AND id = $2 AND epoch = $3";

/// Gives a lease back, so that the next holder need not wait until it runs out.
pub async fn release(db: &Db, lease: &Lease) -> sqlx::Result<()> {
    on!(&db.write, pool => sqlx::query(RELEASE)
        .bind(&lease.tenant)
        .bind(&lease.subscription)
        .bind(lease.epoch)
        .execute(pool)
        .await
        .map(drop))
}
