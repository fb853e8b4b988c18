//! Stories of bookings.

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::WriteError;
use sojourn::hospital::bookings::{self, BookingState, NewBooking};
use sojourn::hospital::clinics::{self, Minute, NewClinic};
use sojourn::hospital::people::{self, PersonDetails};
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::{BookingId, FollowUpId, Id as _, PersonId, VisitId};
use sojourn::journey::words::{Role, Status};
use sojourn::log::{self, NewEvent};
use sojourn::projections::{follow_ups, visits};

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories!(
    a_patient_is_booked_moved_and_checked_in,
    two_people_never_take_the_same_slot,
    a_cancelled_slot_is_free_again,
    a_booking_is_cancelled_by_its_form,
    nobody_is_checked_in_before_the_day,
    a_follow_up_is_booked_and_answered,
    a_follow_up_is_answered_at_the_desk,
    who_calls_for_the_first_time_is_booked,
    an_administrator_opens_hours
);

/// Opens the doctor's hours for the whole of the day, and gives a slot an hour from now.
pub(super) async fn open_hours(house: &House, doctor: &PersonId) -> DateTime<Utc> {
    let day = house.tenant.local_day(house.now());
    let new = NewClinic {
        doctor_id: doctor.clone(),
        weekday: clinics::weekday(day),
        begins: Minute::parse("00:00"),
        ends: Minute::parse("24:00"),
        slot_minutes: 20,
    };
    let actor = house.who(Role::Admin);
    house.recorder.open_clinic(&house.tenant, actor, new).await.expect("hours");
    let open = clinics::of_doctor(&house.db, &house.tenant.id, doctor).await.expect("a read");
    let later = house.now() + TimeDelta::hours(1);
    let slots = clinics::slots(&house.tenant, &open, day);
    slots.into_iter().map(|slot| slot.starts_at).find(|start| *start >= later).expect("a slot")
}

pub(super) fn booking(house: &House, doctor: &PersonId, starts_at: DateTime<Utc>) -> NewBooking {
    let patient_id = house.patient.clone();
    NewBooking { id: new_id(), patient_id, doctor_id: doctor.clone(), starts_at, reason: None, follow_up_of: None }
}

async fn a_patient_is_booked_moved_and_checked_in(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await.person;
    let slot = open_hours(&house, &doctor.id).await;
    let reception = Browser::sign_in(&house, "reception", &[Role::Receptionist]).await;
    let page = reception.get(&format!("/bookings?patient={}", house.patient)).await.text;
    assert!(page.contains("A time for Asha Rao"), "{page}");
    let key = new_id::<BookingId>().to_string();
    let (patient, doctor_id, time) = (house.patient.to_string(), doctor.id.to_string(), slot.to_rfc3339());
    let fields = [
        ("_form", "choose"),
        ("_key", key.as_str()),
        ("patient", patient.as_str()),
        ("doctorId", doctor_id.as_str()),
        ("slot", time.as_str()),
        ("reason", "Cough"),
    ];
    let booked = reception.send(reception.form("/bookings", &fields)).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    let twice = reception.send(reception.form("/bookings", &fields)).await;
    assert_eq!(twice.location, booked.location, "two presses book once");
    let path = booked.location.split('?').next().expect("a path").to_owned();
    let id = BookingId::parse(path.rsplit('/').next().expect("an id")).expect("an id");

    let later = (slot + TimeDelta::minutes(20)).to_rfc3339();
    let fields = [("_form", "choose"), ("move", id.as_str()), ("doctorId", doctor_id.as_str()), ("slot", &later)];
    let moved = reception.send(reception.form("/bookings", &fields)).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);
    assert!(reception.get("/reception").await.text.contains("Expected today"));

    let fields = [("_form", "check-in"), ("_then", "/reception")];
    let arrived = reception.send(reception.form(&path, &fields)).await;
    assert_eq!(arrived.status, StatusCode::SEE_OTHER, "{}", arrived.text);
    assert!(reception.get(&arrived.location).await.text.contains("Everybody booked for today is here"));
    assert_eq!(reception.send(reception.form(&path, &fields)).await.status, StatusCode::SEE_OTHER);
    let day = house.tenant.local_day(house.now());
    let arrivals = visits::arrivals(&db, &house.tenant.id, day, None).await.expect("a list");
    assert_eq!(arrivals.len(), 1, "two presses register one visit");
    assert_eq!((arrivals[0].visit.status, &arrivals[0].visit.doctor_id), (Status::Waiting, &Some(doctor.id.clone())));
    let card = bookings::by_id(&db, &house.tenant.id, &id).await.expect("a read").expect("it");
    assert_eq!(card.booking.state, BookingState::Arrived);
    assert_eq!(card.booking.visit_id.as_ref(), Some(&arrivals[0].visit.visit_id));
    let events = log::stream(&db, &house.tenant.id, "booking", id.as_str()).await.expect("a read");
    let types: Vec<_> = events.iter().map(|stored| stored.event.event_type.as_str()).collect();
    assert_eq!(types, ["booking.created", "booking.rescheduled", "booking.checked_in"]);
    house.verified().await;
}

