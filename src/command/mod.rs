//! What the command line does, one file per command.

pub mod serve;
pub mod token;
pub mod user;

use crate::db::Db;
use crate::hospital::WriteError;
use crate::hospital::passphrase::{HashError, WeakPassphrase};
use crate::hospital::people::{self, Credentials, SignInName};

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database could not be opened.
    #[error(transparent)]
    Database(#[from] crate::db::OpenError),
    /// The address to listen on is taken, or not ours.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The command found something that it cannot go on with.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The system said no.
    #[error(transparent)]
    System(#[from] std::io::Error),
}

/// The database that a command works on.
#[derive(Clone, Debug, clap::Args)]
pub struct DatabaseOptions {
    /// sqlite:PATH or postgres://USER@HOST/NAME
    #[arg(
        long,
        env = "SOJOURN_DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite:sojourn.sqlite",
        value_name = "URL"
    )]
    pub database_url: String,
}

impl DatabaseOptions {
    /// Opens the database and brings its schema up to date.
    pub async fn open(&self) -> Result<crate::db::Db, Error> {
        Ok(crate::db::Db::open(&self.database_url).await?)
    }
}

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
