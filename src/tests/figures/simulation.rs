//! The simulation: how fast it logs a day of visits.

use std::time::Instant;

use sojourn::db::Db;
use sojourn::hospital::passphrase::Hasher;
use sojourn::simulation::{Plan, simulate};

use super::{line, time};

pub async fn measure(db: &Db) {
    let plan = Plan { visits_per_day: 2_000, days: 1, from: "2026-02-02".parse().expect("a day"), seed: 1 };
    let begun = Instant::now();
    let simulated = simulate(db, &Hasher::default(), &plan, |_| {}).await.expect("a simulation");
    let (events, took) = (simulated.progress.events, begun.elapsed());
    let rate = events as f64 / took.as_secs_f64();
    line("a day of 2000 visits", &format!("{rate:.0} events/s, {events} events in {}", time(took)));
}
