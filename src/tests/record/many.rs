//! Many at once: versions and positions without gaps, nothing lost, nobody locked out.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::json;
use sojourn::clock::Clock;
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::VisitId;
use sojourn::journey::refusal::Refusal;
use sojourn::journey::words::Role;
use sojourn::log::{self, StoredEvent};
use sojourn::on;
use sojourn::projections::visits;
use sojourn::record::{RecordError, Recorded, Recorder, Wish};
use tokio::time::timeout;

use crate::support::house::{House, refusal};
use crate::support::stories;

stories! {
    two_hundred_write_on_one_visit,
    two_hundred_call_one_patient,
    two_hundred_write_on_two_hundred_visits,
    fifty_send_one_request,
    fifty_send_one_event,
    fifty_rest_on_one_version,
    who_finds_no_place_is_told,
    two_processes_write_on_the_same_visits,
    what_the_database_refuses_spoils_nothing_beside_it,
}

/// Has many record something at the same time.
async fn at_once(
    house: &House,
    many: usize,
    role: Role,
    key: Option<&'static str>,
    wish: impl Fn(usize) -> Wish,
) -> Vec<Result<Recorded, RecordError>> {
    let writers: Vec<_> = (0..many)
        .map(|number| {
            let (house, wish) = (house.clone(), wish(number));
            tokio::spawn(async move { house.recorder.record(&house.tenant, house.who(role), vec![wish], key).await })
        })
        .collect();
    let mut results = Vec::new();
    for writer in writers {
        results.push(writer.await.expect("the writer ends"));
    }
    results
}

fn logged(results: Vec<Result<Recorded, RecordError>>) -> Vec<StoredEvent> {
    results.into_iter().flat_map(|result| result.expect("everybody is let in").events).collect()
}

/// Expects as many events as numbers from `first` on, each number once.
fn gapless(numbers: impl Iterator<Item = i64>, first: i64, last: i64) {
    assert_eq!(numbers.collect::<BTreeSet<_>>(), (first..=last).collect());
}

async fn two_hundred_write_on_one_visit(db: Db) {
    let house = House::open_now(&db, "City Hospital").await;
    let visit = house.register().await;
    let pulse = |number: usize| Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 50 + number }));
    let events = logged(at_once(&house, 200, Role::Nurse, None, pulse).await);
    gapless(events.iter().map(|event| event.event.version), 2, 201);
    gapless(events.iter().map(|event| event.position), 2, 201);
    gapless(events.iter().filter_map(|event| event.event.metadata["pulse"].as_i64()), 50, 249);
    let stream = house.stream(&visit).await;
    assert!(stream.is_sorted_by_key(|event| (event.event.version, event.position, event.recorded_at)), "time goes on");
    let card = visits::get(&db, &house.tenant.id, &visit).await.expect("a read").expect("the visit");
    assert_eq!(card.visit.version, 201);
    assert_eq!(house.verified().await, 201);
}

/// Each call must not be dated before the one that came first: who waits for the log has not acted yet.
async fn two_hundred_call_one_patient(db: Db) {
    let house = House::open_now(&db, "City Hospital").await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    let call = |number| Wish::new(Some(visit.clone()), QueueCalled, json!({ "counter": format!("Counter {number}") }));
    let events = logged(at_once(&house, 200, Role::Receptionist, None, call).await);
    gapless(events.iter().map(|event| event.event.version), 3, 202);
    let card = visits::get(&db, &house.tenant.id, &visit).await.expect("a read").expect("the visit");
    assert_eq!(card.visit.calls, 200);
    assert_eq!(house.verified().await, 202);
}

async fn two_hundred_write_on_two_hundred_visits(db: Db) {
    let house = House::open_now(&db, "City Hospital").await;
    let visits: Vec<VisitId> = std::iter::repeat_with(new_id).take(200).collect();
    let registrations = at_once(&house, 200, Role::Receptionist, None, |number| house.registration(visits.get(number)));
    let events = logged(registrations.await);
    gapless(events.iter().map(|event| event.position), 1, 200);
    let joins = at_once(&house, 200, Role::Receptionist, None, |number| {
        Wish::new(visits.get(number).cloned(), QueueJoined, json!({}))
    });
    let events = logged(joins.await);
    gapless(events.iter().map(|event| event.position), 201, 400);
    assert!(events.iter().all(|event| event.event.version == 2));
    let board = visits::board(&db, &house.tenant.id, sojourn::journey::words::Station::Consultation, None).await;
    let tokens: BTreeSet<_> = board.expect("a read").into_iter().map(|card| card.visit.token).collect();
    assert_eq!(tokens, (1..=200).map(|number| format!("C-{number:03}")).collect());
    assert_eq!(house.verified().await, 400);
}

async fn fifty_send_one_request(db: Db) {
    let house = House::open_now(&db, "City Hospital").await;
    let results = at_once(&house, 50, Role::Receptionist, Some("one key"), |_| house.registration(None)).await;
    let first = results.iter().filter(|result| result.as_ref().is_ok_and(|recorded| !recorded.repeated)).count();
    assert_eq!(first, 1);
    let events = logged(results);
    assert!(events.iter().all(|event| *event == events[0]));
    assert_eq!(house.verified().await, 1);
}

