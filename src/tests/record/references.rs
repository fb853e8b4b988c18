//! What an event names must exist in this hospital.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::{self, *};
use sojourn::journey::ids::VisitId;
use sojourn::journey::refusal::Refusal;
use sojourn::journey::words::{Code, Role};
use sojourn::record::{Recorder, Wish};

use crate::support::house::{House, refusal};
use crate::support::stories;

stories! {
    what_does_not_exist_here_is_unknown,
    a_visit_of_another_hospital_does_not_exist,
    what_is_closed_takes_nobody_in,
}

async fn what_does_not_exist_here_is_unknown(db: Db) {
    let (here, there) = (House::open(&db, "City Hospital").await, House::open(&db, "Lake Hospital").await);
    let (visit, foreign) = (here.register().await, there.register().await);
    let nobody: VisitId = new_id();
    let (doctor, stranger) = (&here.who(Role::Doctor).id, &there.who(Role::Doctor).id);
    let patient = &here.patient;
    let registered = |field: &str, id: Value| {
        let mut metadata = json!({ "patientId": patient });
        metadata[field] = id;
        (VisitRegistered, metadata)
    };
    let unknown: [(&str, (EventType, Value)); 16] = [
        ("patientId", registered("patientId", json!(nobody))),
        ("patientId", registered("patientId", json!(there.patient))),
        ("departmentId", registered("departmentId", json!(nobody))),
        ("departmentId", registered("departmentId", json!(there.department))),
        ("followUpOf", registered("followUpOf", json!(nobody))),
        ("followUpOf", registered("followUpOf", json!(foreign))),
        ("rescheduledFrom", registered("rescheduledFrom", json!(foreign))),
        ("doctorId", (VisitAssigned, json!({ "doctorId": nobody }))),
        ("doctorId", (VisitAssigned, json!({ "doctorId": stranger }))),
        ("roomId", (VisitAssigned, json!({ "doctorId": doctor, "roomId": nobody }))),
        ("roomId", (VisitAssigned, json!({ "doctorId": doctor, "roomId": there.room }))),
        // A patient is no doctor, a department no room.
        ("doctorId", (VisitAssigned, json!({ "doctorId": patient }))),
        ("roomId", (EnteredRoom, json!({ "roomId": here.department }))),
        ("roomId", (QueueCalled, json!({ "roomId": there.room }))),
        ("doctorId", (QueueJoined, json!({ "doctorId": stranger }))),
        ("roomId", (EnteredRoom, json!({ "roomId": there.room }))),
    ];
    for (field, (event, metadata)) in unknown {
        let visit = (event != VisitRegistered).then(|| visit.clone());
        let refused = refusal(here.record(Role::Receptionist, vec![Wish::new(visit, event, metadata.clone())]).await);
        let Refusal::UnknownReference { field: named, .. } = &refused.refusal else {
            panic!("{metadata}: {}", refused.refusal)
        };
        assert_eq!(named, field, "{metadata}");
    }
    for branch in [new_id(), there.branch.clone()] {
        let wish = Wish { branch_id: Some(branch), ..here.registration(None) };
        let refused = refusal(here.record(Role::Receptionist, vec![wish]).await).refusal;
        assert!(matches!(&refused, Refusal::UnknownReference { field, .. } if field == "branchId"), "{refused}");
    }
    assert_eq!((here.verified().await, there.verified().await), (1, 1));
}

async fn a_visit_of_another_hospital_does_not_exist(db: Db) {
    let (here, there) = (House::open(&db, "City Hospital").await, House::open(&db, "Lake Hospital").await);
    let foreign = there.register().await;
    for visit in [foreign, new_id()] {
        let refused = here.refused(Role::Receptionist, &visit, QueueJoined, json!({})).await;
        assert_eq!(refused.refusal.code(), Code::VisitNotFound);
        assert_eq!((refused.visit, refused.allowed), (None, Vec::new()));
    }
    let refused =
        refusal(here.record(Role::Nurse, vec![Wish::new(None, VitalsRecorded, json!({ "pulse": 72 }))]).await);
    assert_eq!(refused.refusal.code(), Code::VisitNotFound);
    assert_eq!((here.verified().await, there.verified().await), (0, 1));
}

async fn what_is_closed_takes_nobody_in(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (called, inside) = (house.register().await, house.register().await);
    let room = json!({ "roomId": house.room });
    for visit in [&called, &inside] {
        house.log(Role::Receptionist, visit, QueueJoined, json!({})).await;
        house.log(Role::Doctor, visit, QueueCalled, room.clone()).await;
    }
    house.log(Role::Doctor, &inside, EnteredRoom, room.clone()).await;
    house.clock.advance(TimeDelta::minutes(5));
    let closed = house.now();
    // Another process closes what this one has lately looked up.
    let (other, manager) = (Recorder::new(db, house.clock.clock()), house.who(Role::Manager));
    other.set_room_open(&house.tenant, manager, &house.room, false).await.expect("the room");
    other.set_department_open(&house.tenant, manager, &house.department, false).await.expect("the department");

    for event in [EnteredRoom, QueueCalled] {
        let refused = house.refused(Role::Doctor, &called, event, room.clone()).await.refusal;
        assert_eq!(refused.code(), Code::UnknownReference);
        assert_eq!(refused.sentence(), "Room 1 is closed. Choose another room.");
    }
    let refused = refusal(house.record(Role::Receptionist, vec![house.registration(None)]).await).refusal;
    assert_eq!(refused.sentence(), "General Medicine is closed. Choose another department.");
    house.log(Role::Doctor, &inside, ExitedRoom, json!({})).await;
    // Somebody writes down late what was done while it was open.
    let before = Wish::new(Some(called.clone()), EnteredRoom, room);
    let before = Wish { performed_at: Some(closed - TimeDelta::minutes(1)), ..before };
    house.record(Role::Doctor, vec![before]).await.expect("a late entry");
    house.log(Role::Doctor, &called, ExitedRoom, json!({})).await;
}
