//! What the command line does, one file per command.

pub mod serve;

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
