//! Whether the cost stays flat: the same figures with a short log and with a long one.
//!
//! A log grows by copies of what was really logged, each copy with ids of its own and some days earlier. The copies bear the hashes of
//! what they were copied from, so this log does not verify; nothing that is measured here looks at hashes.

use std::time::{Duration, Instant};

use serde_json::json;
use sojourn::db::{Db, Engine, Tx, commit};
use sojourn::journey::events::EventType::{QueueJoined, VitalsRecorded};
use sojourn::journey::ids::{Id as _, VisitId};
use sojourn::journey::words::{Role, Station};
use sojourn::log;
use sojourn::on;
use sojourn::projections::visits;
use sojourn::record::Wish;

use super::log::{SPAN, long_visit, many};
use super::{line, percentile, time};
use crate::support::house::House;

/// How many visits stand on the board.
const WAITING: usize = 40;

/// What is timed, and how long it takes.
type Figure = (&'static str, Duration);

pub async fn measure(db: &Db, [short, long]: [i64; 2]) {
    let house = House::open_now(db, "City Hospital").await;
    while head(&house).await < short {
        many(64, &house, SPAN).await;
    }
    let copied = head(&house).await;
    for _ in 0..WAITING {
        let visit = house.register().await;
        house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    }
    let visit = long_visit(&house, 100).await;
    let before = figures(&house, &visit).await;
    let (begun, mut days) = (Instant::now(), 0);
    while head(&house).await < long {
        days += 1;
        grow(&house, copied, days).await.expect("a copy");
    }
    // A log of years was not written a moment ago.
    match &db.write {
        Engine::Sqlite(pool) => sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(pool).await.map(drop),
        Engine::Postgres(pool) => sqlx::query("VACUUM ANALYZE").execute(pool).await.map(drop),
    }
    .expect("it is put in order");
    let events = head(&house).await;
    line("grown", &format!("from {copied} to {events} events in {}", time(begun.elapsed())));
    for ((what, short), (_, long)) in before.into_iter().zip(figures(&house, &visit).await) {
        let times = long.as_secs_f64() / short.as_secs_f64();
        line(what, &format!("{:>8} then {:>8}, {times:.2} times", time(short), time(long)));
    }
}

/// The medians of what is done on every click.
async fn figures(house: &House, visit: &VisitId) -> [Figure; 5] {
    let (db, tenant) = (&house.db, &house.tenant.id);
    let rate = many(64, house, SPAN).await.rate();
    // One of its own, as what is appended would lengthen the one that is loaded.
    let written = house.register().await;
    let wish = || Wish::new(Some(written.clone()), VitalsRecorded, json!({ "pulse": 72 }));
    [
        ("append, 64 callers, each event", Duration::from_secs_f64(1.0 / rate)),
        (
            "append, one caller",
            median(async || {
                let nurse = house.who(Role::Nurse);
                house.recorder.record(&house.tenant, nurse, vec![wish()], None).await.map(drop).expect("an event");
            })
            .await,
        ),
        (
            "load of 100 events",
            median(async || drop(log::life(db, tenant, log::VISIT, visit.as_str()).await.expect("a read"))).await,
        ),
        (
            "board",
            median(async || drop(visits::board(db, tenant, Station::Consultation, None).await.expect("a read"))).await,
        ),
        ("timeline", median(async || drop(house.told(visit).await)).await),
    ]
}

async fn head(house: &House) -> i64 {
    log::position(&house.db, &house.tenant.id).await.expect("a read")
}

async fn median(mut work: impl AsyncFnMut()) -> Duration {
    let (started, mut times) = (Instant::now(), Vec::new());
    while started.elapsed() < SPAN / 3 {
        let begun = Instant::now();
        work().await;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    percentile(&times, 50)
}

/// Copies the log up to a position, and what was made of it, as it would have been so many days earlier.
async fn grow(house: &House, last: i64, days: i32) -> sqlx::Result<()> {
    let tenant = &house.tenant.id;
    let mut tx = house.db.begin().await?;
    let head = log::lock_head(&mut tx, tenant).await?;
    // Ids of a copy stand together, as those of a day do: their first four characters are another.
    let prefix = format!("{days:04}");
    for sql in copies(&tx) {
        on!(&mut tx, connection => sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(tenant)
            .bind(last)
            .bind(head.position())
            .bind(&prefix)
            .bind(days)
            .execute(&mut **connection)
            .await
            .map(drop))?;
    }
    on!(&mut tx, connection => sqlx::query(HEAD).bind(tenant).execute(&mut **connection).await.map(drop))?;
    commit(tx).await
}

const HEAD: &str = "UPDATE log_heads SET position = (SELECT MAX(position) FROM visit_events WHERE tenant_id = $1) \
    WHERE tenant_id = $1";

fn copies(tx: &Tx) -> [String; 2] {
    let earlier = |time: &str| match tx {
        Tx::Sqlite(_) => format!("strftime('%Y-%m-%dT%H:%M:%f+00:00', {time}, '-' || $5 || ' days')"),
        Tx::Postgres(_) => format!("{time} - make_interval(days => $5)"),
    };
    let day = match tx {
        Tx::Sqlite(_) => "date(day, '-' || $5 || ' days')",
        Tx::Postgres(_) => "day - $5",
    };
    let other = |id: &str| format!("$4 || substr({id}, 5)");
    let (visit_id, performed_at) = (other("visit_id"), earlier("performed_at"));
    [
        format!(
            "INSERT INTO visit_events (tenant_id, position, id, visit_id, aggregate_type, aggregate_id, version, event_type, \
             schema_version, description, metadata, tags, actor_type, performed_by, performed_at, recorded_at, branch_id, \
             correlation_id, causation_id, salt, body_digest, prev_hash, hash) \
             SELECT tenant_id, position + $3, {}, {visit_id}, aggregate_type, {}, version, event_type, schema_version, \
             description, metadata, tags, actor_type, performed_by, {performed_at}, recorded_at, branch_id, correlation_id, \
             causation_id, salt, body_digest, prev_hash, hash \
             FROM visit_events WHERE tenant_id = $1 AND position <= $2 ORDER BY position",
            other("id"),
            other("aggregate_id"),
        ),
        format!(
            "INSERT INTO visits (tenant_id, visit_id, patient_id, branch_id, department_id, visit_type, priority, urgency, status, \
             station, room_id, counter, since, calls, token, day, doctor_id, reason, attended, registered_at, ended_at, due, \
             unbilled, billing_since, version) \
             SELECT visit.tenant_id, {}, patient_id, visit.branch_id, department_id, visit_type, priority, urgency, status, station, \
             room_id, counter, {}, calls, token, {day}, doctor_id, reason, attended, {}, {}, due, unbilled, billing_since, \
             visit.version FROM visit_events AS event CROSS JOIN visits AS visit WHERE event.tenant_id = $1 AND event.position <= $2 \
             AND event.version = 1 AND visit.tenant_id = $1 AND visit.visit_id = event.visit_id ORDER BY event.position",
            other("visit.visit_id"),
            earlier("since"),
            earlier("registered_at"),
            earlier("ended_at"),
        ),
    ]
}
