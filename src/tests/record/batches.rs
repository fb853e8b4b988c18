//! Several events at once: all of them or none.

use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::VisitId;
use sojourn::journey::words::{Code, Role};
use sojourn::on;
use sojourn::projections::visits;
use sojourn::record::Wish;

use crate::support::house::{House, refusal};
use crate::support::stories;

stories! {
    a_batch_goes_over_several_visits,
    a_batch_may_register_and_go_on,
    a_batch_that_fails_writes_nothing,
    an_empty_batch_is_nothing,
}

async fn a_batch_goes_over_several_visits(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visits: [VisitId; 3] = [new_id(), new_id(), new_id()];
    let wishes = visits.iter().map(|visit| house.registration(Some(visit)));
    let joined = visits.iter().map(|visit| Wish::new(Some(visit.clone()), QueueJoined, json!({})));
    let recorded = house.record(Role::Receptionist, wishes.chain(joined).collect()).await.expect("a batch");
    let places: Vec<_> = recorded
        .events
        .iter()
        .map(|event| (event.position, event.event.visit_id.clone(), event.event.version))
        .collect();
    let expected = (1..)
        .zip(visits.iter().chain(&visits))
        .map(|(position, visit)| (position, Some(visit.clone()), if position <= 3 { 1 } else { 2 }));
    assert_eq!(places, expected.collect::<Vec<_>>());
    for visit in &visits {
        let card = visits::get(&db, &house.tenant.id, visit).await.expect("a read").expect("the visit");
        assert_eq!(card.visit.version, 2);
    }
    assert_eq!(house.verified().await, 6);
}

async fn a_batch_may_register_and_go_on(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (first, second): (VisitId, VisitId) = (new_id(), new_id());
    // The second visit names the first, which is not yet committed.
    let mut moved = house.registration(Some(&second));
    moved.metadata["followUpOf"] = json!(first);
    let expecting = |version| Wish {
        expected_version: Some(version),
        ..Wish::new(Some(first.clone()), VitalsRecorded, json!({ "pulse": 72 }))
    };
    let wishes = vec![house.registration(Some(&first)), moved];
    house.record(Role::Receptionist, wishes).await.expect("a batch");
    house.record(Role::Nurse, vec![expecting(1), expecting(2)]).await.expect("versions go on within a batch");
    let refused = refusal(house.record(Role::Nurse, vec![expecting(3), expecting(3)]).await);
    assert_eq!((refused.index, refused.refusal.code()), (1, Code::VersionConflict));
    assert_eq!(house.stream(&first).await.len(), 3);
}

/// Every row there is, table by table, but for the refused attempts.
async fn rows(db: &Db) -> Vec<i64> {
    const COUNTS: [&str; 8] = [
        "SELECT COUNT(*) FROM visit_events",
        "SELECT COUNT(*) FROM event_tags",
        "SELECT COUNT(*) FROM idempotency_keys",
        "SELECT COUNT(*) FROM visits",
        "SELECT COUNT(*) FROM tests",
        "SELECT COUNT(*) FROM bills",
        "SELECT CAST(COALESCE(SUM(last), 0) AS BIGINT) FROM token_counters",
        "SELECT CAST(COALESCE(SUM(position), 0) AS BIGINT) FROM log_heads",
    ];
    let mut rows = Vec::new();
    for sql in COUNTS {
        rows.push(on!(&db.read, pool => sqlx::query_scalar(sql).fetch_one(pool).await).expect(sql));
    }
    rows
}

async fn a_batch_that_fails_writes_nothing(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let before = rows(&db).await;
    let receptionist = house.who(Role::Receptionist);
    let bill = json!({ "billId": new_id::<VisitId>(), "items": [{ "description": "Consultation", "amount": 5 }] });
    let wishes = || {
        vec![
            Wish { tags: vec!["HEDIS".to_owned()], ..house.registration(None) },
            Wish::new(Some(visit.clone()), ConsultationBilled, bill.clone()),
            Wish::new(Some(visit.clone()), ExitedRoom, json!({})),
            Wish::new(Some(visit.clone()), QueueJoined, json!({})),
        ]
    };
    let mut heard = house.recorder.subscribe();
    let refused = refusal(house.recorder.record(&house.tenant, receptionist, wishes(), Some("a key")).await);
    assert_eq!((refused.index, refused.refusal.code()), (2, Code::NotInRoom));
    assert_eq!(refused.visit_id.as_ref(), Some(&visit));
    assert_eq!(rows(&db).await, before);
    assert!(heard.try_recv().is_err(), "nothing happened, nothing is announced");

    // The key is free still, and there is no gap where the batch was.
    let wish = || vec![Wish::new(Some(visit.clone()), QueueJoined, json!({}))];
    let recorded = house.recorder.record(&house.tenant, receptionist, wish(), Some("a key")).await.expect("logged");
    assert_eq!((recorded.repeated, recorded.events[0].position, recorded.events[0].event.version), (false, 2, 2));
    assert_eq!(house.verified().await, 2);
}

async fn an_empty_batch_is_nothing(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let recorded = house.record(Role::Nurse, Vec::new()).await.expect("nothing");
    assert!(recorded.events.is_empty() && !recorded.repeated);
    assert_eq!(house.verified().await, 0);
}
