//! The same request again: answered alike, logged once.

use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::*;
use sojourn::journey::words::Role;
use sojourn::log::refused;
use sojourn::record::{Happening, RecordError, Recorded, Wish};

use crate::support::house::House;
use crate::support::stories;

stories! {
    a_retry_is_answered_as_the_first_time,
    a_key_with_another_body_is_refused,
    each_person_has_keys_of_their_own,
    an_events_own_id_is_a_key,
    an_id_with_another_body_is_refused,
    an_id_twice_in_one_batch_is_refused,
    an_id_with_part_of_a_batch_is_refused,
}

fn mismatch(result: Result<Recorded, RecordError>) {
    assert!(matches!(result, Err(RecordError::IdempotencyMismatch)), "{result:?}");
}

async fn a_retry_is_answered_as_the_first_time(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let receptionist = house.who(Role::Receptionist);
    let request = || vec![house.registration(None), house.registration(None)];
    let send = || house.recorder.record(&house.tenant, receptionist, request(), Some("desk 1, 9:00"));
    let first = send().await.expect("two visits");
    house.register().await;
    let mut heard = house.recorder.subscribe();
    let again = send().await.expect("the same two visits");
    assert_eq!((first.repeated, again.repeated), (false, true));
    assert_eq!(again.events, first.events);
    assert!(heard.try_recv().is_err(), "nothing changed, nothing is announced");
    assert_eq!(house.verified().await, 3);
}

async fn a_key_with_another_body_is_refused(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let send = |wish: Wish| house.recorder.record(&house.tenant, house.who(Role::Nurse), vec![wish], Some("key"));
    let wish = || Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72 }));
    send(wish()).await.expect("the first");
    mismatch(send(Wish { metadata: json!({ "pulse": 73 }), ..wish() }).await);
    mismatch(send(Wish { expected_version: Some(1), ..wish() }).await);
    mismatch(send(Wish { description: Some("again".to_owned()), ..wish() }).await);
    assert!(send(wish()).await.expect("the first again").repeated);
    assert_eq!(house.verified().await, 2);
}

async fn each_person_has_keys_of_their_own(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    for role in [Role::Nurse, Role::Doctor] {
        let wish = Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72 }));
        let recorded = house.recorder.record(&house.tenant, house.who(role), vec![wish], Some("1")).await;
        assert!(!recorded.expect("logged").repeated);
    }
    let elsewhere = House::open(&db, "Lake Hospital").await;
    let wish = elsewhere.registration(None);
    let recorded = elsewhere.recorder.record(&elsewhere.tenant, house.who(Role::Receptionist), vec![wish], Some("1"));
    assert!(!recorded.await.expect("logged").repeated);
}

async fn an_events_own_id_is_a_key(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let wish = Wish { id: Some(new_id()), ..house.registration(None) };
    let first = house.record(Role::Receptionist, vec![wish.clone()]).await.expect("a registration");
    assert_eq!(wish.id.as_ref(), Some(&first.events[0].event.id));
    let again = house.record(Role::Receptionist, vec![wish.clone()]).await.expect("the same registration");
    assert!(again.repeated && !first.repeated);
    assert_eq!(again.events, first.events);
    // Elsewhere it is another event.
    let there = House::open(&db, "Lake Hospital").await;
    let other = Wish { id: wish.id, ..there.registration(None) };
    assert!(!there.record(Role::Receptionist, vec![other]).await.expect("a registration").repeated);
    assert_eq!((house.verified().await, there.verified().await), (1, 1));
}

async fn an_id_with_another_body_is_refused(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (visit, other) = (house.register().await, house.register().await);
    let wish = Wish {
        id: Some(new_id()),
        description: Some("sitting".to_owned()),
        ..Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "temperatureC": 37.0 }))
    };
    let send = |wish: Wish| house.record(Role::Nurse, vec![wish]);
    let stored = send(wish.clone()).await.expect("the first").events.remove(0).event;
    mismatch(send(Wish { metadata: json!({ "temperatureC": 38.5 }), ..wish.clone() }).await);
    mismatch(send(Wish { happening: Happening::Step(QueueJoined), metadata: json!({}), ..wish.clone() }).await);
    mismatch(send(Wish { visit_id: Some(other), ..wish.clone() }).await);
    mismatch(
        send(Wish { performed_at: Some(stored.performed_at - chrono::TimeDelta::seconds(1)), ..wish.clone() }).await,
    );
    mismatch(send(Wish { description: None, ..wish.clone() }).await);
    mismatch(send(Wish { tags: vec!["STAR".to_owned()], ..wish.clone() }).await);
    // Another person did not do what this one did.
    mismatch(house.record(Role::Doctor, vec![wish.clone()]).await);
    assert!(send(Wish { performed_at: Some(stored.performed_at), ..wish.clone() }).await.expect("the first").repeated);
    assert!(send(wish).await.expect("the first").repeated);
    assert_eq!(house.verified().await, 3);
    assert_eq!(refused::list(&db, &house.tenant.id, None, 9).await.expect("a read"), []);
}

async fn an_id_twice_in_one_batch_is_refused(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let wish = Wish { id: Some(new_id()), ..house.registration(None) };
    mismatch(house.record(Role::Receptionist, vec![wish.clone(), wish]).await);
    assert_eq!(house.verified().await, 0);
}

async fn an_id_with_part_of_a_batch_is_refused(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let wish = Wish { id: Some(new_id()), ..house.registration(None) };
    house.record(Role::Receptionist, vec![wish.clone()]).await.expect("a registration");
    mismatch(house.record(Role::Receptionist, vec![wish.clone(), house.registration(None)]).await);
    assert_eq!(house.verified().await, 1);
}
