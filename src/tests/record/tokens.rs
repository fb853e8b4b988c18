//! Tokens: what a patient is called by, without gaps for each prefix, branch and day.

use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::{Db, commit};
use sojourn::hospital::branches;
use sojourn::hospital::departments::{self, NewDepartment};
use sojourn::journey::events::EventType::VisitRegistered;
use sojourn::journey::words::Role;
use sojourn::projections::visits;
use sojourn::record::Wish;

use crate::support::house::{House, refusal};
use crate::support::stories;

stories! {
    tokens_count_by_prefix_branch_and_day,
    a_refused_registration_takes_no_token,
}

async fn token(house: &House, wish: Wish) -> String {
    let stored = house.record(Role::Receptionist, vec![wish]).await.expect("a registration").events.remove(0);
    let visit = stored.event.visit_id.expect("a visit");
    visits::get(&house.db, &house.tenant.id, &visit).await.expect("a read").expect("the visit").visit.token
}

async fn tokens_count_by_prefix_branch_and_day(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let mut tx = db.begin().await.expect("a transaction");
    let east = branches::add(&mut tx, &house.tenant.id, "East", "EAST").await.expect("a branch").id;
    let cardiology = NewDepartment {
        branch_id: house.branch.clone(),
        name: "Cardiology".to_owned(),
        token_prefix: "K".to_owned(),
        target_minutes: 20,
    };
    let cardiology = departments::add(&mut tx, &house.tenant.id, cardiology).await.expect("a department").id;
    commit(tx).await.expect("it is written");

    let general = || house.registration(None);
    let cardiac = || {
        let metadata = json!({ "patientId": house.patient, "departmentId": cardiology });
        Wish { metadata, ..general() }
    };
    let plain = |visit_type: &str| {
        let metadata = json!({ "patientId": house.patient, "visitType": visit_type });
        Wish::new(None, VisitRegistered, metadata)
    };
    assert_eq!(token(&house, general()).await, "C-001");
    assert_eq!(token(&house, cardiac()).await, "K-001");
    assert_eq!(token(&house, general()).await, "C-002");
    assert_eq!(token(&house, plain("OPD")).await, "V-001");
    assert_eq!(token(&house, plain("LAB_ONLY")).await, "L-001");
    assert_eq!(token(&house, plain("EMERGENCY")).await, "V-002");
    assert_eq!(token(&house, Wish { branch_id: Some(east.clone()), ..general() }).await, "C-001");
    assert_eq!(token(&house, Wish { branch_id: Some(east), ..plain("LAB_ONLY") }).await, "L-001");
    assert_eq!(token(&house, general()).await, "C-003");
    // The day turns at the hospital's midnight: 18:30 UTC.
    let midnight = house.tenant.day_bounds(house.tenant.local_day(house.now())).end;
    let late = midnight - TimeDelta::milliseconds(1);
    house.clock.advance(midnight - house.now());
    assert_eq!(token(&house, Wish { performed_at: Some(late), ..general() }).await, "C-004");
    assert_eq!(token(&house, Wish { performed_at: Some(midnight), ..general() }).await, "C-001");
    let elsewhere = House::open(&db, "Lake Hospital").await;
    assert_eq!(token(&elsewhere, elsewhere.registration(None)).await, "C-001");
}

async fn a_refused_registration_takes_no_token(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    assert_eq!(token(&house, house.registration(None)).await, "C-001");
    let unknown = Wish { metadata: json!({ "patientId": house.room }), ..house.registration(None) };
    refusal(house.record(Role::Receptionist, vec![house.registration(None), unknown]).await);
    assert_eq!(token(&house, house.registration(None)).await, "C-002");
}
