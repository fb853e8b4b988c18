//! Stories of the read models: whatever happens, their rows are what a fresh fold of the log gives.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::allowed::{allowed, candidates};
use sojourn::journey::decide::{Command, decide};
use sojourn::journey::events::{Event, EventType, EventType::*};
use sojourn::journey::evolve::evolve;
use sojourn::journey::ids::*;
use sojourn::journey::refusal::Refusal;
use sojourn::journey::visit::{Place, Visit};
use sojourn::journey::words::{BillKind, Priority, Role, Stage, Station, VisitType, Word};
use sojourn::log::StoredEvent;
use sojourn::on;
use sojourn::projections::bills::{self, BillRow};
use sojourn::projections::tests::{self, TestRow};
use sojourn::projections::visits::{self, VisitRow};
use sojourn::record::{Wish, steps};

use crate::support::house::{House, code};
use crate::support::stories;

stories! {
    rows_are_what_the_log_gives,
    lists_show_what_they_promise,
    the_timeline_is_told_in_the_order_things_were_done,
}

const WALKS: u64 = 12;
const STEPS: usize = 60;

async fn rows_are_what_the_log_gives(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let mut happened = BTreeSet::new();
    let mut logged = 0;
    for walk in 0..WALKS {
        let visit = wander(&house, walk).await;
        let stream = house.stream(&visit).await;
        happened.extend(stream.iter().map(|stored| stored.event.event_type.clone()));
        logged += stream.len() as i64;
        compare(&house, &visit, &stream).await;
    }
    assert_eq!(house.verified().await, logged);
    assert!(happened.len() >= 28, "walks that meet most events meet most rows: only {happened:?}");
}

/// Walks at random through what is allowed, and tries what is not.
pub async fn wander(house: &House, seed: u64) -> VisitId {
    let mut chance = StdRng::seed_from_u64(seed);
    let id: VisitId = new_id();
    let visit_type = VisitType::ALL[seed as usize % VisitType::ALL.len()];
    let mut wish = house.registration(Some(&id));
    wish.metadata["visitType"] = json!(visit_type.word());
    wish.metadata["reason"] = json!("fever");
    house.record(Role::Receptionist, vec![wish]).await.expect("a registration");
    let (mut tried, mut counts) = (0, BTreeMap::new());
    while tried < STEPS {
        let (_, visit) = house.recorder.load(&house.tenant.id, &id).await.expect("a read").expect("the visit");
        let now = house.now() + TimeDelta::minutes(1);
        let (role, event) = choose(house, &visit, now, &counts, tried, &mut chance);
        let actor = house.who(role);
        let accepted = |event: &Event| {
            let command = Command { event: event.clone(), actor, performed_at: now, now };
            decide(&house.tenant.policy, Some(&visit), &command).is_ok()
        };
        let (likely, unlikely): (Vec<_>, Vec<_>) = candidates(event, Some(&visit), now).into_iter().partition(accepted);
        let Some(event) = likely.choose(&mut chance).or(unlikely.first()) else { continue };
        let wish = furnish(house, &id, event, &mut chance);
        let performed_at = wish.performed_at.unwrap_or(now);
        let expected = Event::parse(wish.happening.step().expect("a step"), &wish.metadata)
            .map_err(Refusal::InvalidMetadata)
            .and_then(|event| decide(&house.tenant.policy, Some(&visit), &Command { event, actor, performed_at, now }));
        let result = house.record(role, vec![wish]).await;
        match expected {
            Ok(step) => {
                let stored = result.unwrap_or_else(|error| panic!("seed {seed}: {error}")).events.remove(0);
                assert_eq!((stored.event.performed_at, stored.event.version), (step.at, visit.version + 1));
                *counts.entry(step.event.event_type()).or_default() += 1;
            }
            Err(refusal) => assert_eq!(code(result), refusal.code(), "seed {seed}"),
        }
        tried += 1;
    }
    id
}