async fn fifty_send_one_event(db: Db) {
    let house = House::open_now(&db, "City Hospital").await;
    let visit = house.register().await;
    let wish = Wish { id: Some(new_id()), ..Wish::new(Some(visit), QueueJoined, json!({})) };
    let events = logged(at_once(&house, 50, Role::Receptionist, None, |_| wish.clone()).await);
    assert!(events.iter().all(|event| *event == events[0]));
    assert_eq!(house.verified().await, 2);
}

async fn fifty_rest_on_one_version(db: Db) {
    let house = House::open_now(&db, "City Hospital").await;
    let visit = house.register().await;
    let wish = Wish { expected_version: Some(1), ..Wish::new(Some(visit), VitalsRecorded, json!({ "pulse": 72 })) };
    let results = at_once(&house, 50, Role::Nurse, None, |_| wish.clone()).await;
    let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 49));
    for result in lost {
        assert_eq!(refusal(result).refusal, Refusal::VersionConflict { expected: 1, actual: 2 });
    }
    assert_eq!(house.verified().await, 2);
}

/// More than can wait: those who find no place are told to come again, and nobody else loses anything.
async fn who_finds_no_place_is_told(db: Db) {
    const CALLERS: usize = 2_500;
    let house = House::open_now(&db, "City Hospital").await;
    let visit = house.register().await;
    // Holds every writer up.
    let mut tx = db.begin().await.expect("a transaction");
    log::lock_head(&mut tx, &house.tenant.id).await.expect("the head");
    let mut calls = FuturesUnordered::new();
    for _ in 0..CALLERS {
        let pulse = Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72 }));
        calls.push(house.recorder.record(&house.tenant, house.who(Role::Nurse), vec![pulse], None));
    }
    // Nobody else can be answered before the log is free.
    let first = timeout(Duration::from_secs(60), calls.next()).await.expect("somebody finds no place");
    drop(tx);
    let mut results: Vec<_> = first.into_iter().collect();
    results.extend(calls.collect::<Vec<_>>().await);
    let (logged, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert!(refused.iter().all(|result| matches!(result, Err(RecordError::Busy))), "{refused:?}");
    assert!((1..CALLERS).contains(&refused.len()), "{} of {CALLERS} find no place", refused.len());
    assert_eq!(house.verified().await, 1 + logged.len() as i64);
}

/// What one decides ahead of time falls whenever the other writes between.
async fn two_processes_write_on_the_same_visits(db: Db) {
    let house = House::open_now(&db, "City Hospital").await;
    let mut other = house.clone();
    other.recorder = Recorder::new(db.clone(), Clock::system());
    let visits = [house.register().await, house.register().await, house.register().await];
    let pulse = |process: usize| {
        let visits = visits.clone();
        move |number: usize| {
            let pulse = json!({ "pulse": 40 + process + number });
            Wish { id: Some(new_id()), ..Wish::new(visits.get(number % 3).cloned(), VitalsRecorded, pulse) }
        }
    };
    for round in 0..4 {
        let writers = [(&house, pulse(0)), (&other, pulse(100))]
            .map(|(house, wish)| at_once(house, 100, Role::Nurse, None, wish));
        let events = futures::future::join_all(writers).await.into_iter().flat_map(logged);
        gapless(events.map(|event| event.position), 4 + 200 * round, 203 + 200 * round);
    }
    for visit in &visits {
        let stream = house.stream(visit).await;
        gapless(stream.iter().map(|event| event.event.version), 1, stream.len() as i64);
        let (steps, loaded) = house.recorder.load(&house.tenant.id, visit).await.expect("a read").expect("the visit");
        let card = visits::get(&db, &house.tenant.id, visit).await.expect("a read").expect("the visit");
        assert_eq!((loaded.version, card.visit.version), (steps.len() as i64, steps.len() as i64));
    }
    assert_eq!(house.verified().await, 803);
}

async fn what_the_database_refuses_spoils_nothing_beside_it(db: Db) {
    const ONCE: &str = "CREATE UNIQUE INDEX described_once ON visit_events (description)";
    let house = House::open_now(&db, "City Hospital").await;
    let visit = house.register().await;
    on!(&db.write, pool => sqlx::query(ONCE).execute(pool).await.map(drop)).expect("an index");
    for round in 0..3 {
        let wish = |number: usize| Wish {
            description: number.is_multiple_of(10).then(|| "Said once".to_owned()),
            ..Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 50 + number }))
        };
        let results = at_once(&house, 100, Role::Nurse, None, wish).await;
        let (written, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert!(refused.iter().all(|result| matches!(result, Err(RecordError::Database(_)))), "{refused:?}");
        assert_eq!(written.len(), if round == 0 { 91 } else { 90 });
    }
    gapless(house.stream(&visit).await.iter().map(|event| event.event.version), 1, 272);
    let card = visits::get(&db, &house.tenant.id, &visit).await.expect("a read").expect("the visit");
    assert_eq!(card.visit.version, 272);
    assert_eq!(house.verified().await, 272);
}
