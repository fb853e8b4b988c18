//! Sessions in the cookie and in the database.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::sessions::{self, ABSOLUTE};
use crate::journey::ids::{PersonId, TenantId};

/// Under which key a session holds its ticket.
const TICKET: &str = "ticket";
/// How long being active need not be written down again.
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// Who is signed in, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ticket {
    pub(super) tenant_id: TenantId,
    pub(super) person_id: PersonId,
    pub(super) created_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
}

impl Ticket {
    pub(super) fn new(tenant_id: TenantId, person_id: PersonId, now: DateTime<Utc>) -> Self {
        Self { tenant_id, person_id, created_at: now, seen_at: now }
    }

    /// The ticket of a session, when somebody is signed in.
    pub(super) async fn of(session: &Session) -> std::result::Result<Option<Self>, tower_sessions::session::Error> {
        session.get(TICKET).await
    }

    /// Puts the ticket into a session, to be written when the request is answered.
    pub(super) async fn put_into(&self, session: &Session) -> std::result::Result<(), tower_sessions::session::Error> {
        session.insert(TICKET, self).await
    }

    /// The ticket with its holder active now, when that is worth writing down.
    pub(super) fn seen(self, now: DateTime<Utc>) -> Option<Self> {
        (now - self.seen_at >= MINUTE).then_some(Self { seen_at: now, ..self })
    }
}

/// Keeps sessions in the database. When they end is decided here, by our own clock; the cookie has no date.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
    clock: Clock,
}

impl Sessions {
    /// Takes a record apart into what is kept; without a ticket there is nothing to keep.
    fn kept(record: &Record) -> Result<sessions::Session> {
        let ticket = record.data.get(TICKET).ok_or_else(|| Error::Encode("nobody is signed in".to_owned()))?;
        let ticket = Ticket::deserialize(ticket).map_err(|error| Error::Encode(error.to_string()))?;
        let contents = serde_json::to_value(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        Ok(sessions::Session {
            tenant_id: ticket.tenant_id,
            person_id: ticket.person_id,
            contents,
            created_at: ticket.created_at,
            seen_at: ticket.seen_at,
        })
    }
}

fn away(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        sessions::insert(&self.db, &record.id.0.to_le_bytes(), &Self::kept(record)?).await.map_err(away)
    }

    async fn save(&self, record: &Record) -> Result<()> {
        sessions::update(&self.db, &record.id.0.to_le_bytes(), &Self::kept(record)?).await.map_err(away)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let session = sessions::live(&self.db, &id.0.to_le_bytes(), self.clock.now()).await.map_err(away)?;
        session
            .map(|session| {
                let data =
                    serde_json::from_value(session.contents).map_err(|error| Error::Decode(error.to_string()))?;
                let ends = (session.created_at + ABSOLUTE).timestamp();
                let expiry_date =
                    OffsetDateTime::from_unix_timestamp(ends).map_err(|error| Error::Decode(error.to_string()))?;
                Ok(Record { id: *id, data, expiry_date })
            })
            .transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sessions::end(&self.db, &id.0.to_le_bytes()).await.map_err(away)
    }
}

/// The layer that gives each request its session: cookie `sojourn`, or `__Host-sojourn` behind TLS.
pub fn session_layer(db: Db, clock: Clock, behind_tls: bool) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(Sessions { db, clock })
        .with_name(if behind_tls { "__Host-sojourn" } else { "sojourn" })
        .with_secure(behind_tls)
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
        .with_expiry(Expiry::OnSessionEnd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_active_is_written_down_once_a_minute() {
        let start = DateTime::UNIX_EPOCH;
        let ticket = Ticket::new(crate::db::new_id(), crate::db::new_id(), start);
        assert_eq!(ticket.clone().seen(start + TimeDelta::seconds(59)), None);
        let later = start + TimeDelta::seconds(60);
        assert_eq!(ticket.clone().seen(later), Some(Ticket { seen_at: later, ..ticket }));
    }
}