/// Who does what next: mostly something that is allowed and was seldom done so far, and an outcome only late.
fn choose(
    house: &House,
    visit: &Visit,
    now: DateTime<Utc>,
    counts: &BTreeMap<EventType, usize>,
    tried: usize,
    chance: &mut StdRng,
) -> (Role, EventType) {
    let anything = |chance: &mut StdRng| {
        (*Role::ALL.choose(chance).expect("a role"), *EventType::ALL.choose(chance).expect("an event"))
    };
    let may = |role: &Role| {
        let events = allowed(&house.tenant.policy, Some(visit), house.who(*role), now);
        let role = *role;
        events.into_iter().map(move |event| (role, event)).filter(|(_, event)| !event.is_outcome() || tried > STEPS / 2)
    };
    let mut open: Vec<_> = Role::ALL.iter().flat_map(may).collect();
    if chance.random_ratio(2, 3) {
        let count = |event: &EventType| counts.get(event).copied().unwrap_or_default();
        let least = open.iter().map(|(_, event)| count(event)).min();
        open.retain(|(_, event)| Some(count(event)) == least);
    }
    match open.choose(chance) {
        Some(choice) if chance.random_ratio(9, 10) => *choice,
        _ => anything(chance),
    }
}

/// A candidate with what exists in this hospital, and now and then with more in it or done a while ago.
fn furnish(house: &House, visit: &VisitId, event: &Event, chance: &mut StdRng) -> Wish {
    let mut metadata = event.metadata();
    let mut set = |field: &str, value: Value| metadata[field] = value;
    let sometimes = chance.random_ratio(1, 2);
    let doctor = json!(house.who(Role::Doctor).id);
    match event.event_type() {
        VisitRegistered => set("patientId", json!(house.patient)),
        VisitAssigned => set("doctorId", doctor),
        EnteredRoom => set("roomId", json!(house.room)),
        QueueJoined if sometimes => set("doctorId", doctor),
        QueueCalled if sometimes => set("roomId", json!(house.room)),
        QueueCalled => set("counter", json!("Counter 2")),
        VitalsRecorded if sometimes => set("priority", json!("URGENT")),
        TestSampleCollected if sometimes => {
            set("sampleId", json!(format!("S-{}", chance.random_range(1..9))));
            set("specimen", json!("serum"));
        }
        ConsultationBilled | TestsBilled if sometimes => set("discount", json!(1)),
        _ => {}
    }
    let wish = Wish::new(Some(visit.clone()), event.event_type(), metadata);
    let late = chance.random_ratio(1, 6).then(|| house.now() - TimeDelta::minutes(chance.random_range(0..10)));
    Wish { performed_at: late, ..wish }
}

/// Holds every row of a visit against the log.
async fn compare(house: &House, visit_id: &VisitId, stream: &[StoredEvent]) {
    const VISIT: &str = "SELECT * FROM visits WHERE tenant_id = $1 AND visit_id = $2";
    const TESTS: &str = "SELECT * FROM tests WHERE tenant_id = $1 AND visit_id = $2 ORDER BY test_id";
    const URGENCIES: &str = "SELECT urgency FROM visits WHERE tenant_id = $1 AND visit_id = $2";
    let (db, tenant) = (&house.db, &house.tenant.id);
    let visit = steps(stream).expect("steps").iter().fold(None, evolve).expect("the visit");

    let row: VisitRow =
        on!(&db.read, pool => sqlx::query_as(VISIT).bind(tenant).bind(visit_id).fetch_one(pool).await).expect("a row");
    assert_eq!(row, visit_row(house, visit_id, &visit, &row.token));
    let card = visits::get(db, tenant, visit_id).await.expect("a read").expect("the visit");
    assert_eq!(card.visit, row);
    let urgency: i32 =
        on!(&db.read, pool => sqlx::query_scalar(URGENCIES).bind(tenant).bind(visit_id).fetch_one(pool).await)
            .expect("a row");
    assert_eq!(Priority::ALL[urgency as usize], visit.urgency());

    let rows: Vec<TestRow> =
        on!(&db.read, pool => sqlx::query_as(TESTS).bind(tenant).bind(visit_id).fetch_all(pool).await).expect("rows");
    assert_eq!(rows, test_rows(visit_id, &visit));

    let mut rows = bills::of_visit(db, tenant, visit_id).await.expect("rows");
    assert!(rows.is_sorted_by_key(|bill| bill.billed_at));
    rows.sort_by_key(|bill| bill.bill_id.clone());
    assert_eq!(rows, bill_rows(visit_id, &visit));
}

