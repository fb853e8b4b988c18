//! The standard out-patient's way, from the front desk to the report.

use serde_json::json;
use sojourn::db::Db;
use sojourn::journey::events::EventType::*;
use sojourn::journey::words::{Outcome, Role, Stage, Status};
use sojourn::projections::{bills, tests, visits};

use crate::support::flow;
use crate::support::house::House;
use crate::support::stories;

stories! {
    five_people_carry_one_patient_through,
    changes_are_announced_once_they_can_be_read,
    each_hospital_has_its_own_log,
}

async fn five_people_carry_one_patient_through(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let steps = flow::standard(&house.who(Role::Doctor).id, &house.room);
    for (number, (role, event, metadata)) in (2..).zip(steps) {
        let stored = house.log(role, &visit, event, metadata).await;
        assert_eq!((stored.event.version, stored.position), (number, number));
        assert_eq!(stored.event.performed_by, house.who(role).id);
    }

    let tenant = &house.tenant.id;
    let card = visits::get(&db, tenant, &visit).await.expect("a read").expect("the visit");
    assert_eq!((card.visit.status, card.visit.version, card.visit.due.0), (Status::Completed, 19, 0));
    assert_eq!(card.doctor_name.as_deref(), Some("The doctor"));
    assert_eq!(card.visit.billing_since, None);
    let bills = bills::of_visit(&db, tenant, &visit).await.expect("a read");
    assert_eq!(bills.iter().map(|bill| (bill.paid.0, bill.balance.0)).collect::<Vec<_>>(), [(50_000, 0), (30_000, 0)]);
    let test = tests::by_sample(&db, tenant, "S-1").await.expect("a read").remove(0);
    assert_eq!((test.test.stage, test.test.paid, test.test.pending), (Stage::Delivered, true, false));
    let told = house.told(&visit).await;
    assert_eq!(told.len(), 19);
    assert_eq!(told[1].sentence, "Waiting for The doctor.");
    assert_eq!(told[5].title, "Entered Room 1");
    let (steps, folded) = house.recorder.load(tenant, &visit).await.expect("a read").expect("the visit");
    assert_eq!((steps.len(), folded.version, folded.outcome), (19, 19, Some(Outcome::Completed)));
    assert_eq!(house.verified().await, 19);
}

async fn changes_are_announced_once_they_can_be_read(db: Db) {
    let house = House::open_now(&db, "City Hospital").await;
    let mut heard = house.recorder.subscribe();
    let writer = tokio::spawn({
        let house = house.clone();
        async move {
            let visit = house.register().await;
            house.refused(Role::Receptionist, &visit, ExitedRoom, json!({})).await;
            for _ in 0..20 {
                house.log(Role::Nurse, &visit, VitalsRecorded, json!({ "pulse": 72 })).await;
            }
            visit
        }
    });
    for version in 1..=21 {
        let announced = heard.recv().await.expect("an announcement");
        assert_eq!((&announced.tenant_id, announced.version), (&house.tenant.id, version));
        let card = visits::get(&db, &house.tenant.id, &announced.visit_id).await.expect("a read").expect("the visit");
        assert!(card.visit.version >= version);
    }
    let visit = writer.await.expect("the writer ends");
    assert!(heard.try_recv().is_err(), "a refusal is announced to nobody");
    assert_eq!(house.stream(&visit).await.len(), 21);
}

async fn each_hospital_has_its_own_log(db: Db) {
    let (here, there) = (House::open(&db, "City Hospital").await, House::open(&db, "Lake Hospital").await);
    let visit = here.register().await;
    here.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    // The same id elsewhere is another visit.
    let wish = there.registration(Some(&visit));
    let other = there.record(Role::Receptionist, vec![wish]).await.expect("a registration").events.remove(0);
    assert_eq!((other.position, other.event.version), (1, 1));
    here.log(Role::Nurse, &visit, VitalsRecorded, json!({ "pulse": 72 })).await;
    assert_eq!((here.verified().await, there.verified().await), (3, 1));
    let status = |house: &House| {
        let (db, tenant, visit) = (house.db.clone(), house.tenant.id.clone(), visit.clone());
        async move { visits::get(&db, &tenant, &visit).await.expect("a read").expect("the visit").visit.status }
    };
    assert_eq!((status(&here).await, status(&there).await), (Status::Waiting, Status::Registered));
}
