//! The log: writing through the recorder beside writing the same rows and nothing else, reading, replaying.

use std::time::{Duration, Instant};

use serde_json::json;
use sojourn::clock::Clock;
use sojourn::db::{Db, commit, new_id};
use sojourn::journey::events::EventType::VitalsRecorded;
use sojourn::journey::ids::{TenantId, VisitId};
use sojourn::journey::words::Role;
use sojourn::log::{self, Filter, StoredEvent};
use sojourn::on;
use sojourn::record::{Recorder, Wish, replay};
use sqlx::QueryBuilder;
use sqlx::types::Json;

use super::{line, percentile, time};
use crate::support::flow;
use crate::support::house::House;

/// How long each figure is measured.
pub(super) const SPAN: Duration = Duration::from_secs(3);
/// How many rows the baseline commits together: as many as the largest crowd of callers.
const GROUP: usize = 64;

pub async fn measure(db: &Db) {
    let house = House::open_now(db, "City Hospital").await;
    let mut recorded = 0.0;
    for callers in [1, 16, 64] {
        recorded = many(callers, house.clone()).await;
    }
    // The least that an engine can do with these rows; and the least it can do where they are kept as the log keeps them.
    const BARE: &str = "CREATE TABLE raw_events AS SELECT * FROM visit_events WHERE 1 = 0";
    on!(&house.db.write, pool => sqlx::query(BARE).execute(pool).await.map(drop)).expect("a table");
    let other = House::open_now(db, "Raw Hospital").await.tenant.id;
    let mut tx = db.begin().await.expect("a transaction");
    log::lock_head(&mut tx, &other).await.expect("a head");
    commit(tx).await.expect("it is there");
    for (table, kept) in [("raw_events", "without keys"), ("visit_events", "in the log's table")] {
        let inserted = raw(&house, table, &other).await;
        line(&format!("raw insert {kept}, {GROUP} a commit"), &format!("{inserted:>34.0} events/s"));
        line(&format!("recorder beside raw {kept}"), &format!("{:.2}", recorded / inserted));
    }
    batches(&house).await;
    loads(&house).await;
    snapshots(&house).await;
    replay(&house).await;
    let begun = Instant::now();
    let events = house.verified().await;
    line("chain verified", &per_second(events as usize, begun.elapsed()));
}

fn per_second(events: usize, elapsed: Duration) -> String {
    format!("{events} events, {:.0} events/s", events as f64 / elapsed.as_secs_f64())
}

/// Has many callers play visits at once, each event a call of its own, and gives how many events a second were logged.
pub(super) async fn many(callers: usize, house: House) -> f64 {
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers).map(|_| tokio::spawn(play(house.clone(), started))).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("the caller ends"));
    }
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    let figures = format!("{}   {rate:>6.0} events/s", spread(&mut times));
    line(&format!("recorder, {callers} at once"), &figures);
    rate
}

fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    format!("p50 {:>8}   p99 {:>8}", time(percentile(times, 50)), time(percentile(times, 99)))
}

/// Plays visits from registration to completion, and says how long each event took.
async fn play(house: House, started: Instant) -> Vec<Duration> {
    let mut times = Vec::new();
    while started.elapsed() < SPAN {
        let visit: VisitId = new_id();
        let registration = (Role::Receptionist, house.registration(Some(&visit)));
        let steps = flow::standard(&house.who(Role::Doctor).id, &house.room);
        let wishes = steps.map(|(role, event, metadata)| (role, Wish::new(Some(visit.clone()), event, metadata)));
        for (role, wish) in [registration].into_iter().chain(wishes) {
            let begun = Instant::now();
            house.recorder.record(&house.tenant, house.who(role), vec![wish], None).await.expect("an event");
            times.push(begun.elapsed());
        }
    }
    times
}

/// Inserts the rows that the recorder wrote, and nothing else, into a table, and gives how many events a second.
async fn raw(house: &House, table: &str, tenant: &TenantId) -> f64 {
    let (mut spent, mut inserted, mut after) = (Duration::ZERO, 0, None);
    while spent < SPAN {
        let rows = log::page(&house.db, &house.tenant.id, &Filter::All, after, 5_000).await.expect("a read");
        let Some(last) = rows.last() else { break };
        after = Some(last.position);
        let started = Instant::now();
        for group in rows.chunks(GROUP) {
            insert(house, table, tenant, group).await.expect("rows");
        }
        (spent, inserted) = (spent + started.elapsed(), inserted + rows.len());
    }
    inserted as f64 / spent.as_secs_f64()
}

