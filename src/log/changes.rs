//! What changed in a log, without what it says: enough to know which screens show something old.

use crate::db::Db;
use crate::db::Engine;
use crate::journey::ids::{TenantId, VisitId};
use crate::on;

/// That something changed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Change {
    /// Where in the log.
    pub position: i64,
    /// By which type of event.
    pub event_type: String,
    /// On which visit.
    pub visit_id: Option<VisitId>,
    /// How many events its thing has had with it.
    pub version: i64,
}

const CHANGES: &str = "SELECT position, event_type, visit_id, version FROM visit_events \
    WHERE tenant_id = $1 AND position > $2 ORDER BY position LIMIT $3";

/// What changed after a position, oldest first.
pub async fn changes(db: &Db, tenant: &TenantId, after: i64, limit: i64) -> sqlx::Result<Vec<Change>> {
    on!(&db.read, pool => sqlx::query_as(CHANGES).bind(tenant).bind(after).bind(limit).fetch_all(pool).await)
}

/// The channel on which PostgreSQL is notified of every head that moves.
const CHANNEL: &str = "sojourn_log";

/// Hints that some log has grown, by whichever process. They may be lost: who hears none must look by himself.
pub struct Hints(Engine<(), sqlx::postgres::PgListener>);

impl Hints {
    /// Begins to listen; SQLite gives no hints.
    pub async fn open(db: &Db) -> sqlx::Result<Self> {
        Ok(Self(match &db.read {
            Engine::Sqlite(_) => Engine::Sqlite(()),
            Engine::Postgres(pool) => {
                let mut listener = sqlx::postgres::PgListener::connect_with(pool).await?;
                listener.listen(CHANNEL).await?;
                Engine::Postgres(listener)
            }
        }))
    }

    /// Ends with the next hint.
    pub async fn next(&mut self) -> sqlx::Result<()> {
        match &mut self.0 {
            Engine::Sqlite(()) => std::future::pending().await,
            Engine::Postgres(listener) => listener.recv().await.map(drop),
        }
    }
}
