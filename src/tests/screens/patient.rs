//! Stories of a patient's page: what is known of them, what they consented to, how they are found.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use qrcode::{Color, QrCode};
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::hospital::bookings::{self, BookingState, NewBooking};
use sojourn::hospital::clinics::{Minute, NewClinic, weekday};
use sojourn::hospital::patients::{self, NewPatient, PatientChanges};
use sojourn::http::{AppState, router};
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::{BillId, FollowUpId, Id as _, TestId, VisitId};
use sojourn::journey::words::{Role, Word as _};
use sojourn::log;
use sojourn::projections::channels::{ATTEMPTS, Channels};
use sojourn::projections::follow_ups;

use super::live::{QUICK, opened};
use super::{Browser, server};
use crate::support::house::House;
use crate::support::stories;

stories!(
    what_is_known_is_changed_and_logged,
    a_consent_is_recorded,
    who_is_mistyped_is_found_while_typing,
    a_scanned_slip_opens_its_visit,
    no_shows_are_swept_at_closing_time,
    who_gave_a_specimen_is_no_no_show,
    who_gave_every_specimen_is_not_sent_to_the_lab,
    the_call_list_is_worked_through,
    who_is_sent_a_reminder_need_not_be_called,
    a_patients_page_hears_of_them,
);

async fn desk(db: &Db) -> (House, Browser) {
    let house = House::open(db, "City Hospital").await;
    let browser = Browser::sign_in(&house, "desk", &[Role::Receptionist]).await;
    (house, browser)
}

