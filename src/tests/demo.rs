//! Stories of the demo: a hospital in the middle of its day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use sojourn::db::Db;
use sojourn::demo::live_through;
use sojourn::hospital::demo::furnish;
use sojourn::hospital::passphrase::Hasher;
use sojourn::hospital::people;
use sojourn::hospital::tenants::Tenant;
use sojourn::journey::ids::TenantId;
use sojourn::journey::words::{Priority, Stage, Station, Status, VisitType, Word};
use sojourn::log;
use sojourn::projections::visits::VisitCard;
use sojourn::projections::{tests, visits};

use crate::support::stories;

stories! {
    the_day_has_every_stage,
    every_board_has_somebody,
    a_day_is_lived_once,
    the_night_has_its_visits_too,
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// Furnishes the hospital and lives through its day until a moment; says too whether anything was lived.
async fn lived(db: &Db, now: DateTime<Utc>) -> (Tenant, bool) {
    let furnished = furnish(db, &Hasher::default(), now).await.expect("the hospital is furnished");
    let lived = live_through(db, &furnished.tenant, now).await.expect("the day is lived");
    (furnished.tenant, lived)
}

async fn arrivals(db: &Db, tenant: &Tenant, now: DateTime<Utc>) -> Vec<VisitCard> {
    visits::arrivals(db, &tenant.id, tenant.local_day(now), None).await.expect("a list")
}

async fn events(db: &Db, tenant: &TenantId) -> i64 {
    log::verify(db, tenant).await.expect("the log holds together").events
}

async fn the_day_has_every_stage(db: Db) {
    let now = moment("2026-03-02T08:40:00Z");
    let (tenant, _) = lived(&db, now).await;
    let cards = arrivals(&db, &tenant, now).await;
    assert!(cards.len() >= 75, "{} visits", cards.len());
    let patients: BTreeSet<_> = cards.iter().map(|card| &card.visit.patient_id).collect();
    assert_eq!(patients.len(), cards.len(), "everybody comes once");

    let statuses: BTreeSet<Status> = cards.iter().map(|card| card.visit.status).collect();
    assert_eq!(statuses.len(), Status::ALL.len(), "{statuses:?}");
    let types: BTreeSet<VisitType> = cards.iter().map(|card| card.visit.visit_type).collect();
    assert_eq!(types.len(), VisitType::ALL.len(), "{types:?}");

    let counts = tests::counts(&db, &tenant.id).await.expect("counts");
    let stages: BTreeMap<Stage, i64> = counts.into_iter().map(|at| (at.stage, at.tests)).collect();
    for stage in Stage::ALL.iter().filter(|stage| !matches!(stage, Stage::Delivered | Stage::Cancelled)) {
        assert!(stages.get(stage).is_some_and(|tests| *tests > 0), "no test is {stage}");
    }
    let awaited = tests::worklist(&db, &tenant.id, Stage::Ordered).await.expect("a list");
    assert!(awaited.iter().any(|card| card.test.recollections > 0), "a spoilt specimen is to be collected again");
    assert!(awaited.iter().any(|card| card.test.priority == Priority::Emergency), "a test is urgent");
    assert!(awaited.iter().any(|card| card.test.paid) && awaited.iter().any(|card| !card.test.paid));

    assert!(cards.iter().all(|card| card.visit.registered_at <= now && card.visit.since <= now));
    assert!(events(&db, &tenant.id).await > 800);
}

async fn every_board_has_somebody(db: Db) {
    let now = moment("2026-03-02T08:40:00Z");
    let (tenant, _) = lived(&db, now).await;
    let board = |station| visits::board(&db, &tenant.id, station, None);
    let consultation = board(Station::Consultation).await.expect("a board");
    let name = "doctor".parse().expect("a name");
    let doctor = people::credentials(&db, &name).await.expect("an answer").expect("the doctor").person;
    let of_doctor: Vec<&VisitCard> =
        consultation.iter().filter(|card| card.visit.doctor_id.as_ref() == Some(&doctor.id)).collect();
    let with = |status| of_doctor.iter().filter(|card| card.visit.status == status).count();
    assert_eq!(with(Status::InConsultation), 1);
    assert_eq!(with(Status::Away), 1);
    assert!(with(Status::Waiting) >= 5);
    assert!(of_doctor.iter().any(|card| card.visit.status == Status::Waiting && card.visit.attended), "one is back");
    let rooms: Vec<_> = consultation
        .iter()
        .filter(|card| card.visit.status == Status::InConsultation)
        .filter_map(|card| card.visit.room_id.clone())
        .collect();
    assert_eq!((rooms.len(), rooms.iter().collect::<BTreeSet<_>>().len()), (4, 4), "nobody shares a room");
    let urgent = |priority| consultation.iter().any(|card| card.visit.priority == priority);
    assert!(urgent(Priority::Urgent) && urgent(Priority::Emergency));

    assert!(!board(Station::Billing).await.expect("a board").is_empty());
    assert!(!board(Station::Lab).await.expect("a board").is_empty());
    assert!(visits::to_bill(&db, &tenant.id, None).await.expect("a list").len() >= 6);
    assert!(!tests::for_doctor(&db, &tenant.id, Stage::Completed, &doctor.id, None).await.expect("a list").is_empty());
}

async fn a_day_is_lived_once(db: Db) {
    let now = moment("2026-03-02T08:40:00Z");
    let (tenant, first) = lived(&db, now).await;
    let logged = events(&db, &tenant.id).await;
    let (_, again) = lived(&db, now + TimeDelta::hours(2)).await;
    assert_eq!((first, again), (true, false));
    assert_eq!(events(&db, &tenant.id).await, logged);

    let tomorrow = now + TimeDelta::days(1);
    let (_, lived) = lived(&db, tomorrow).await;
    assert!(lived && arrivals(&db, &tenant, tomorrow).await.len() >= 75);
    let board = visits::board(&db, &tenant.id, Station::Consultation, None).await.expect("a board");
    assert!(board.iter().all(|card| card.visit.registered_at > now), "yesterday is over");
    assert!(events(&db, &tenant.id).await > logged);
}

async fn the_night_has_its_visits_too(db: Db) {
    // Two in the morning in the hospital, which is nearer to midnight than the day is long.
    let now = moment("2026-03-01T20:30:00Z");
    let (tenant, _) = lived(&db, now).await;
    assert!(arrivals(&db, &tenant, now).await.len() >= 75);

    // Ten past midnight on the day after: most of them came the evening before.
    let now = moment("2026-03-02T18:40:00Z");
    let (_, lived) = lived(&db, now).await;
    assert!(lived);
    assert!(arrivals(&db, &tenant, now - TimeDelta::minutes(20)).await.len() >= 150);
    assert!(!arrivals(&db, &tenant, now).await.is_empty());
}
