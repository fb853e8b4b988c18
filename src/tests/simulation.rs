//! Stories of the simulated hospital.

use sojourn::db::Db;
use sojourn::hospital::passphrase::Hasher;
use sojourn::log::{self, Filter, StoredEvent};
use sojourn::projections::visits;
use sojourn::simulation::{Plan, SimulateError, Simulated, simulate};

use crate::support::{Database, stories};

stories! {
    the_same_seed_writes_the_same_log,
    it_leaves_real_data_alone,
}

fn plan(visits_per_day: u32, seed: u64) -> Plan {
    Plan { visits_per_day, days: 1, from: "2026-02-02".parse().expect("a day"), seed }
}

async fn simulated(db: &Db, plan: &Plan) -> Simulated {
    simulate(db, &Hasher::default(), plan, |_| {}).await.expect("a simulation")
}

async fn events(db: &Db, simulated: &Simulated) -> Vec<StoredEvent> {
    log::page(db, &simulated.tenant.id, &Filter::All, None, 100_000).await.expect("the log")
}

/// An event without what is random by design: its salt, and what follows from it.
fn without_salt(stored: &StoredEvent) -> String {
    format!("{} {} {:?}", stored.position, stored.recorded_at, stored.event)
}

async fn the_same_seed_writes_the_same_log(db: Db) {
    let plan = plan(60, 5);
    let first = simulated(&db, &plan).await;
    let logged = events(&db, &first).await;
    let verified = log::verify(&db, &first.tenant.id).await.expect("the log holds together");
    assert_eq!((verified.events as u64, logged.len() as u64), (first.progress.events, first.progress.events));
    assert!(first.progress.visits >= 40 && first.progress.events > first.progress.visits * 14, "{:?}", first.progress);
    let day = plan.from.succ_opt().and_then(|day| day.succ_opt()).expect("a day");
    assert!(visits::open_before(&db, &first.tenant.id, day).await.expect("a list").is_empty(), "everybody has gone");

    let again = Database::sqlite().await;
    let other = Db::open(&again.url).await.expect("the fresh database opens");
    let second = simulated(&other, &plan).await;
    let repeated = events(&other, &second).await;
    other.close().await;
    again.remove().await;
    for (one, two) in logged.iter().zip(&repeated) {
        assert_eq!(without_salt(one), without_salt(two));
    }
    assert_eq!(logged.len(), repeated.len());
}

async fn it_leaves_real_data_alone(db: Db) {
    let hospital = crate::support::hospital::hospital(&db, "Lake View Hospital").await;
    let refused = simulate(&db, &Hasher::default(), &plan(10, 1), |_| {}).await;
    assert!(matches!(&refused, Err(SimulateError::RealData(name)) if *name == hospital.name), "{refused:?}");
}