fn visit_row(house: &House, visit_id: &VisitId, visit: &Visit, token: &str) -> VisitRow {
    let called = matches!(visit.place, Place::Called { .. });
    let standing = visit.tests.values().filter(|test| test.stage != Stage::Cancelled);
    let unbilled: Vec<_> = standing.filter(|test| test.bill_id.is_none()).collect();
    let mut billing_since: Vec<DateTime<Utc>> = unbilled.iter().map(|test| test.ordered_at).collect();
    billing_since.extend(visit.bills.values().filter(|bill| bill.balance().0 > 0).map(|bill| bill.billed_at));
    let for_consultation = visit.bills.values().any(|bill| bill.kind == BillKind::Consultation);
    if visit.visit_type != VisitType::LabOnly && !for_consultation {
        billing_since.push(visit.registered_at);
    }
    billing_since.retain(|_| visit.outcome.is_none());
    billing_since.extend(visit.bills.values().filter(|bill| bill.balance().0 < 0).map(|bill| bill.billed_at));
    VisitRow {
        visit_id: visit_id.clone(),
        patient_id: visit.patient_id.clone(),
        branch_id: Some(house.branch.clone()),
        department_id: visit.department_id.clone(),
        visit_type: visit.visit_type,
        priority: visit.urgency(),
        status: visit.status(),
        station: match visit.place {
            Place::Nowhere => None,
            Place::Room { .. } => Some(Station::Consultation),
            Place::Queue { station } | Place::Called { station } | Place::Away { station } => Some(station),
        },
        room_id: match &visit.place {
            Place::Room { room_id } => Some(room_id.clone()),
            _ => visit.call.room_id.clone().filter(|_| called),
        },
        counter: visit.call.counter.clone().filter(|_| called),
        since: visit.since,
        calls: visit.call.times as i32,
        token: token.to_owned(),
        day: house.tenant.local_day(visit.registered_at),
        doctor_id: visit.waiting_for.clone().or(visit.doctor_id.clone()),
        reason: visit.reason.clone(),
        attended: visit.attended,
        registered_at: visit.registered_at,
        ended_at: visit.ended_at,
        due: visit.due(),
        unbilled: unbilled.len() as i32,
        billing_since: billing_since.into_iter().min(),
        version: visit.version,
    }
}

fn test_rows(visit_id: &VisitId, visit: &Visit) -> Vec<TestRow> {
    let ended = visit.outcome.is_some();
    let row = |(test_id, test): (&TestId, &sojourn::journey::visit::Test)| TestRow {
        visit_id: visit_id.clone(),
        test_id: test_id.clone(),
        code: test.code.clone(),
        name: test.name.clone(),
        price: test.price,
        specimen: test.specimen.clone(),
        priority: test.priority,
        stage: test.stage,
        since: test.since,
        ordered_at: test.ordered_at,
        sample_id: test.sample_id.clone(),
        recollections: test.recollections as i32,
        bill_id: test.bill_id.clone(),
        paid: visit.is_paid(test),
        completed_by: test.completed_by.clone(),
        results: test.results.clone(),
        pending: test.stage == Stage::Reported || !ended && !matches!(test.stage, Stage::Delivered | Stage::Cancelled),
    };
    visit.tests.iter().map(row).collect()
}