async fn nobody_is_checked_in_before_the_day(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = house.who(Role::Doctor).id.clone();
    let slot = open_hours(&house, &doctor).await;
    let reception = Browser::sign_in(&house, "reception", &[Role::Receptionist]).await;
    let mut paths = Vec::new();
    for starts_at in [slot, slot + TimeDelta::days(7)] {
        let new = booking(&house, &doctor, starts_at);
        let booked = house.recorder.book(&house.tenant, house.who(Role::Receptionist), new).await.expect("a booking");
        paths.push(format!("/bookings/{}", booked.id));
    }
    assert!(reception.get(&paths[0]).await.text.contains("value=\"check-in\""));
    assert!(!reception.get(&paths[1]).await.text.contains("value=\"check-in\""));
    let early = reception.send(reception.form(&paths[1], &[("_form", "check-in")])).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(early.text.contains("is for a later day; move it to today"), "{}", early.text);
    let of_patient = visits::of_patient(&db, &house.tenant.id, &house.patient).await.expect("a list");
    assert_eq!(of_patient, [], "no visit began");
}

/// A visit that is to be followed up tomorrow.
async fn to_follow_up(house: &House, doctor: &PersonId) -> VisitId {
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({ "doctorId": doctor })).await;
    house.log(Role::Doctor, &visit, QueueCalled, json!({ "roomId": house.room })).await;
    house.log(Role::Doctor, &visit, EnteredRoom, json!({ "roomId": house.room })).await;
    house.log(Role::Doctor, &visit, ExitedRoom, json!({})).await;
    let plan = json!({
        "followUpId": new_id::<FollowUpId>(), "dueAt": house.now() + TimeDelta::hours(20), "doctorId": doctor,
    });
    house.log(Role::Doctor, &visit, FollowUpScheduled, plan).await;
    house.followed().await;
    visit
}

/// How many of the follow-ups that are due the patients came for.
async fn adherence(house: &House) -> (i64, i64) {
    house.followed().await;
    let (from, before) = (house.now() - TimeDelta::days(1), house.now() + TimeDelta::days(2));
    let counted = follow_ups::adherence(&house.db, &house.tenant.id, from, before).await.expect("a count");
    (counted.came, counted.due)
}

/// What a visit was registered with.
async fn registration(house: &House, visit: &VisitId) -> NewEvent {
    house.stream(visit).await.remove(0).event
}

async fn a_follow_up_is_booked_and_answered(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await.person.id;
    let slot = open_hours(&house, &doctor).await;
    let visit = to_follow_up(&house, &doctor).await;
    // Somebody who works in no branch in particular.
    let reception = Browser::sign_in(&house, "reception", &[Role::Receptionist]).await;
    let mut tx = db.begin().await.expect("a transaction");
    let details = PersonDetails { name: "reception".to_owned(), ..PersonDetails::default() };
    people::change(&mut tx, &house.tenant.id, &reception.person.id, details).await.expect("a change");
    commit(tx).await.expect("it is written");

    let list = reception.get("/reception/calls").await.text;
    let day = house.tenant.local_day(house.now() + TimeDelta::hours(20));
    let link = format!("/bookings?patient={}&amp;followUpOf={visit}&amp;day={day}&amp;doctor={doctor}", house.patient);
    assert!(list.contains(&link), "{list}");
    let page = reception.get(&link.replace("&amp;", "&")).await.text;
    let kept = format!("name=\"followUpOf\" value=\"{visit}\"");
    assert!(page.contains("A time for Asha Rao") && page.contains(&kept), "{page}");

    let (patient, follow_up_of) = (house.patient.to_string(), visit.to_string());
    let (doctor_id, time) = (doctor.to_string(), slot.to_rfc3339());
    let fields = [
        ("_form", "choose"),
        ("patient", patient.as_str()),
        ("followUpOf", follow_up_of.as_str()),
        ("doctorId", doctor_id.as_str()),
        ("slot", time.as_str()),
    ];
    let booked = reception.send(reception.form("/bookings", &fields)).await;
    assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
    let path = booked.location.split('?').next().expect("a path").to_owned();
    assert_eq!(adherence(&house).await, (0, 1));
    let arrived = reception.send(reception.form(&path, &[("_form", "check-in")])).await;
    assert_eq!(arrived.status, StatusCode::SEE_OTHER, "{}", arrived.text);
    let begun = VisitId::parse(arrived.location.rsplit('=').next().unwrap_or_default()).expect("a visit");
    let registered = registration(&house, &begun).await;
    assert_eq!(registered.metadata["followUpOf"], visit.to_string());
    assert_eq!(registered.metadata["visitType"], "FOLLOW_UP");
    assert_eq!(registered.branch_id.as_ref(), Some(&house.branch), "the booking's");
    assert_eq!(adherence(&house).await, (1, 1));
}

