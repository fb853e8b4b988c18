//! What is refused, in which order, and what is kept of it.

use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::VisitId;
use sojourn::journey::refusal::Refusal;
use sojourn::journey::words::{Code, Role};
use sojourn::log::refused;
use sojourn::record::Wish;

use crate::support::hospital::dawn;
use crate::support::house::{House, code, refusal};
use crate::support::stories;

stories! {
    of_two_writers_at_one_version_one_wins,
    refused_attempts_are_kept,
    a_refusal_says_what_could_be_done_instead,
    rules_are_asked_in_their_order,
    no_text_from_outside_breaks_a_refusal,
}

async fn of_two_writers_at_one_version_one_wins(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let wish =
        || Wish { expected_version: Some(1), ..Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72 })) };
    let write = |role| house.recorder.record(&house.tenant, house.who(role), vec![wish()], None);
    let (first, second) = tokio::join!(write(Role::Nurse), write(Role::Doctor));
    let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
    assert_eq!(won.expect("one wins").events[0].event.version, 2);
    let refused = refusal(lost);
    assert_eq!(refused.refusal, Refusal::VersionConflict { expected: 1, actual: 2 });
    assert_eq!(refused.visit.map(|visit| visit.version), Some(2));
    // A version that is not reached yet is no better.
    let ahead = Wish { expected_version: Some(3), ..wish() };
    let refused = refusal(house.record(Role::Nurse, vec![ahead]).await).refusal;
    assert_eq!(refused, Refusal::VersionConflict { expected: 3, actual: 2 });
    assert_eq!(house.verified().await, 2);
}

async fn refused_attempts_are_kept(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    house.refused(Role::Nurse, &visit, ExitedRoom, json!({})).await;
    house.refused(Role::Auditor, &visit, QueueJoined, json!({})).await;
    let second = vec![house.registration(None), Wish { branch_id: Some(new_id()), ..house.registration(None) }];
    refusal(house.record(Role::Receptionist, second).await);

    let kept = refused::list(&db, &house.tenant.id, None, 9).await.expect("a read");
    let kept: Vec<_> = kept
        .iter()
        .rev()
        .map(|attempt| {
            assert!(attempt.detail.ends_with('.'), "{attempt:?}");
            let minutes = (attempt.attempted_at - dawn()).num_minutes();
            (&attempt.person_id, attempt.event_type.as_str(), attempt.code.as_str(), minutes, attempt.visit_id.as_ref())
        })
        .collect();
    let who = |role| &house.who(role).id;
    assert_eq!(
        kept,
        [
            (who(Role::Nurse), "EXITED_ROOM", "NOT_IN_ROOM", 1, Some(&visit)),
            (who(Role::Auditor), "QUEUE_JOINED", "ROLE_NOT_ALLOWED", 2, Some(&visit)),
            (who(Role::Receptionist), "VISIT_REGISTERED", "UNKNOWN_REFERENCE", 3, None),
        ]
    );
    assert_eq!(house.verified().await, 1);
}

async fn a_refusal_says_what_could_be_done_instead(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let refused = house.refused(Role::LabTechnician, &visit, QueueSkipped, json!({})).await;
    assert_eq!((refused.refusal.code(), refused.index), (Code::NotCalled, 0));
    assert_eq!(refused.visit_id.as_ref(), Some(&visit));
    assert_eq!(refused.visit.map(|visit| visit.version), Some(1));
    assert_eq!(refused.allowed, [QueueJoined, DocumentUploaded]);
}

async fn rules_are_asked_in_their_order(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    house.log(Role::Receptionist, &visit, VisitNoShow, json!({})).await;
    let nowhere: VisitId = new_id();
    // Everything is wrong with the first; each that follows has one thing less wrong with it.
    let wish = Wish {
        performed_at: Some(dawn() + TimeDelta::days(1)),
        expected_version: Some(7),
        ..Wish::new(Some(nowhere.clone()), EnteredRoom, json!({ "roomId": nowhere, "more": 1 }))
    };
    let no_field = Wish { metadata: json!({ "roomId": nowhere }), ..wish.clone() };
    let known = Wish { metadata: json!({ "roomId": house.room }), ..wish.clone() };
    let found = Wish { visit_id: Some(visit.clone()), ..known.clone() };
    let current = Wish { expected_version: Some(3), ..found.clone() };
    let early = Wish { performed_at: Some(dawn() - TimeDelta::days(4)), ..current.clone() };
    let late = Wish { performed_at: Some(dawn()), ..current.clone() };
    let on_time = Wish { performed_at: None, ..current.clone() };
    let wishes = [
        (Role::Auditor, wish, Code::InvalidMetadata),
        (Role::Auditor, no_field.clone(), Code::RoleNotAllowed),
        (Role::Nurse, no_field, Code::UnknownReference),
        (Role::Nurse, known, Code::VisitNotFound),
        (Role::Nurse, found, Code::VersionConflict),
        (Role::Nurse, current, Code::InTheFuture),
        (Role::Nurse, early, Code::BeforeRegistration),
        (Role::Nurse, late, Code::OutOfOrder),
        (Role::Nurse, on_time, Code::VisitClosed),
    ];
    for (role, wish, expected) in wishes {
        assert_eq!(code(house.record(role, vec![wish]).await), expected);
    }
    let open = house.register().await;
    let refused = house.refused(Role::Nurse, &open, EnteredRoom, json!({ "roomId": house.room })).await;
    assert_eq!(refused.refusal.code(), Code::NotCalled);
    let wish = Wish { performed_at: Some(dawn() - TimeDelta::hours(80)), ..house.registration(None) };
    assert_eq!(code(house.record(Role::Receptionist, vec![wish]).await), Code::TooOld);
    let refused =
        house.refused(Role::Receptionist, &open, VisitRegistered, json!({ "patientId": house.patient })).await;
    assert_eq!(refused.refusal.code(), Code::AlreadyRegistered);
}

async fn no_text_from_outside_breaks_a_refusal(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let long = "x".repeat(100_000);
    for metadata in [
        json!({ "\0": 1 }),
        json!({ "reason": "a\0b" }),
        json!({ "reason\u{1}\u{202e}": "\u{7f}" }),
        json!({ long.as_str(): long }),
        json!([]),
        json!("\0"),
        json!(null),
    ] {
        let refused = house.refused(Role::Receptionist, &visit, VisitNoShow, metadata).await;
        assert_eq!(refused.refusal.code(), Code::InvalidMetadata);
    }
    let kept = refused::list(&db, &house.tenant.id, None, 9).await.expect("a read");
    assert_eq!(kept.len(), 7);
    assert!(kept.iter().all(|attempt| attempt.facts.to_string().len() < 200), "what was sent is not kept");
}
