//! `sojourn simulate`: a hospital to try things on.

use std::time::Instant;

use chrono::{Days, NaiveDate, Utc};
use indicatif::{ProgressBar, ProgressStyle};

use super::{DatabaseOptions, Error};
use crate::db::Db;
use crate::hospital::demo;
use crate::hospital::passphrase::Hasher;
use crate::simulation::{Plan, Progress, simulate};

/// What is simulated, and where to.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many visits an average day has
    #[arg(long, default_value_t = 4500, value_parser = clap::value_parser!(u32).range(1..=100_000), value_name = "COUNT")]
    visits_per_day: u32,
    /// How many days patients arrive
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    days: u32,
    /// What chance comes from: the same seed with the same --from, the same log
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The first day [default: so that the last is yesterday]
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// Fills an empty database.
pub async fn run(options: Options) -> Result<(), Error> {
    let Options { visits_per_day, days, seed, from, database } = options;
    let today = Utc::now().with_timezone(&demo::new_tenant().time_zone.0).date_naive();
    let from = from.or(today.checked_sub_days(Days::new(days.into()))).unwrap_or(today);
    let db = database.open().await?;
    let done = fill(&db, &Plan { visits_per_day, days, from, seed }).await;
    db.close().await;
    println!("{}", done?);
    Ok(())
}

async fn fill(db: &Db, plan: &Plan) -> Result<String, Error> {
    let style = ProgressStyle::with_template("[{bar:40}] {human_pos} of about {human_len} visits, {msg}, {eta} to go");
    let bar = ProgressBar::new(u64::from(plan.visits_per_day) * u64::from(plan.days));
    let bar = if let Ok(style) = style { bar.with_style(style) } else { bar };
    let begun = Instant::now();
    let speed = |events: u64| (events as f64 / begun.elapsed().as_secs_f64().max(1e-6)) as u64;
    let tell = |Progress { visits, events }| {
        bar.set_position(visits);
        bar.set_message(format!("{events} events, {} events/s", speed(events)));
    };
    let simulated = simulate(db, &Hasher::default(), plan, tell).await;
    bar.finish_and_clear();
    let simulated = simulated?;
    let Progress { visits, events } = simulated.progress;
    Ok(format!(
        "{} has {visits} visits from {} on: {events} events, {} events/s. `sojourn serve --demo` opens it.",
        simulated.tenant.name,
        plan.from,
        speed(events)
    ))
}
