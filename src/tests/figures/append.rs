//! Appending through the recorder, beside inserting the same row and nothing else.

use std::time::{Duration, Instant};

use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::VitalsRecorded;
use sojourn::journey::ids::VisitId;
use sojourn::journey::words::Role;
use sojourn::on;
use sojourn::record::Wish;

use super::{line, percentile, time};
use crate::support::house::House;

/// How long each figure is measured.
const SPAN: Duration = Duration::from_secs(2);
/// How many events a visit has before the next begins.
const VISIT: usize = 20;

pub async fn measure(db: &Db) {
    let house = House::open_now(db, "City Hospital").await;
    for writers in [1, 16, 64] {
        let appended = many(writers, |_| record(house.clone())).await;
        line(&format!("recorder, {}", people(writers)), &appended);
    }
    // The same columns without keys, triggers and indexes: the least that an engine can do to keep a row.
    const RAW: &str = "CREATE TABLE raw_events AS SELECT * FROM visit_events WHERE 1 = 0";
    on!(&db.write, pool => sqlx::query(RAW).execute(pool).await.map(drop)).expect("a table");
    for writers in [1, 16, 64] {
        let inserted = many(writers, |_| insert(house.clone())).await;
        line(&format!("raw insert, {}", people(writers)), &inserted);
    }
    let events = house.verified().await;
    line("log verified", &format!("{events} events"));
}

fn people(writers: usize) -> String {
    if writers == 1 { "1 writer".to_owned() } else { format!("{writers} writers") }
}

/// Lets many write at once, and says how fast they were.
async fn many<W>(writers: usize, write: impl Fn(usize) -> W) -> String
where
    W: Future<Output = Vec<Duration>> + Send + 'static,
{
    let started = Instant::now();
    let tasks: Vec<_> = (0..writers).map(|number| tokio::spawn(write(number))).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("the writer ends"));
    }
    let per_second = times.len() as f64 / started.elapsed().as_secs_f64();
    times.sort_unstable();
    let (half, most) = (time(percentile(&times, 50)), time(percentile(&times, 99)));
    format!("p50 {half:>8}   p99 {most:>8}   {per_second:>6.0} events/s")
}

async fn record(house: House) -> Vec<Duration> {
    let (started, mut times) = (Instant::now(), Vec::new());
    let mut visit: VisitId = new_id();
    while started.elapsed() < SPAN {
        let (role, wish) = if times.len() % VISIT == 0 {
            visit = new_id();
            (Role::Receptionist, house.registration(Some(&visit)))
        } else {
            (Role::Nurse, Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72, "temperatureC": 37.5 })))
        };
        let begun = Instant::now();
        house.recorder.record(&house.tenant, house.who(role), vec![wish], None).await.expect("an event");
        times.push(begun.elapsed());
    }
    times
}

async fn insert(house: House) -> Vec<Duration> {
    const INSERT: &str = "INSERT INTO raw_events SELECT * FROM visit_events WHERE tenant_id = $1 AND position = $2";
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed() < SPAN {
        let begun = Instant::now();
        on!(&house.db.write, pool => sqlx::query(INSERT).bind(&house.tenant.id).bind(2_i64).execute(pool).await.map(drop))
            .expect("a row");
        times.push(begun.elapsed());
    }
    times
}
