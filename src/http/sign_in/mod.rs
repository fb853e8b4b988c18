//! Signing in and out, and who a request comes from: [`SignedIn`] for screens, [`Program`] for the REST API.

mod pace;
mod program;
mod session;
mod signed_in;
mod throttle;

pub use pace::CALLS_PER_SECOND;
pub use program::Program;
pub use session::{Sessions, session_layer};
pub use signed_in::{NotSignedIn, Onlooker, SignedIn, safe_next};

use std::net::IpAddr;

use axum::http::StatusCode;
use tower_sessions::Session;

use self::pace::Pace;
use self::session::Ticket;
use self::throttle::Throttle;
use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::passphrase::{HashError, Hasher};
use crate::hospital::people::{self, Person};
use crate::hospital::sign_in_names::SignInName;

/// Why somebody was not signed in, in a sentence for them.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The name or the passphrase is wrong; which of them is nobody's business.
    #[error("The name or the passphrase is wrong. Check both and try again.")]
    Wrong,
    /// Too many attempts of one address are waiting.
    #[error("Too many attempts to sign in come from this network. Try again in {0} seconds.")]
    TooManyAttempts(u64),
    /// Too many passphrases are being checked.
    #[error("Too many people are signing in at this moment. Try again in a few seconds.")]
    Busy,
    /// The database did not answer.
    #[error("Signing in does not work at the moment. Try again in a few seconds.")]
    Away(String),
}

impl SignInError {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyAttempts(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// After how many seconds to try again, for the header Retry-After.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Wrong => None,
            Self::TooManyAttempts(seconds) => Some(*seconds),
            Self::Busy | Self::Away(_) => Some(5),
        }
    }
}

impl From<HashError> for SignInError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Failed => Self::Away(error.to_string()),
        }
    }
}

impl From<sqlx::Error> for SignInError {
    fn from(error: sqlx::Error) -> Self {
        Self::Away(error.to_string())
    }
}

impl From<tower_sessions::session::Error> for SignInError {
    fn from(error: tower_sessions::session::Error) -> Self {
        Self::Away(error.to_string())
    }
}

/// Stands at the door: checks names and passphrases, at a pace that wears out who guesses. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Doorkeeper {
    db: Db,
    clock: Clock,
    hasher: Hasher,
    throttle: Throttle,
    pace: Pace,
}

impl Doorkeeper {
    /// A doorkeeper for a database; one for the whole server.
    pub fn new(db: Db, clock: Clock, hasher: Hasher) -> Self {
        Self { db, clock, hasher, throttle: Throttle::default(), pace: Pace::new(CALLS_PER_SECOND) }
    }

    /// The same, who lets each token call so many times a second.
    pub fn with_pace(self, calls_per_second: u32) -> Self {
        Self { pace: Pace::new(calls_per_second), ..self }
    }

    /// Who works out the hashes of passphrases.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// Signs somebody in: under a new session id, with nothing left of what the session held before.
    pub async fn sign_in(
        &self,
        session: &Session,
        name: &str,
        passphrase: &str,
        address: IpAddr,
    ) -> Result<Person, SignInError> {
        let name = SignInName::parse(name);
        let attempt = self.throttle.begin(name.as_ref(), address)?;
        tokio::time::sleep(attempt.delay()).await;
        let checked = self.check(session, name.as_ref(), passphrase).await;
        match &checked {
            Ok(_) => attempt.succeeded(),
            Err(SignInError::Wrong) => drop(attempt),
            Err(_) => attempt.undecided(),
        }
        checked
    }

    /// Signs whoever is signed in out.
    pub async fn sign_out(&self, session: &Session) -> Result<(), SignInError> {
        Ok(session.flush().await?)
    }

    async fn check(
        &self,
        session: &Session,
        name: Option<&SignInName>,
        passphrase: &str,
    ) -> Result<Person, SignInError> {
        let known = match name {
            Some(name) => people::credentials(&self.db, name).await?.filter(|known| known.person.active),
            None => None,
        };
        let hash = known.as_ref().and_then(|known| known.passphrase_hash.clone());
        let verified = self.hasher.verify(passphrase.to_owned(), hash).await?;
        let Some(known) = known.filter(|_| verified) else { return Err(SignInError::Wrong) };
        session.clear().await;
        session.cycle_id().await?;
        Ticket::new(known.tenant_id, known.person.id.clone(), self.clock.now()).put_into(session).await?;
        Ok(known.person)
    }
}
