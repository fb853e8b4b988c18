//! What happens to things that are no visits: a tenant's own types of events, and the hospital's.

use serde_json::{Value, json};
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::WriteError;
use sojourn::hospital::event_types::{self, NewEventType};
use sojourn::hospital::patients::{NewPatient, PatientChanges};
use sojourn::hospital::people::{self, NewPerson};
use sojourn::journey::events::EventType::VitalsRecorded;
use sojourn::journey::ids::*;
use sojourn::journey::words::{ActorType, Code, Role};
use sojourn::log::{self, Filter};
use sojourn::record::{Consent, Happening, RecordError, Wish};

use crate::support::house::{House, code, refusal};
use crate::support::stories;

stories! {
    a_registered_type_is_logged_by_its_schema,
    a_batch_may_hold_both,
    a_new_version_stands_beside_the_old,
    types_of_the_hospital_are_its_own,
    what_becomes_of_the_hospital_is_logged,
    a_program_acts_for_a_human_with_the_rights_of_both,
}

fn claim(event_type: &str) -> NewEventType {
    NewEventType {
        event_type: event_type.to_owned(),
        aggregate_type: "claim".to_owned(),
        title: None,
        schema: json!({
            "type": "object",
            "properties": { "slot": { "type": "string" }, "minutes": { "type": "integer", "minimum": 5 } },
            "required": ["slot"],
            "additionalProperties": false,
        }),
        roles: vec![Role::Receptionist],
        tags: vec!["SDOH".to_owned()],
    }
}

async fn register(house: &House, new: NewEventType) -> Result<i32, WriteError> {
    let mut tx = house.db.begin().await.expect("a transaction");
    let by = house.who(Role::Admin).id.clone();
    let added = event_types::add(&mut tx, &house.tenant.id, &by, new, house.now()).await?;
    commit(tx).await.expect("it is written");
    Ok(added.schema_version)
}

fn happened(id: &str, event_type: &str, metadata: Value) -> Wish {
    let (aggregate_type, aggregate_id, event_type) = ("claim".to_owned(), id.to_owned(), event_type.to_owned());
    let wish = Wish::new(None, VitalsRecorded, metadata);
    Wish { happening: Happening::Other { aggregate_type, aggregate_id, event_type }, ..wish }
}

async fn a_registered_type_is_logged_by_its_schema(db: Db) {
    let (house, other) = (House::open(&db, "City Hospital").await, House::open(&db, "Lake Hospital").await);
    let wish = || happened("7", "claim.created", json!({ "slot": "9:00" }));
    assert_eq!(code(house.record(Role::Receptionist, vec![wish()]).await), Code::InvalidMetadata, "not registered yet");
    assert_eq!(register(&house, claim("claim.created")).await.expect("a type"), 1);

    let first = house.record(Role::Receptionist, vec![wish()]).await.expect("a claim").events.remove(0).event;
    assert_eq!((first.version, first.schema_version, first.tags), (1, 1, vec!["SDOH".to_owned()]));
    let second = house.record(Role::Receptionist, vec![wish()]).await.expect("a claim").events.remove(0).event;
    assert_eq!(second.version, 2);

    for wrong in
        [json!({}), json!({ "slot": 9 }), json!({ "slot": "9:00", "minutes": 1 }), json!({ "slot": "9", "x": 1 })]
    {
        let wish = happened("7", "claim.created", wrong.clone());
        assert_eq!(code(house.record(Role::Receptionist, vec![wish]).await), Code::InvalidMetadata, "{wrong}");
    }
    for (wrong, field) in [
        (json!({}), "slot"),
        (json!({ "slot": "9", "x": 1 }), "x"),
        (json!({ "slot": "9\u{0}" }), "slot"),
        (json!({ "slot": "9", "minutes": 1 }), "minutes"),
    ] {
        let refused = refusal(house.record(Role::Receptionist, vec![happened("7", "claim.created", wrong)]).await);
        assert_eq!(refused.refusal.facts()["fields"][0]["field"], field);
    }
    assert_eq!(code(house.record(Role::Nurse, vec![wish()]).await), Code::RoleNotAllowed);
    let stale = Wish { expected_version: Some(1), ..wish() };
    assert_eq!(code(house.record(Role::Receptionist, vec![stale]).await), Code::VersionConflict);
    let nowhere = Wish { visit_id: Some(new_id()), ..wish() };
    assert_eq!(code(house.record(Role::Receptionist, vec![nowhere]).await), Code::UnknownReference);
    assert_eq!(code(other.record(Role::Receptionist, vec![wish()]).await), Code::InvalidMetadata, "another's type");
    assert_eq!((house.verified().await, other.verified().await), (2, 0));
}

async fn a_batch_may_hold_both(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    register(&house, claim("claim.created")).await.expect("a type");
    let visit: VisitId = new_id();
    let about = |metadata| Wish { visit_id: Some(visit.clone()), ..happened("7", "claim.created", metadata) };
    let batch = |metadata| vec![house.registration(Some(&visit)), about(metadata)];
    let refused = refusal(house.record(Role::Receptionist, batch(json!({}))).await);
    assert_eq!((refused.index, house.verified().await), (1, 0), "all or nothing");
    let events = house.record(Role::Receptionist, batch(json!({ "slot": "9:00" }))).await.expect("both").events;
    assert_eq!(events.iter().map(|stored| stored.position).collect::<Vec<_>>(), [1, 2]);
    let of_visit = log::page(&db, &house.tenant.id, &Filter::Visit(visit.clone()), None, 10).await.expect("a read");
    assert_eq!(of_visit.len(), 2, "a claim may name the visit");
    assert_eq!(house.stream(&visit).await.len(), 1, "and is no step of it");
    let load = house.recorder.load(&house.tenant.id, &visit).await.expect("a read").expect("the visit");
    assert_eq!(load.1.version, 1);
}