async fn a_follow_up_is_answered_at_the_desk(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = to_follow_up(&house, &house.who(Role::Doctor).id).await;
    let reception = Browser::sign_in(&house, "reception", &[Role::Receptionist]).await;
    let path = format!("/reception?register={}", house.patient);
    let form = reception.get(&path).await.text;
    assert!(form.contains(&format!("<option value=\"{visit}\" selected>due ")), "{form}");
    let (patient, follow_up_of) = (house.patient.to_string(), visit.to_string());
    for (visit_type, answers) in [("OPD", false), ("FOLLOW_UP", true)] {
        let fields = [
            ("_event", "VISIT_REGISTERED"),
            ("patientId", patient.as_str()),
            ("visitType", visit_type),
            ("followUpOf", follow_up_of.as_str()),
        ];
        let answer = reception.send(reception.form(&path, &fields)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let begun = VisitId::parse(answer.location.rsplit('=').next().unwrap_or_default()).expect("a visit");
        let registered = registration(&house, &begun).await;
        assert_eq!(registered.metadata.get("followUpOf").is_some(), answers, "{visit_type}");
    }
    assert_eq!(adherence(&house).await, (1, 1));
    assert!(!reception.get(&path).await.text.contains("followUpOf"), "nothing is awaited any more");
}

async fn who_calls_for_the_first_time_is_booked(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await.person.id;
    open_hours(&house, &doctor).await;
    let reception = Browser::sign_in(&house, "reception", &[Role::Receptionist]).await;
    assert!(reception.get("/bookings").await.text.contains("/bookings?patient=new"));
    assert!(reception.get("/bookings?patient=new").await.text.contains("name=\"phone\""));
    let send = async |typed: &[(&str, &str)]| {
        let fields = [&[("_form", "new-patient"), ("patient", "new")], typed].concat();
        reception.send(reception.form("/bookings", &fields)).await
    };
    let wrong = send(&[("name", ""), ("phone", "98450 12345")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"98450 12345\""), "what was typed stays: {}", wrong.text);
    let lata = [("name", "Lata Shah"), ("phone", "98450 12345")];
    let made = send(&lata).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let page = reception.get(&made.location).await.text;
    assert!(page.contains("A time for Lata Shah") && page.contains("Choose a time"), "{page}");
    let day = house.tenant.local_day(house.now());
    assert!(visits::arrivals(&db, &house.tenant.id, day, None).await.expect("a list").is_empty(), "no visit began");

    let again = send(&lata).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let known = made.location.split(['?', '&']).find_map(|part| part.strip_prefix("patient=")).expect("an id");
    assert!(again.text.contains("This patient may be known already"), "{}", again.text);
    assert!(again.text.contains(&format!("/bookings?patient={known}")), "{}", again.text);
    let another = send(&[lata[0], lata[1], ("registerAnyway", "yes")]).await;
    assert_eq!(another.status, StatusCode::SEE_OTHER, "{}", another.text);
}

async fn two_people_never_take_the_same_slot(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = house.who(Role::Doctor).id.clone();
    let slot = open_hours(&house, &doctor).await;
    let taking: Vec<_> = (0..12)
        .map(|_| {
            let (house, new) = (house.clone(), booking(&house, &doctor, slot));
            tokio::spawn(async move { house.recorder.book(&house.tenant, house.who(Role::Receptionist), new).await })
        })
        .collect();
    let mut booked = 0;
    for take in taking {
        match take.await.expect("an end") {
            Ok(_) => booked += 1,
            Err(WriteError::Taken { field: "slot", .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(booked, 1);
    let day = house.tenant.local_day(slot);
    assert_eq!(bookings::of_day(&db, &house.tenant.id, day, None).await.expect("a list").len(), 1);
    // Nor part of it, after the hours were cut anew; nor what is over, or never was.
    let actor = house.who(Role::Receptionist);
    for starts_at in [slot + TimeDelta::minutes(10), slot - TimeDelta::hours(3)] {
        let refused = house.recorder.book(&house.tenant, actor, booking(&house, &doctor, starts_at)).await;
        assert!(matches!(refused, Err(WriteError::Invalid(_))), "{refused:?}");
    }
}

async fn a_cancelled_slot_is_free_again(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = house.who(Role::Doctor).id.clone();
    let slot = open_hours(&house, &doctor).await;
    let actor = house.who(Role::Receptionist);
    let first = house.recorder.book(&house.tenant, actor, booking(&house, &doctor, slot)).await.expect("a booking");
    let cancel = || house.recorder.cancel_booking(&house.tenant, actor, &first.id, Some("better now"));
    cancel().await.expect("it is cancelled");
    assert!(matches!(cancel().await, Err(WriteError::Invalid(_))), "once is enough");
    house.recorder.book(&house.tenant, actor, booking(&house, &doctor, slot)).await.expect("it is free");
}

async fn a_booking_is_cancelled_by_its_form(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = house.who(Role::Doctor).id.clone();
    let slot = open_hours(&house, &doctor).await;
    let actor = house.who(Role::Receptionist);
    let booked = house.recorder.book(&house.tenant, actor, booking(&house, &doctor, slot)).await.expect("a booking");
    let path = format!("/bookings/{}", booked.id);
    let cancel = [("_form", "cancel"), ("reason", "Better now")];
    let technician = Browser::sign_in(&house, "technician", &[Role::LabTechnician]).await;
    assert_eq!(technician.send(technician.form(&path, &cancel)).await.status, StatusCode::FORBIDDEN);

    let reception = Browser::sign_in(&house, "reception", &[Role::Receptionist]).await;
    assert!(reception.get(&path).await.text.contains("Cancel the booking"));
    let cancelled = reception.send(reception.form(&path, &cancel)).await;
    assert_eq!(cancelled.status, StatusCode::SEE_OTHER, "{}", cancelled.text);
    let page = reception.get(&cancelled.location).await.text;
    assert!(page.contains("Better now") && !page.contains("Cancel the booking"), "{page}");
    let card = bookings::by_id(&db, &house.tenant.id, &booked.id).await.expect("a read").expect("it");
    assert_eq!(card.booking.state, BookingState::Cancelled);
    let event = log::stream(&db, &house.tenant.id, "booking", booked.id.as_str()).await.expect("a read").pop();
    let event = event.expect("an event").event;
    assert_eq!((event.event_type.as_str(), &event.metadata), ("booking.cancelled", &json!({ "reason": "Better now" })));
    assert_eq!(event.performed_by, reception.person.id);

    let again = reception.send(reception.form(&path, &cancel)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "once is enough");
    let late = reception.send(reception.form(&path, &[("_form", "check-in")])).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text.contains("stands no more"), "{}", late.text);
}

async fn an_administrator_opens_hours(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let doctor = house.who(Role::Doctor).id.clone();
    let path = format!("/admin/people/{doctor}");
    let fields =
        [("_form", "open-hours"), ("weekday", "2"), ("begins", "09:00"), ("ends", "12:00"), ("slotMinutes", "15")];
    assert_eq!(admin.send(admin.form(&path, &fields)).await.status, StatusCode::SEE_OTHER);
    let page = admin.get(&path).await.text;
    assert!(page.contains("Tuesday, 09:00 to 12:00") && page.contains("Close hours"), "{page}");
    assert_eq!(admin.send(admin.form(&path, &fields)).await.status, StatusCode::UNPROCESSABLE_ENTITY, "they overlap");
    let open = clinics::of_doctor(&db, &house.tenant.id, &doctor).await.expect("a read");
    let fields = [("_form", "close-hours"), ("_about", open[0].id.as_str())];
    assert_eq!(admin.send(admin.form(&path, &fields)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinics::of_doctor(&db, &house.tenant.id, &doctor).await.expect("a read"), []);
}
