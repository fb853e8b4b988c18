//! `sojourn hospital`: what becomes of a hospital itself, each change with its event in the log.

use std::path::PathBuf;

use clap::Subcommand;

use super::{DatabaseOptions, Error, the_system, the_tenant};
use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::event_types::{self, NewEventType};
use crate::hospital::tariff::{self, TariffDetails};
use crate::journey::money::Money;
use crate::record::Recorder;

/// What can be changed of a hospital.
#[derive(Debug, Subcommand)]
pub enum HospitalCommand {
    /// Add a branch
    AddBranch {
        /// What it is called
        name: String,
        /// A short word of capital letters and digits
        code: String,
        #[command(flatten)]
        place: Place,
    },
    /// Change a price in the tariff; bills made before keep theirs
    SetPrice {
        /// The code in the tariff
        code: String,
        /// The new price, in the smallest unit of the hospital's money
        price: i64,
        #[command(flatten)]
        place: Place,
    },
    /// Add a type of event to the registry, or the next version of one
    AddEventType {
        /// A file with {eventType, aggregateType, schema, title?, roles?, tags?}
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// List the types of events that were added
    EventTypes {
        #[command(flatten)]
        place: Place,
    },
}

/// Which hospital, in which database.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// The hospital, by id or name, where there are several
    #[arg(long)]
    tenant: Option<String>,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Changes it, and says what was done.
pub async fn run(command: HospitalCommand) -> Result<(), Error> {
    let place = match &command {
        HospitalCommand::AddBranch { place, .. }
        | HospitalCommand::SetPrice { place, .. }
        | HospitalCommand::AddEventType { place, .. }
        | HospitalCommand::EventTypes { place } => place.clone(),
    };
    let db = place.database.open().await?;
    let done = change(&db, place.tenant.as_deref(), command).await;
    db.close().await;
    println!("{}", done?);
    Ok(())
}

async fn change(db: &Db, tenant: Option<&str>, command: HospitalCommand) -> Result<String, Error> {
    let tenant = the_tenant(db, tenant).await?;
    let actor = the_system(db, &tenant).await?;
    let recorder = Recorder::new(db.clone(), Clock::system());
    match command {
        HospitalCommand::AddBranch { name, code, .. } => {
            let branch = recorder.add_branch(&tenant, &actor, &name, &code).await?;
            Ok(format!("{} is a branch of {} now.", branch.name, tenant.name))
        }
        HospitalCommand::SetPrice { code, price, .. } => {
            let entry = tariff::by_code(db, &tenant.id, &code).await?.ok_or(Error::UnknownCode(code))?;
            let details = TariffDetails { price: Money(price), ..entry.details() };
            recorder.change_in_tariff(&tenant, &actor, &entry.id, details).await?;
            Ok(format!(
                "{} costs {} now; it cost {}.",
                entry.name,
                tenant.money(Money(price)),
                tenant.money(entry.price)
            ))
        }
        HospitalCommand::AddEventType { file, .. } => {
            let no_type = |problem: String| Error::NoEventType { path: file.clone(), problem };
            let text = tokio::fs::read_to_string(&file).await.map_err(|error| no_type(error.to_string()))?;
            let new: NewEventType = serde_json::from_str(&text).map_err(|error| no_type(error.to_string()))?;
            let added = recorder.add_event_type(&tenant, &actor.id, new).await?;
            Ok(format!("{} is in the registry, in version {}.", added.event_type, added.schema_version))
        }
        HospitalCommand::EventTypes { .. } => {
            let types = event_types::list(db, &tenant.id).await?;
            let lines = types.iter().map(|kind| format!("{} {} {}", kind.event_type, kind.schema_version, kind.title));
            Ok(lines.collect::<Vec<_>>().join("\n"))
        }
    }
}
