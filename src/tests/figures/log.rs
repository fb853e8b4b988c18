//! The log: writing through the recorder beside writing the same rows and nothing else, reading, replaying.

use std::mem::take;
use std::time::{Duration, Instant};

use serde_json::json;
use sojourn::clock::Clock;
use sojourn::db::{Db, Kept, commit, commit_and_keep, new_id};
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
/// How often the recorder and the baselines are measured in turn: a machine that others share is not as fast from one second to the next.
const TURNS: u32 = 9;

pub async fn measure(db: &Db) {
    let house = House::open_now(db, "City Hospital").await;
    for callers in [1, 16] {
        many(callers, &house, SPAN).await.print(callers);
    }
    beside_raw(&house).await;
    batches(&house).await;
    loads(&house).await;
    snapshots(&house).await;
    replay(&house).await;
    let begun = Instant::now();
    let events = house.verified().await;
    line("chain verified", &per_second(events as usize, begun.elapsed()));
}

/// The recorder beside the least that an engine can do with the same rows, and the least it can do where they are kept as the log keeps them.
async fn beside_raw(house: &House) {
    const BARE: &str = "CREATE TABLE raw_events AS SELECT * FROM visit_events WHERE 1 = 0";
    on!(&house.db.write, pool => sqlx::query(BARE).execute(pool).await.map(drop)).expect("a table");
    let other = House::open_now(&house.db, "Raw Hospital").await.tenant.id;
    let mut tx = house.db.begin().await.expect("a transaction");
    log::lock_head(&mut tx, &other).await.expect("a head");
    commit(tx).await.expect("it is there");
    let mut recorded = Recorded::default();
    let mut raws = [("raw_events", "without keys"), ("visit_events", "in the log's table")].map(|(table, kept)| Raw {
        house,
        tenant: &other,
        table,
        kept,
        after: None,
        connection: Kept::default(),
        inserted: 0,
        spent: Duration::ZERO,
    });
    for _ in 0..TURNS {
        recorded.add(many(GROUP, house, SPAN / 3).await);
        for raw in &mut raws {
            raw.follow().await;
        }
    }
    recorded.print(GROUP);
    for raw in raws {
        line(&format!("raw insert {}, {GROUP} a commit", raw.kept), &format!("{:>34.0} events/s", raw.rate()));
        line(&format!("recorder beside raw {}", raw.kept), &format!("{:.2}", recorded.rate() / raw.rate()));
    }
}

fn per_second(events: usize, elapsed: Duration) -> String {
    format!("{events} events, {:.0} events/s", events as f64 / elapsed.as_secs_f64())
}

/// What callers had logged: how long each event took, and all of them together.
#[derive(Default)]
pub(super) struct Recorded {
    times: Vec<Duration>,
    spent: Duration,
}

impl Recorded {
    fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.spent += other.spent;
    }

    /// How many events a second were logged.
    pub fn rate(&self) -> f64 {
        self.times.len() as f64 / self.spent.as_secs_f64()
    }

    fn print(&mut self, callers: usize) {
        let rate = self.rate();
        line(&format!("recorder, {callers} at once"), &format!("{}   {rate:>6.0} events/s", spread(&mut self.times)));
    }
}

/// Has many callers play visits at once, each event a call of its own.
pub(super) async fn many(callers: usize, house: &House, span: Duration) -> Recorded {
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers).map(|_| tokio::spawn(play(house.clone(), started, span))).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("the caller ends"));
    }
    Recorded { times, spent: started.elapsed() }
}

fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    format!("p50 {:>8}   p99 {:>8}", time(percentile(times, 50)), time(percentile(times, 99)))
}

/// Plays visits from registration to completion, and says how long each event took.
async fn play(house: House, started: Instant, span: Duration) -> Vec<Duration> {
    let mut times = Vec::new();
    while started.elapsed() < span {
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

/// The rows that the recorder wrote on their way into a table, and nothing else.
struct Raw<'a> {
    house: &'a House,
    tenant: &'a TenantId,
    table: &'static str,
    kept: &'static str,
    after: Option<i64>,
    connection: Kept,
    inserted: usize,
    spent: Duration,
}

impl Raw<'_> {
    fn rate(&self) -> f64 {
        self.inserted as f64 / self.spent.as_secs_f64()
    }

    /// Inserts what was recorded since.
    async fn follow(&mut self) {
        let house = self.house;
        loop {
            let rows = log::page(&house.db, &house.tenant.id, &Filter::All, self.after, 5_000).await.expect("a read");
            let Some(last) = rows.last() else { break };
            self.after = Some(last.position);
            let started = Instant::now();
            for group in rows.chunks(GROUP) {
                self.insert(group).await.expect("rows");
            }
            self.spent += started.elapsed();
            self.inserted += rows.len();
        }
    }

    async fn insert(&mut self, rows: &[StoredEvent]) -> sqlx::Result<()> {
        let Self { house, tenant, table, connection: kept, .. } = self;
        // As the recorder does.
        let mut tx = house.db.of(tenant).begin_next(take(kept)).await?;
        on!(&mut tx, connection => {
            let mut query = QueryBuilder::new(format!(
                "INSERT INTO {table} (tenant_id, position, id, visit_id, aggregate_type, aggregate_id, version, event_type, \
                 schema_version, description, metadata, tags, actor_type, performed_by, performed_at, recorded_at, branch_id, \
                 correlation_id, causation_id, salt, body_digest, prev_hash, hash, on_behalf_of) "
            ));
            query.push_values(rows, |mut row, stored| {
                let event = &stored.event;
                row.push_bind(*tenant).push_bind(stored.position).push_bind(&event.id).push_bind(&event.visit_id);
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
        *kept = commit_and_keep(tx).await?;
        Ok(())
    }
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
