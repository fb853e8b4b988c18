//! `sojourn replay`: the log read again.

use std::time::Instant;

use chrono::Utc;
use indicatif::{ProgressBar, ProgressStyle};

use super::{DatabaseOptions, Error, the_tenant};
use crate::db::Db;
use crate::hospital::tenants::{self, Tenant};
use crate::log::{self, Digest};
use crate::record::rebuild::{ReadModel, rebuild};
use crate::record::replay::replay;

/// What a replay is told.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    database: DatabaseOptions,
    /// Only this hospital's log, by id or name
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// The first event's position
    #[arg(long, value_name = "POS", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
    from: i64,
    /// The last event's position; the end of the log without it
    #[arg(long, value_name = "POS", value_parser = clap::value_parser!(i64).range(1..))]
    to: Option<i64>,
    /// Rebuild a read model from the whole log, beside the live one, then switch
    #[arg(long, value_name = "NAME", value_parser = read_model, conflicts_with_all = ["from", "to"])]
    projection: Option<&'static str>,
}

/// The name of a read model.
fn read_model(name: &str) -> Result<&'static str, String> {
    let known = || ReadModel::all().map(ReadModel::name).collect::<Vec<_>>().join(", ");
    ReadModel::named(name).map(ReadModel::name).ok_or_else(|| format!("write one of: {}", known()))
}

/// Folds logs and prints what they come to, or rebuilds a read model and prints how many rows differed.
pub async fn run(options: Options) -> Result<(), Error> {
    let db = options.database.open().await?;
    let replayed = read_again(&db, &options).await;
    db.close().await;
    replayed
}

async fn read_again(db: &Db, options: &Options) -> Result<(), Error> {
    let tenants = match &options.tenant {
        Some(wanted) => vec![the_tenant(db, Some(wanted)).await?],
        None => tenants::list(db).await?,
    };
    match options.projection.and_then(ReadModel::named) {
        Some(model) => rebuild_each(db, &tenants, model).await,
        None => fold_each(db, tenants, options).await,
    }
}

async fn fold_each(db: &Db, mut tenants: Vec<Tenant>, options: &Options) -> Result<(), Error> {
    // By id, so that the digest of all does not hang on what hospitals are called.
    tenants.sort_by(|one, other| one.id.cmp(&other.id));
    let mut all = Vec::new();
    for tenant in &tenants {
        let last = options.to.unwrap_or(i64::MAX).min(log::position(db, &tenant.id).await?);
        let (bar, begun) = (bar(tenant, last + 1 - options.from), Instant::now());
        let replayed = replay(db, &tenant.id, options.from, last, |events| bar.inc(events)).await?;
        bar.finish_and_clear();
        println!(
            "{}: {} events, {} visits, {} events/s, digest {}",
            tenant.name,
            replayed.events,
            replayed.visits,
            speed(replayed.events, begun),
            replayed.digest
        );
        all.extend(replayed.digest.0);
    }
    if tenants.len() > 1 {
        println!("All {} hospitals: digest {}", tenants.len(), Digest::of(&all));
    }
    Ok(())
}

async fn rebuild_each(db: &Db, tenants: &[Tenant], model: ReadModel) -> Result<(), Error> {
    for tenant in tenants {
        let (bar, begun) = (bar(tenant, log::position(db, &tenant.id).await?), Instant::now());
        let rebuilt = rebuild(db, tenant, model, Utc::now(), |events| bar.inc(events)).await?;
        bar.finish_and_clear();
        println!(
            "{}: {} rebuilt from {} events, {} events/s, {} rows differed",
            tenant.name,
            model.name(),
            rebuilt.events,
            speed(rebuilt.events, begun),
            rebuilt.differed
        );
    }
    Ok(())
}

/// A progress bar on standard error; none where nobody looks.
fn bar(tenant: &Tenant, events: i64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {human_pos}/{human_len} events, {per_sec}, {eta} to go");
    let bar = ProgressBar::new(events.max(0).unsigned_abs()).with_message(tenant.name.clone());
    if let Ok(style) = style { bar.with_style(style) } else { bar }
}

fn speed(events: i64, begun: Instant) -> u64 {
    (events as f64 / begun.elapsed().as_secs_f64().max(1e-6)) as u64
}