async fn insert(house: &House, table: &str, tenant: &TenantId, rows: &[StoredEvent]) -> sqlx::Result<()> {
    let mut tx = house.db.begin().await?;
    on!(&mut tx, connection => {
        let mut query = QueryBuilder::new(format!(
            "INSERT INTO {table} (tenant_id, position, id, visit_id, aggregate_type, aggregate_id, version, event_type, \
             schema_version, description, metadata, tags, actor_type, performed_by, performed_at, recorded_at, branch_id, \
             correlation_id, causation_id, salt, body_digest, prev_hash, hash, on_behalf_of) "
        ));
        query.push_values(rows, |mut row, stored| {
            let event = &stored.event;
            row.push_bind(tenant).push_bind(stored.position).push_bind(&event.id).push_bind(&event.visit_id);
            row.push_bind(&event.aggregate_type).push_bind(&event.aggregate_id).push_bind(event.version);
            row.push_bind(&event.event_type).push_bind(event.schema_version).push_bind(&event.description);
            row.push_bind(Json(&event.metadata)).push_bind(Json(&event.tags)).push_bind(event.actor_type);
            row.push_bind(&event.performed_by).push_bind(event.performed_at).push_bind(stored.recorded_at);
            row.push_bind(&event.branch_id).push_bind(&event.correlation_id).push_bind(&event.causation_id);
            row.push_bind(stored.salt).push_bind(stored.body_digest).push_bind(stored.prev_hash).push_bind(stored.hash);
            row.push_bind(&event.on_behalf_of);
        });
        query.build().execute(&mut **connection).await.map(drop)?;
    });
    commit(tx).await
}

/// Logs five events at a time, one batch after the other.
async fn batches(house: &House) {
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed() < SPAN {
        let visit = house.register().await;
        let wish = || Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72, "temperatureC": 37.5 }));
        for _ in 0..8 {
            let wishes = vec![wish(), wish(), wish(), wish(), wish()];
            let begun = Instant::now();
            house.recorder.record(&house.tenant, house.who(Role::Nurse), wishes, None).await.expect("five events");
            times.push(begun.elapsed());
        }
    }
    line("batch of five, one caller", &spread(&mut times));
}

/// A visit with so many events.
pub(super) async fn long_visit(house: &House, length: usize) -> VisitId {
    let visit = house.register().await;
    let vitals = || Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72, "temperatureC": 37.5 }));
    let mut left = length - 1;
    while left > 0 {
        let some = left.min(100);
        let wishes = std::iter::repeat_with(vitals).take(some).collect();
        house.recorder.record(&house.tenant, house.who(Role::Nurse), wishes, None).await.expect("events");
        left -= some;
    }
    visit
}

async fn loads(house: &House) {
    let visit = long_visit(house, 100).await;
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed() < SPAN / 3 {
        let begun = Instant::now();
        house.recorder.load(&house.tenant.id, &visit).await.expect("a read").expect("the visit");
        times.push(begun.elapsed());
    }
    line("load of a visit of 100 events", &spread(&mut times));
}

/// The first event of a new process on a long visit: with a snapshot, and without.
async fn snapshots(house: &House) {
    const FORGET: &str = "DELETE FROM snapshots WHERE tenant_id = $1";
    for length in [120, 2_020] {
        let visit = long_visit(house, length).await;
        for kept in [true, false] {
            let mut times = Vec::new();
            for _ in 0..10 {
                if !kept {
                    on!(&house.db.write, pool => sqlx::query(FORGET).bind(&house.tenant.id).execute(pool).await.map(drop))
                        .expect("they are forgotten");
                }
                let recorder = Recorder::new(house.db.clone(), Clock::system());
                let wish = Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72 }));
                let begun = Instant::now();
                recorder.record(&house.tenant, house.who(Role::Nurse), vec![wish], None).await.expect("an event");
                times.push(begun.elapsed());
            }
            let with = if kept { "with" } else { "without" };
            line(&format!("first write to {length} events, {with}"), &spread(&mut times));
        }
    }
}

/// Reads the whole log and folds every visit.
async fn replay(house: &House) {
    let started = Instant::now();
    let last = log::position(&house.db, &house.tenant.id).await.expect("a read");
    let replayed = replay::replay(&house.db, &house.tenant.id, 1, last, |_| {}).await.expect("a replay");
    line(
        "replay of all",
        &format!("{}, {} visits", per_second(replayed.events as usize, started.elapsed()), replayed.visits),
    );
}
