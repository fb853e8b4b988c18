//! Sessions: who is signed in, kept under the SHA-256 of the session's id.

use chrono::{DateTime, TimeDelta, Utc};

use super::digest;
use crate::db::{Db, Tx};
use crate::journey::ids::{PersonId, TenantId};
use crate::on;

/// How long a session lasts when nothing is done in it: wards share their machines.
pub const IDLE: TimeDelta = TimeDelta::minutes(15);
/// How long a session lasts at most: a shift.
pub const ABSOLUTE: TimeDelta = TimeDelta::hours(12);

/// What is kept of a session.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Session {
    /// The tenant it is in.
    pub tenant_id: TenantId,
    /// Who is signed in.
    pub person_id: PersonId,
    /// Everything else kept in it.
    #[sqlx(json)]
    pub contents: serde_json::Value,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When they were last active.
    pub seen_at: DateTime<Utc>,
}

/// Keeps a new session.
pub async fn insert(db: &Db, id: &[u8], session: &Session) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO sessions (tenant_id, id_digest, person_id, contents, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6)";
    on!(&db.write, pool => {
        sqlx::query(SQL).bind(&session.tenant_id).bind(digest(id)).bind(&session.person_id)
            .bind(sqlx::types::Json(&session.contents)).bind(session.created_at).bind(session.seen_at)
            .execute(pool).await.map(drop)
    })
}

/// Keeps what changed in a session; one that has ended stays ended.
pub async fn update(db: &Db, id: &[u8], session: &Session) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE sessions SET contents = $3, seen_at = $4 WHERE tenant_id = $1 AND id_digest = $2";
    on!(&db.write, pool => {
        sqlx::query(SQL).bind(&session.tenant_id).bind(digest(id)).bind(sqlx::types::Json(&session.contents))
            .bind(session.seen_at).execute(pool).await.map(drop)
    })
}

/// The session of an id, in whichever tenant, while it lasts.
pub async fn live(db: &Db, id: &[u8], now: DateTime<Utc>) -> sqlx::Result<Option<Session>> {
    const SQL: &str = "SELECT tenant_id, person_id, contents, created_at, seen_at FROM sessions WHERE id_digest = $1 AND seen_at > $2 AND created_at > $3";
    on!(&db.read, pool => {
        sqlx::query_as(SQL).bind(digest(id)).bind(now - IDLE).bind(now - ABSOLUTE).fetch_optional(pool).await
    })
}

/// Ends a session.
pub async fn end(db: &Db, id: &[u8]) -> sqlx::Result<()> {
    const SQL: &str = "DELETE FROM sessions WHERE id_digest = $1";
    on!(&db.write, pool => sqlx::query(SQL).bind(digest(id)).execute(pool).await.map(drop))
}

/// A person's sessions that last: when each began, and when it was last active, the latest first.
pub async fn of_person(
    db: &Db,
    tenant: &TenantId,
    person: &PersonId,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(DateTime<Utc>, DateTime<Utc>)>> {
    const SQL: &str = "SELECT created_at, seen_at FROM sessions WHERE tenant_id = $1 AND person_id = $2 \
        AND seen_at > $3 AND created_at > $4 ORDER BY seen_at DESC";
    on!(&db.read, pool => {
        sqlx::query_as(SQL).bind(tenant).bind(person).bind(now - IDLE).bind(now - ABSOLUTE).fetch_all(pool).await
    })
}

/// Ends all sessions of a person, and says how many.
pub async fn end_all_of(tx: &mut Tx, tenant: &TenantId, person: &PersonId) -> sqlx::Result<u64> {
    const SQL: &str = "DELETE FROM sessions WHERE tenant_id = $1 AND person_id = $2";
    on!(tx, connection => {
        sqlx::query(SQL).bind(tenant).bind(person).execute(&mut **connection).await.map(|done| done.rows_affected())
    })
}

/// Forgets the sessions of all tenants that have run out, and says how many.
pub async fn sweep(db: &Db, now: DateTime<Utc>) -> sqlx::Result<u64> {
    const SQL: &str = "DELETE FROM sessions WHERE seen_at <= $1 OR created_at <= $2";
    on!(&db.write, pool => {
        sqlx::query(SQL).bind(now - IDLE).bind(now - ABSOLUTE).execute(pool).await.map(|done| done.rows_affected())
    })
}