async fn what_is_known_is_changed_and_logged(db: Db) {
    let (house, browser) = desk(&db).await;
    let path = format!("/patients/{}", house.patient);
    let typed = [("_form", "details"), ("name", "Asha Nair"), ("phone", "98450 12345"), ("birthDate", "1990-03-02")];
    assert_eq!(browser.send(browser.form(&path, &typed)).await.status, StatusCode::SEE_OTHER);
    let known = patients::by_id(&db, &house.tenant.id, &house.patient).await.expect("a read").expect("her");
    assert_eq!((known.name.as_str(), known.phone.as_deref()), ("Asha Nair", Some("98450 12345")));
    let wrong = browser.send(browser.form(&path, &[("_form", "details"), ("name", "Asha"), ("phone", "none")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("Phone must be digits") && wrong.text.contains("value=\"none\""), "{}", wrong.text);
    let events = log::stream(&db, &house.tenant.id, "patient", house.patient.as_str()).await.expect("a read");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event.event_type, "patient.demographics_updated");
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await;
    assert!(!doctor.get(&path).await.text.contains("Record a consent"));
    assert_eq!(doctor.send(doctor.form(&path, &typed)).await.status, StatusCode::FORBIDDEN);
}

async fn a_consent_is_recorded(db: Db) {
    let (house, browser) = desk(&db).await;
    let path = format!("/patients/{}", house.patient);
    for (given, word) in [("yes", "Given"), ("no", "Refused")] {
        let typed = [("_form", "consent"), ("purpose", "Research"), ("given", given)];
        let answer = browser.send(browser.form(&path, &typed)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let page = browser.get(&path).await.text;
        assert!(page.contains("Research") && page.contains(&format!("{word}</span>")), "{page}");
    }
    let blank = browser.send(browser.form(&path, &[("_form", "consent"), ("purpose", " "), ("given", "yes")])).await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(log::stream(&db, &house.tenant.id, "consent", house.patient.as_str()).await.expect("a read").len(), 2);
}

async fn who_is_mistyped_is_found_while_typing(db: Db) {
    let (house, browser) = desk(&db).await;
    for name in ["Meenakshi Kulkarni", "Fatima Sheikh", "Venkatesh Iyengar"] {
        let new = NewPatient { name: name.to_owned(), ..NewPatient::default() };
        patients::register(&db, &house.tenant, new, house.now()).await.expect("a patient");
    }
    for typed in ["kulkrni", "Minakshi", "kulkarni meenaksi", "menak"] {
        let list = browser.get(&format!("/patients/found?q={}", typed.replace(' ', "%20"))).await;
        assert_eq!(list.status, StatusCode::OK);
        assert!(list.text.contains("Meenakshi Kulkarni") && !list.text.contains("Fatima"), "{typed}: {}", list.text);
        assert!(!list.text.contains("<html"), "the list alone");
    }
    assert!(browser.get("/reception?q=fatema").await.text.contains("Fatima Sheikh"));
    assert!(browser.get("/patients/found?q=xyzzy").await.text.contains("Nobody was found"));
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    assert_eq!(admin.get("/patients/found?q=fatima").await.status, StatusCode::FORBIDDEN);
}

/// The dark squares of the QR code on a slip, by column and row.
fn drawn(slip: &str) -> BTreeSet<(usize, usize)> {
    let (_, code) = slip.split_once("class=\"qr\"").expect("a QR code");
    let (_, path) = code.split_once("<path d=\"").expect("its squares");
    let (squares, _) = path.split_once('"').expect("their end");
    let place = |square: &str| {
        let (column, row) = square.strip_suffix("h1v1h-1z").and_then(|place| place.split_once(' ')).expect("a square");
        (column.parse().expect("a column"), row.parse().expect("a row"))
    };
    squares.split('M').skip(1).map(place).collect()
}

/// Those that the code of a text has.
fn modules(text: &str) -> BTreeSet<(usize, usize)> {
    let code = QrCode::new(text).expect("a code");
    let columns = 0..code.width();
    let all = columns.flat_map(|column| (0..code.width()).map(move |row| (column, row)));
    all.filter(|place| code[*place] == Color::Dark).collect()
}

async fn a_scanned_slip_opens_its_visit(db: Db) {
    let (house, browser) = desk(&db).await;
    let visit = house.register().await;
    let slip = browser.get(&format!("/visits/{visit}/slip")).await.text;
    assert!(slip.contains("data-print") && slip.contains("<noscript><span>Print with the browser"), "{slip}");
    assert_eq!(drawn(&slip), modules(visit.as_str()), "{slip}");
    let scanned = browser.get(&format!("/patients?q={visit}")).await;
    assert_eq!((scanned.status, scanned.location), (StatusCode::SEE_OTHER, format!("/visits/{visit}")));
}

async fn no_shows_are_swept_at_closing_time(db: Db) {
    let (house, _) = desk(&db).await;
    let (left, kept, called) = (house.register().await, house.register().await, house.register().await);
    let doctor = house.who(Role::Doctor).id.clone();
    let day = house.tenant.local_day(house.now());
    let hours = NewClinic {
        doctor_id: doctor.clone(),
        weekday: weekday(day),
        begins: Minute::parse("00:00"),
        ends: Minute::parse("24:00"),
        slot_minutes: 30,
    };
    house.recorder.open_clinic(&house.tenant, house.who(Role::Admin), hours).await.expect("hours");
    let starts_at = house.tenant.day_bounds(day).start + chrono::TimeDelta::hours(8);
    let new = NewBooking {
        id: new_id(),
        patient_id: house.patient.clone(),
        doctor_id: doctor,
        starts_at,
        reason: None,
        follow_up_of: None,
    };
    let booking = house.recorder.book(&house.tenant, house.who(Role::Receptionist), new).await.expect("a booking");
    house.log(Role::Receptionist, &called, QueueJoined, json!({})).await;
    house.log(Role::Doctor, &called, QueueCalled, json!({ "roomId": house.room })).await;
    house.clock.advance(chrono::TimeDelta::minutes(65));
    // Who did nothing for so long signs in anew.
    let browser = Browser::sign_in(&house, "late", &[Role::Receptionist]).await;
    let page = browser.get("/reception/closing").await.text;
    let (shown, kept_as_shown) = (format!("{left}@1"), format!("{kept}@1"));
    for id in [shown.as_str(), kept_as_shown.as_str(), booking.id.as_str()] {
        assert!(page.contains(&format!("value=\"{id}\"")), "{page}");
    }
    // Who was called and did not come is ticked; who may still wait is not.
    let is_ticked = |value: &str| page.contains(&format!("value=\"{value}\" checked"));
    assert!(is_ticked(&format!("{called}@3")) && is_ticked(booking.id.as_str()), "{page}");
    assert!(!is_ticked(&shown) && !is_ticked(&kept_as_shown), "{page}");
    let typed = [("_form", "sweep"), ("visit", shown.as_str()), ("booking", booking.id.as_str())];
    let swept = browser.send(browser.form("/reception/closing", &typed)).await;
    assert_eq!((swept.status, swept.location.as_str()), (StatusCode::SEE_OTHER, "/reception/closing?confirmed=2"));
    let last = |stream: Vec<log::StoredEvent>| stream.last().map(|stored| stored.event.event_type.clone());
    assert_eq!(last(house.stream(&left).await).as_deref(), Some("VISIT_NO_SHOW"));
    assert_eq!(last(house.stream(&kept).await).as_deref(), Some("VISIT_REGISTERED"));
    let card = bookings::by_id(&db, &house.tenant.id, &booking.id).await.expect("a read").expect("it");
    assert_eq!(card.booking.state, BookingState::Missed);
    // Who came after all is named, and nothing is logged twice.
    let again = browser.send(browser.form("/reception/closing", &typed)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Nor is who was sent on to the doctor meanwhile swept by what the list showed before, or ticked again.
    house.log(Role::Receptionist, &kept, QueueJoined, json!({})).await;
    let typed = [("_form", "sweep"), ("visit", kept_as_shown.as_str())];
    let late = browser.send(browser.form("/reception/closing", &typed)).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text.contains(&format!("name=\"visit\" value=\"{kept}@2\" aria-label")), "{}", late.text);
    assert_eq!(last(house.stream(&kept).await).as_deref(), Some("QUEUE_JOINED"));
}

/// Somebody comes for a test alone, and goes to the laboratory.
async fn come_for_a_test(house: &House) -> (VisitId, TestId) {
    let (visit, test): (VisitId, TestId) = (new_id(), new_id());
    let mut registration = house.registration(Some(&visit));
    registration.metadata["visitType"] = json!("LAB_ONLY");
    registration.metadata["priority"] = json!("EMERGENCY");
    house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
    let ordered = json!({ "tests": [{ "testId": test, "code": "CBC", "name": "Blood count", "price": 35_000 }] });
    house.log(Role::Receptionist, &visit, TestsOrdered, ordered).await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({ "station": "LAB" })).await;
    (visit, test)
}

async fn who_gave_a_specimen_is_no_no_show(db: Db) {
    let (house, browser) = desk(&db).await;
    let (left, _) = come_for_a_test(&house).await;
    let (gave, test) = come_for_a_test(&house).await;
    let collected = json!({ "testId": test, "sampleId": "S-1" });
    house.log(Role::LabTechnician, &gave, TestSampleCollected, collected).await;
    let page = browser.get("/reception/closing").await.text;
    assert!(page.contains(&format!("value=\"{left}@3\"")), "who queued and left is asked about: {page}");
    assert!(!page.contains(gave.as_str()), "who waits for results is here: {page}");
}

async fn who_gave_every_specimen_is_not_sent_to_the_lab(db: Db) {
    let (house, browser) = desk(&db).await;
    let (visit, test) = come_for_a_test(&house).await;
    let bill: BillId = new_id();
    let items = json!({ "billId": bill, "items": [{ "testId": test, "amount": 35_000 }] });
    house.log(Role::BillingClerk, &visit, TestsBilled, items).await;
    let paid = json!({ "billId": bill, "amount": 35_000, "method": "UPI" });
    house.log(Role::BillingClerk, &visit, PaymentReceived, paid).await;
    house.log(Role::LabTechnician, &visit, TestSampleCollected, json!({ "testId": test })).await;
    let page = browser.get("/reception").await.text;
    assert!(page.contains(visit.as_str()) && !page.contains("To the lab"), "{page}");
    house.log(Role::LabTechnician, &visit, TestSampleRejected, json!({ "testId": test, "reason": "Clotted" })).await;
    let page = browser.get("/reception").await.text;
    assert!(page.contains("To the lab"), "another is to be given: {page}");
}

/// A visit whose patient was seen and is to come again tomorrow, and the follow-up.
async fn to_come_again(house: &House) -> (VisitId, String) {
    let visit = house.register().await;
    let doctor = house.who(Role::Doctor).id.clone();
    for (event, metadata) in [
        (QueueJoined, json!({ "doctorId": doctor })),
        (QueueCalled, json!({ "roomId": house.room })),
        (EnteredRoom, json!({ "roomId": house.room })),
        (ExitedRoom, json!({})),
    ] {
        let role = if event == QueueJoined { Role::Receptionist } else { Role::Doctor };
        house.log(role, &visit, event, metadata).await;
    }
    let (id, due) = (new_id::<FollowUpId>().to_string(), house.now() + chrono::TimeDelta::hours(20));
    house.log(Role::Doctor, &visit, FollowUpScheduled, json!({ "followUpId": id, "dueAt": due })).await;
    (visit, id)
}

async fn the_call_list_is_worked_through(db: Db) {
    let (house, browser) = desk(&db).await;
    let (visit, id) = to_come_again(&house).await;
    let follow = async || {
        house.followed().await;
        browser.get("/reception/calls").await.text
    };
    let page = follow().await;
    assert!(page.contains("Asha Rao") && page.contains("Nobody is awaited"), "{page}");
    assert!(page.contains(&format!("followUpOf={visit}")), "the visit that answers it is a press away: {page}");
    house.clock.advance(chrono::TimeDelta::minutes(1));
    let typed = [("followUpId", id.as_str()), ("channel", "phone"), ("_reminders", "0")];
    let called = browser.post("/reception/calls", FollowUpReminderSent, &visit, &typed).await;
    assert_eq!(called.status, StatusCode::SEE_OTHER, "{}", called.text);
    let at_once = browser.get("/reception/calls").await.text;
    assert!(at_once.contains("Nobody is to be called"), "the list need not follow the log first: {at_once}");
    let twice = browser.post("/reception/calls", FollowUpReminderSent, &visit, &typed).await;
    assert_eq!(twice.status, StatusCode::SEE_OTHER, "{}", twice.text);
    let logged = house.stream(&visit).await;
    let reminders = logged.iter().filter(|stored| stored.event.event_type == FollowUpReminderSent.word()).count();
    assert_eq!(reminders, 1, "a second press calls nobody twice");
    let page = follow().await;
    assert!(page.contains("Nobody is to be called") && page.contains("reminded "), "{page}");
}

async fn who_is_sent_a_reminder_need_not_be_called(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let mails = AppState { channels: Channels { mail: true, messages: false }, ..server(&house) };
    let browser = Browser::sign_in_at(&house, router(mails), "desk", &[Role::Receptionist]).await;
    let (visit, _) = to_come_again(&house).await;
    house.followed().await;
    let lists = async || {
        let page = browser.get("/reception/calls").await.text;
        let (before, after) = page.split_once("id=\"reached\"").expect("a list of who is reached");
        let reached = after.split("id=\"reminded\"").next().unwrap_or_default();
        (before.contains("Asha Rao"), reached.contains("Asha Rao"))
    };
    assert_eq!(lists().await, (true, false), "without an address she is to be called");
    let address = PatientChanges { email: Some("asha@home.example".to_owned()), ..PatientChanges::default() };
    let desk = house.who(Role::Receptionist);
    house.recorder.update_patient(&house.tenant, desk, &house.patient, address).await.expect("a change");
    assert_eq!(lists().await, (false, true), "a mail will remind her");

    let card = follow_ups::of_visit(&db, &house.tenant.id, &visit).await.expect("a read").remove(0);
    for attempt in 1..=ATTEMPTS {
        let now = house.now() + chrono::TimeDelta::minutes(attempt.into());
        assert!(follow_ups::claim(&db, &house.tenant.id, &card.follow_up, now, now).await.expect("an attempt"));
    }
    follow_ups::failed(&db, &house.tenant.id, &card.follow_up, "no such mailbox").await.expect("it is kept");
    assert_eq!(lists().await, (true, false), "it was given up");
    let desk = Browser::sign_in(&house, "other", &[Role::Receptionist]).await;
    let page = desk.get("/reception/calls").await.text;
    assert!(page.contains("Asha Rao") && !page.contains("id=\"reached\""), "nothing sends anything here: {page}");
}

async fn a_patients_page_hears_of_them(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (router, _live) = opened(&house, QUICK);
    let browser = Browser::sign_in_at(&house, router, "desk", &[Role::Receptionist]).await;
    let visit = house.register().await;
    let path = format!("/patients/{}", house.patient);
    let topics = format!("topics=patients,visit/{visit}");
    let page = browser.get(&path).await.text;
    assert!(page.contains(&format!("/live?{topics}")), "{page}");
    let mut heard = browser.listen(&format!("{topics}&after=1"), None).await;

    let consent = [("_form", "consent"), ("purpose", "Research"), ("given", "yes")];
    assert_eq!(browser.send(browser.form(&path, &consent)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(heard.changed().await.topics(), [("patients".to_owned(), 2)]);
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    assert_eq!(heard.changed().await.topics(), [(format!("visit/{visit}"), 2)]);
    house.register().await;
    assert_eq!(heard.changed().await.topics(), [("patients".to_owned(), 4)], "another visit of somebody");
    let refused = browser.send(browser.form(&path, &[("_form", "details"), ("name", "")])).await;
    assert!(!refused.text.contains("/live?topics"), "what was typed is shown until it is sent again");
}