fn bill_rows(visit_id: &VisitId, visit: &Visit) -> Vec<BillRow> {
    let row = |(bill_id, bill): (&BillId, &sojourn::journey::visit::Bill)| BillRow {
        visit_id: visit_id.clone(),
        bill_id: bill_id.clone(),
        kind: bill.kind,
        items: bill.items.clone(),
        discount: bill.discount,
        amount: bill.amount,
        paid: bill.paid,
        refunded: bill.refunded,
        balance: bill.amount - bill.paid + bill.refunded,
        payments: bill.payments.clone(),
        billed_at: bill.billed_at,
        settled_at: bill.settled_at,
    };
    visit.bills.iter().map(row).collect()
}

async fn lists_show_what_they_promise(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let there = House::open(&db, "Lake Hospital").await;
    there.log(Role::Receptionist, &there.register().await, QueueJoined, json!({})).await;
    let tenant = &house.tenant.id;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let visit = house.register().await;
        house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
        waiting.push(visit);
    }
    house.log(Role::Nurse, &waiting[2], VitalsRecorded, json!({ "pulse": 140, "priority": "EMERGENCY" })).await;
    let ids = |cards: Vec<visits::VisitCard>| cards.into_iter().map(|card| card.visit.visit_id).collect::<Vec<_>>();
    let [first, second, third] = [0, 1, 2].map(|index: usize| waiting[index].clone());

    let board = visits::board(&db, tenant, Station::Consultation, None).await.expect("a read");
    assert_eq!(
        ids(board),
        [&third, &first, &second].map(Clone::clone),
        "the most urgent first, then who waits longest"
    );
    let east = Some(&new_id());
    assert_eq!(visits::board(&db, tenant, Station::Consultation, east).await.expect("a read"), []);
    assert_eq!(visits::board(&db, tenant, Station::Lab, None).await.expect("a read"), []);
    let day = house.tenant.local_day(house.now());
    let arrivals = visits::arrivals(&db, tenant, day, Some(&house.branch)).await.expect("a read");
    assert_eq!(ids(arrivals), [&third, &second, &first].map(Clone::clone));
    assert_eq!(visits::arrivals(&db, tenant, day.succ_opt().expect("a day"), None).await.expect("a read"), []);

    house.log(Role::Receptionist, &first, VisitCancelled, json!({ "reason": "went home" })).await;
    let bill = json!({ "billId": first, "items": [{ "description": "Consultation", "amount": 5 }] });
    house.log(Role::BillingClerk, &second, ConsultationBilled, bill).await;
    let to_bill = visits::to_bill(&db, tenant, None).await.expect("a read");
    assert_eq!(ids(to_bill), [&third, &second].map(Clone::clone));
    let paid = json!({ "billId": first, "amount": 5, "method": "CASH" });
    house.log(Role::BillingClerk, &second, PaymentReceived, paid).await;
    assert_eq!(ids(visits::to_bill(&db, tenant, None).await.expect("a read")), std::slice::from_ref(&third));
    let of_patient = visits::of_patient(&db, tenant, &house.patient).await.expect("a read");
    assert_eq!(ids(of_patient), [&third, &second, &first].map(Clone::clone));
    let board = visits::board(&db, tenant, Station::Consultation, None).await.expect("a read");
    assert_eq!(ids(board), [third, second]);
    assert_eq!(tests::counts(&db, tenant).await.expect("a read"), []);
}

async fn the_timeline_is_told_in_the_order_things_were_done(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    let joined = house.now();
    house.log(Role::Receptionist, &visit, QueueCalled, json!({})).await;
    // A tablet that was offline.
    let measured = Wish {
        performed_at: Some(joined + TimeDelta::seconds(30)),
        ..Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72 }))
    };
    house.record(Role::Nurse, vec![measured]).await.expect("a late entry");
    let told = house.told(&visit).await;
    let order: Vec<_> = told.iter().map(|row| (row.event_type, row.version)).collect();
    assert_eq!(order, [(VisitRegistered, 1), (QueueJoined, 2), (VitalsRecorded, 4), (QueueCalled, 3)]);
}