async fn a_new_version_stands_beside_the_old(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    register(&house, claim("claim.created")).await.expect("a type");
    let old = happened("7", "claim.created", json!({ "slot": "9:00" }));
    let first = house.record(Role::Receptionist, vec![old.clone()]).await.expect("a claim").events.remove(0);
    let mut stricter = claim("claim.created");
    stricter.schema["required"] = json!(["slot", "minutes"]);
    assert_eq!(register(&house, stricter).await.expect("a version"), 2);
    assert_eq!(code(house.record(Role::Receptionist, vec![old]).await), Code::InvalidMetadata);
    let new = happened("7", "claim.created", json!({ "slot": "9:00", "minutes": 15 }));
    let second = house.record(Role::Receptionist, vec![new]).await.expect("a claim").events.remove(0);
    assert_eq!((first.event.schema_version, second.event.schema_version), (1, 2));
    assert_eq!(event_types::list(&db, &house.tenant.id).await.expect("a read").len(), 2);
}

async fn types_of_the_hospital_are_its_own(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let of = |event_type: &str, aggregate_type: &str| NewEventType {
        aggregate_type: aggregate_type.to_owned(),
        ..claim(event_type)
    };
    for (event_type, aggregate_type) in
        [("QUEUE_JOINED", "claim"), ("patient.registered", "claim"), ("x", "visit"), ("x", "patient"), ("", "claim")]
    {
        let refused = register(&house, of(event_type, aggregate_type)).await;
        assert!(matches!(refused, Err(WriteError::Invalid(_))), "{event_type} {aggregate_type}");
    }
    let unusable = NewEventType { schema: json!({ "type": "no such type" }), ..claim("claim.created") };
    assert!(matches!(register(&house, unusable).await, Err(WriteError::Invalid(_))));
    let elsewhere =
        NewEventType { schema: json!({ "$ref": "http://example.org/schema.json" }), ..claim("claim.created") };
    assert!(matches!(register(&house, elsewhere).await, Err(WriteError::Invalid(_))), "nothing is fetched");
}

async fn what_becomes_of_the_hospital_is_logged(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let actor = house.who(Role::Receptionist);
    let id: PatientId = new_id();
    let new = NewPatient { name: "Ravi Menon".to_owned(), birth_date_estimated: true, ..NewPatient::default() };
    let register = || house.recorder.register_patient(&house.tenant, actor, id.clone(), new.clone());
    let patient = register().await.expect("a patient");
    assert_eq!(register().await.expect("the same").mrn, patient.mrn, "twice is once");
    let changes = || PatientChanges { phone: Some("+91 98450 12345".to_owned()), ..PatientChanges::default() };
    house.recorder.update_patient(&house.tenant, actor, &id, changes()).await.expect("a change");
    house.recorder.update_patient(&house.tenant, actor, &id, changes()).await.expect("no change");
    let consent = Consent { purpose: "research".to_owned(), given: false, note: None };
    house.recorder.record_consent(&house.tenant, actor, &id, consent).await.expect("a consent");
    house.recorder.add_branch(&house.tenant, actor, "East", "EAST").await.expect("a branch");

    let events = log::page(&db, &house.tenant.id, &Filter::All, None, 10).await.expect("a read");
    let types: Vec<_> = events.iter().map(|stored| stored.event.event_type.as_str()).collect();
    assert_eq!(types, ["patient.registered", "patient.demographics_updated", "consent.recorded", "branch.added"]);
    assert_eq!(events[0].event.metadata["birthDateEstimated"], json!(true));
    assert_eq!(events[1].event.metadata, json!({ "phone": "+91 98450 12345" }));
    assert_eq!((events[1].event.version, events[2].event.aggregate_type.as_str()), (2, "consent"));
    for stored in &events {
        let own = event_types::own().into_iter().find(|own| own.event_type == stored.event.event_type).expect("a type");
        let validator = event_types::validator(&own.schema).expect("a schema");
        assert_eq!(event_types::misfits(&validator, &stored.event.metadata), [], "{}", own.event_type);
        assert_eq!(own.schema_version, stored.event.schema_version);
    }
    // The group's chain goes on after them.
    house.register().await;
    assert_eq!(house.verified().await, 5);
}

async fn a_program_acts_for_a_human_with_the_rights_of_both(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let mut tx = db.begin().await.expect("a transaction");
    let new =
        NewPerson { actor_type: ActorType::Ai, ..NewPerson::named("Scribe".to_owned(), [Role::Nurse, Role::Doctor]) };
    let scribe = people::add(&mut tx, &house.tenant.id, new).await.expect("an AI").actor();
    commit(tx).await.expect("it is written");
    let vitals = || vec![Wish::new(Some(visit.clone()), VitalsRecorded, json!({ "pulse": 72 }))];
    let nurse = house.who(Role::Nurse);
    let for_nurse = scribe.clone().acting_for(nurse);
    let stored =
        house.recorder.record(&house.tenant, &for_nurse, vitals(), None).await.expect("an event").events.remove(0);
    assert_eq!((stored.event.actor_type, stored.event.on_behalf_of.as_ref()), (ActorType::Ai, Some(&nurse.id)));
    let for_clerk = scribe.acting_for(house.who(Role::BillingClerk));
    let refused = house.recorder.record(&house.tenant, &for_clerk, vitals(), None).await;
    assert!(matches!(refused, Err(RecordError::Refused(_))), "the clerk may not, so the AI may not for them");
    assert_eq!(log::event(&db, &house.tenant.id, &stored.event.id).await.expect("a read"), Some(stored));
    assert_eq!(house.verified().await, 2);
}
