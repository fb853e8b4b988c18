//! `sojourn verify`: whether the logs hold together.

use super::{DatabaseOptions, Error};
use crate::db::Db;
use crate::hospital::tenants;
use crate::log;

/// What verification is told.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Recomputes every link of every log, and names the first broken position of each.
pub async fn run(options: Options) -> Result<(), Error> {
    let db = options.database.open().await?;
    let verified = verify(&db).await;
    db.close().await;
    verified
}

async fn verify(db: &Db) -> Result<(), Error> {
    let tenants = tenants::list(db).await?;
    let logs = log::verify_all(db).await?;
    let mut broken = 0;
    for (id, verified) in &logs {
        let name = tenants.iter().find(|tenant| tenant.id == *id).map_or(id.to_string(), |tenant| tenant.name.clone());
        match verified {
            Ok(log) => println!("{name}: {} events, chain intact, last hash {}", log.events, log.last_hash),
            Err(fault) => {
                broken += 1;
                println!("{name}: chain broken at {fault}");
            }
        }
    }
    if broken == 0 { Ok(()) } else { Err(Error::Broken(broken, logs.len())) }
}
