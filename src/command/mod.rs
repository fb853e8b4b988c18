//! What the command line can do besides serving.

pub mod token;
pub mod user;

use crate::db::Db;
use crate::hospital::WriteError;
use crate::hospital::passphrase::{HashError, WeakPassphrase};
use crate::hospital::people::{self, Credentials, SignInName};

/// Why a command was not done, in a sentence for whoever typed it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Nobody signs in with this name.
    #[error("nobody signs in with the name {0}")]
    UnknownUser(SignInName),
    /// There is no hospital to add anybody to.
    #[error("there is no hospital in this database yet; add --hospital NAME to found one")]
    NoHospital,
    /// There is a hospital already.
    #[error("this database has a hospital already; leave --hospital out")]
    HospitalExists,
    /// There are several hospitals.
    #[error("this database has several hospitals; say which with --tenant, one of: {0}")]
    WhichTenant(String),
    /// The passphrase will not do.
    #[error(transparent)]
    Weak(#[from] WeakPassphrase),
    /// The passphrase could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Standard input could not be read.
    #[error("the passphrase could not be read: {0}")]
    Input(#[from] std::io::Error),
    /// What was typed was not written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Database(#[from] sqlx::Error),
}

async fn user(db: &Db, name: &SignInName) -> Result<Credentials, CommandError> {
    people::credentials(db, name).await?.ok_or_else(|| CommandError::UnknownUser(name.clone()))
}
