//! What the command line does, one file per command.

pub mod backup;
pub mod export;
pub mod hospital;
pub mod import;
pub mod replay;
pub mod serve;
pub mod simulate;
pub mod subscription;
pub mod token;
pub mod user;
pub mod verify;

use crate::db::Db;
use crate::delivery::NotAdded;
use crate::demo::LiveError;
use crate::export::ExportError;
use crate::hospital::WriteError;
use crate::hospital::demo::FurnishError;
use crate::hospital::passphrase::{HashError, WeakPassphrase};
use crate::hospital::people;
use crate::hospital::sign_in_names::SignInName;
use crate::hospital::tenants::{self, Tenant};
use crate::import::ImportError;
use crate::journey::decide::Actor;
use crate::journey::ids::Id as _;
use crate::journey::schema::FieldProblem;
use crate::record::RecordError;
use crate::record::rebuild::RebuildError;
use crate::simulation::SimulateError;

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
    /// Nothing, or not all, was simulated.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// Nothing, or not all, was exported.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Nothing was imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The log could not be read again.
    #[error(transparent)]
    Replay(#[from] RecordError),
    /// A read model was not rebuilt.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// Nobody signs in with this name.
    #[error("nobody signs in with the name {0}")]
    UnknownUser(SignInName),
    /// Nothing in the tariff has this code.
    #[error("nothing in the tariff has the code {0}")]
    UnknownCode(String),
    /// Something is there that would be lost.
    #[error("{0} exists already; choose another place, or move it away")]
    Exists(std::path::PathBuf),
    /// There is no backup there.
    #[error("there is no backup at {0}")]
    NoBackup(std::path::PathBuf),
    /// A program of the database's own did not do its work.
    #[error("{name} did not do its work (is PostgreSQL's client installed?): {problem}")]
    Program {
        /// Which program.
        name: &'static str,
        /// What it said.
        problem: String,
    },
    /// The file holds no type of event.
    #[error("{path} holds no type of event: {problem}")]
    NoEventType {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no hospital to add anybody to.
    #[error("there is no hospital in this database yet; add --hospital NAME to found one")]
    NoHospital,
    /// There is a hospital already.
    #[error("this database has a hospital already; leave --hospital out")]
    HospitalExists,
    /// There are several hospitals, or none that is meant.
    #[error("say with --tenant which hospital is meant, one of: {0}")]
    WhichHospital(String),
    /// No text messages can be sent.
    #[error("text messages cannot be sent: {0}")]
    Messages(String),
    /// The passphrase will not do.
    #[error(transparent)]
    Weak(#[from] WeakPassphrase),
    /// The passphrase could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// There is no such subscription.
    #[error("no subscription is called {0:?}; `sojourn subscription list` shows them")]
    UnknownSubscription(String),
    /// There is no such dead letter.
    #[error("this subscription has no such dead letter; `sojourn subscription dead-letters` shows them")]
    UnknownDeadLetter,
    /// What was typed of a subscription cannot be.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<FieldProblem>),
    /// The subscription was not added.
    #[error(transparent)]
    NotSubscribed(#[from] NotAdded),
    /// Mail cannot be sent as was asked for.
    #[error(transparent)]
    Mail(#[from] crate::mail::MailError),
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

/// The hospital that is meant: by its id or name, or the only one.
async fn the_tenant(db: &Db, wanted: Option<&str>) -> Result<Tenant, Error> {
    let mut tenants = tenants::list(db).await?;
    if tenants.is_empty() {
        return Err(Error::NoHospital);
    }
    let all: Vec<String> = tenants.iter().map(|tenant| format!("{} ({})", tenant.id, tenant.name)).collect();
    if let Some(wanted) = wanted {
        tenants.retain(|tenant| tenant.id.as_str() == wanted || tenant.name == wanted);
    }
    match (tenants.pop(), tenants.is_empty()) {
        (Some(tenant), true) => Ok(tenant),
        _ => Err(Error::WhichHospital(all.join(", "))),
    }
}

/// Whoever works at the command line acts as the hospital's system.
async fn the_system(db: &Db, tenant: &Tenant) -> Result<Actor, Error> {
    Ok(people::system(db, &tenant.id).await?.ok_or(Error::NoHospital)?.actor())
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
    pub async fn open(&self) -> Result<Db, Error> {
        Ok(Db::open(&self.database_url).await?)
    }
}
