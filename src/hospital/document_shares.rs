//! Documents lent by a link: whoever has it may open the document until it runs out, and each opening is kept.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Problem, WriteError, digest, line};
use crate::db::{Db, new_id};
use crate::journey::ids::{DocumentId, EventId, PersonId, ShareId, TenantId, VisitId};
use crate::on;

/// The longest that a link lasts.
pub const LONGEST: TimeDelta = TimeDelta::days(30);

/// A document lent by a link.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Share {
    /// The hospital it is of.
    pub tenant_id: TenantId,
    /// Its id.
    pub id: ShareId,
    /// Of which visit.
    pub visit_id: VisitId,
    /// Which document.
    pub document_id: DocumentId,
    /// For whom.
    pub shared_with: String,
    /// By whom.
    pub shared_by: PersonId,
    /// When.
    pub shared_at: DateTime<Utc>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// How often it was opened.
    pub openings: i64,
    /// When it was opened last.
    pub opened_at: Option<DateTime<Utc>>,
}

impl Share {
    /// Whether the link still opens it.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.withdrawn_at.is_none() && now < self.expires_at
    }
}

/// What is needed to lend a document.
#[derive(Clone, Debug)]
pub struct NewShare {
    /// Of which visit.
    pub visit_id: VisitId,
    /// Which document.
    pub document_id: DocumentId,
    /// For whom.
    pub shared_with: String,
    /// By whom.
    pub shared_by: PersonId,
    /// For how long.
    pub lasts: TimeDelta,
}

macro_rules! select_shares {
    ($conditions:literal) => {
        concat!(
            "SELECT s.tenant_id, s.id, s.visit_id, s.document_id, s.shared_with, s.shared_by, s.shared_at, s.expires_at, s.withdrawn_at, \
             (SELECT COUNT(*) FROM document_openings o WHERE o.tenant_id = s.tenant_id AND o.share_id = s.id) AS openings, \
             (SELECT MAX(o.opened_at) FROM document_openings o WHERE o.tenant_id = s.tenant_id AND o.share_id = s.id) AS opened_at \
             FROM document_shares s WHERE ",
            $conditions
        )
    };
}

/// Lends a document, and gives the secret that opens it; it is told once.
pub async fn add(db: &Db, tenant: &TenantId, new: NewShare, now: DateTime<Utc>) -> Result<String, WriteError> {
    const SQL: &str = "INSERT INTO document_shares (tenant_id, id, secret_digest, visit_id, document_id, shared_with, shared_by, shared_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let shared_with =
        line("sharedWith", &new.shared_with, 200).map_err(|problem| WriteError::Invalid(vec![problem]))?;
    if new.lasts <= TimeDelta::zero() || new.lasts > LONGEST {
        let problem = format!("must be from 1 to {}", LONGEST.num_days());
        return Err(WriteError::Invalid(vec![Problem { field: "days", problem }]));
    }
    let bits: [u8; 32] = rand::random();
    let secret = bits.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    on!(&db.write, pool => {
        sqlx::query(SQL).bind(tenant).bind(new_id::<ShareId>()).bind(digest(secret.as_bytes())).bind(&new.visit_id)
            .bind(&new.document_id).bind(&shared_with).bind(&new.shared_by).bind(now).bind(now + new.lasts)
            .execute(pool).await.map(drop)
    })?;
    Ok(secret)
}

/// The document that a secret opens, in whichever tenant, while it does.
pub async fn live(db: &Db, secret: &str, now: DateTime<Utc>) -> sqlx::Result<Option<Share>> {
    const SQL: &str = select_shares!("s.secret_digest = $1 AND s.withdrawn_at IS NULL AND s.expires_at > $2");
    on!(&db.read, pool => {
        sqlx::query_as(SQL).bind(digest(secret.as_bytes())).bind(now).fetch_optional(pool).await
    })
}

/// What was lent of a visit, the latest first.
pub async fn of_visit(db: &Db, tenant: &TenantId, visit: &VisitId) -> sqlx::Result<Vec<Share>> {
    const SQL: &str = select_shares!("s.tenant_id = $1 AND s.visit_id = $2 ORDER BY s.shared_at DESC");
    on!(&db.read, pool => sqlx::query_as(SQL).bind(tenant).bind(visit).fetch_all(pool).await)
}

/// Keeps that a document was opened.
pub async fn opened(db: &Db, share: &Share, now: DateTime<Utc>) -> sqlx::Result<()> {
    const SQL: &str = "INSERT INTO document_openings (tenant_id, share_id, id, opened_at) VALUES ($1, $2, $3, $4)";
    on!(&db.write, pool => {
        sqlx::query(SQL).bind(&share.tenant_id).bind(&share.id).bind(new_id::<EventId>()).bind(now)
            .execute(pool).await.map(drop)
    })
}

/// Lets a link open nothing any more.
pub async fn withdraw(
    db: &Db,
    tenant: &TenantId,
    visit: &VisitId,
    id: &ShareId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    const SQL: &str = "UPDATE document_shares SET withdrawn_at = COALESCE(withdrawn_at, $4) WHERE tenant_id = $1 AND visit_id = $2 AND id = $3";
    on!(&db.write, pool => sqlx::query(SQL).bind(tenant).bind(visit).bind(id).bind(now).execute(pool).await.map(drop))
}
