//! What the command line does, one file per command.

pub mod serve;
pub mod token;
pub mod user;
pub mod verify;

use crate::demo::LiveError;
use crate::hospital::WriteError;
use crate::hospital::demo::FurnishError;
use crate::hospital::passphrase::{HashError, WeakPassphrase};
use crate::hospital::people::SignInName;

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
    /// There is no demo.
    #[error(transparent)]
    Demo(#[from] FurnishError),
    /// There is no day in the demo.
    #[error(transparent)]
    DemoDay(#[from] LiveError),
    /// A log does not hold together.
    #[error("{0} of {1} logs are broken")]
    Broken(usize, usize),
    /// Nobody signs in with this name.
    #[error("nobody signs in with the name {0}")]
    UnknownUser(SignInName),
    /// There is no hospital to add anybody to.
    #[error("there is no hospital in this database yet; add --hospital NAME to found one")]
    NoHospital,
    /// There is a hospital already.
    #[error("this database has a hospital already; leave --hospital out")]
    HospitalExists,
    /// There are several hospitals, or none that is meant.
    #[error("say with --tenant which hospital is meant, one of: {0}")]
    WhichHospital(String),
    /// The passphrase will not do.
    #[error(transparent)]
    Weak(#[from] WeakPassphrase),
    /// The passphrase could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// What was typed was not written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The database did not answer.
    #[error("the database did not answer: {0}")]
    Query(#[from] sqlx::Error),
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
