//! Stories of the reception and the patients' pages.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::patient_search;
use sojourn::hospital::patients::Patient;
use sojourn::hospital::tariff::{self, NewTariffEntry, TariffKind};
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{Id, RequestKey, VisitId};
use sojourn::journey::money::Money;
use sojourn::journey::words::{Role, Station, Word};
use sojourn::projections::visits;

use super::{Answer, Browser};
use crate::support::house::House;
use crate::support::stories;

stories!(
    a_new_patient_and_their_visit_are_one_form,
    pressing_twice_registers_once,
    a_form_is_not_sent_again_for_somebody_else,
    what_is_wrong_is_told_and_what_was_typed_stays,
    somebody_known_is_not_made_twice_unawares,
    a_known_patient_comes_for_tests_only,
    an_emergency_comes_first,
    the_desk_moves_visits_on,
    who_waits_moves_to_another_queue,
    a_call_from_the_board_names_the_doctor_s_room,
    a_long_wait_is_seen_on_the_board,
    who_was_called_already_is_not_called_unawares,
    a_refused_step_keeps_what_was_typed,
    each_role_sees_its_own,
    a_patient_s_page_has_everything,
);

/// A house with a receptionist at the desk.
async fn desk(db: &Db) -> (House, Browser) {
    let house = House::open(db, "City Hospital").await;
    let browser = Browser::sign_in(&house, "desk", &[Role::Receptionist]).await;
    (house, browser)
}

const RAVI: &[(&str, &str)] =
    &[("name", "Ravi Menon"), ("age", "58"), ("sex", "MALE"), ("phone", "98450 12345"), ("reason", "Chest pain")];

async fn register(browser: &Browser, key: &RequestKey, typed: &[(&str, &str)]) -> Answer {
    let key = key.to_string();
    let mut fields = vec![("_event", "VISIT_REGISTERED"), ("_key", key.as_str()), ("_then", "/reception")];
    fields.extend_from_slice(typed);
    browser.send(browser.form("/reception?register=new", &fields)).await
}

fn visit_of(answer: &Answer) -> VisitId {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert!(answer.location.starts_with("/reception?logged=VISIT_REGISTERED&"), "{}", answer.location);
    VisitId::parse(answer.location.rsplit('=').next().unwrap_or_default()).expect("a visit")
}

async fn logged(house: &House, visit: &VisitId) -> Vec<String> {
    house.stream(visit).await.into_iter().map(|stored| stored.event.event_type).collect()
}

async fn found(house: &House, query: &str) -> Vec<Patient> {
    patient_search::search(&house.db, &house.tenant.id, query).await.expect("a search")
}

async fn a_new_patient_and_their_visit_are_one_form(db: Db) {
    let (house, browser) = desk(&db).await;
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await.person;
    let id = doctor.id.to_string();
    let typed = [RAVI, &[("doctorId", id.as_str()), ("joinQueue", "yes"), ("visitType", "OPD")]].concat();
    let visit = visit_of(&register(&browser, &new_id(), &typed).await);
    assert_eq!(logged(&house, &visit).await, ["VISIT_REGISTERED", "VISIT_ASSIGNED", "QUEUE_JOINED"]);
    let stream = house.stream(&visit).await;
    assert_eq!(stream[0].event.metadata["departmentId"], json!(house.department), "the doctor's own");
    assert_eq!(stream[1].event.metadata["roomId"], json!(house.room), "the doctor's own");
    assert_eq!(stream[0].event.branch_id.as_ref(), Some(&house.branch));

    let page = browser.get(&format!("/reception?logged=VISIT_REGISTERED&visit={visit}")).await;
    for words in ["C-001", "Ravi Menon", "58 years, male", "1 arrival so far", "Chest pain"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(page.text.contains(&format!("/visits/{visit}/slip")));
    let slip = browser.get(&format!("/visits/{visit}/slip")).await;
    for words in ["City Hospital", "C-001", "Ravi Menon", "General Medicine"] {
        assert!(slip.text.contains(words), "{words}: {}", slip.text);
    }
}

async fn pressing_twice_registers_once(db: Db) {
    let (house, browser) = desk(&db).await;
    let key = new_id();
    let first = register(&browser, &key, RAVI).await;
    let second = register(&browser, &key, RAVI).await;
    assert_eq!(visit_of(&first), visit_of(&second));
    assert_eq!(found(&house, "Ravi").await.len(), 1);
    assert_eq!(house.verified().await, 2, "the patient and the visit");
    let (one, other) = {
        let key = new_id();
        tokio::join!(
            register(&browser, &key, &[("name", "Lata Shah")]),
            register(&browser, &key, &[("name", "Lata Shah")])
        )
    };
    assert_eq!(visit_of(&one), visit_of(&other));
    assert_eq!(found(&house, "Lata").await.len(), 1);
}

async fn a_form_is_not_sent_again_for_somebody_else(db: Db) {
    let (house, browser) = desk(&db).await;
    let key = new_id();
    visit_of(&register(&browser, &key, RAVI).await);
    let again = register(&browser, &key, &[("name", "Lata Shah")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("was sent before, for Ravi Menon"), "{}", again.text);
    assert!(found(&house, "Lata").await.is_empty());
    assert_eq!(house.verified().await, 2, "the first patient and their visit");
}

async fn what_is_wrong_is_told_and_what_was_typed_stays(db: Db) {
    let (house, browser) = desk(&db).await;
    let wrong = [("name", ""), ("phone", "call me"), ("age", "old"), ("reason", "Fever for 3 days")];
    let answer = register(&browser, &new_id(), &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [
        "Error: Register a visit",
        "There is a problem",
        "Name must not be empty",
        "Phone must be digits",
        "Age must be a whole number of years",
        "Fever for 3 days",
        "value=\"call me\"",
    ] {
        assert!(answer.text.contains(words), "{words}: {}", answer.text);
    }
    let unknown = [("name", "Lata Shah"), ("priority", "SOON")];
    let answer = register(&browser, &new_id(), &unknown).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(found(&house, "Lata").await.is_empty(), "nobody is made for a visit that cannot be");
    assert_eq!(house.verified().await, 0);
}

async fn somebody_known_is_not_made_twice_unawares(db: Db) {
    let (house, browser) = desk(&db).await;
    visit_of(&register(&browser, &new_id(), RAVI).await);
    let known = found(&house, "Ravi").await.remove(0);
    let answer = register(&browser, &new_id(), RAVI).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("This patient may be known already"), "{}", answer.text);
    assert!(answer.text.contains(&format!("/reception?register={}", known.id)));
    assert_eq!(found(&house, "Ravi").await.len(), 1);
    visit_of(&register(&browser, &new_id(), &[RAVI, &[("registerAnyway", "yes")]].concat()).await);
    assert_eq!(found(&house, "Ravi").await.len(), 2);
}

async fn a_known_patient_comes_for_tests_only(db: Db) {
    let (house, browser) = desk(&db).await;
    let mut tx = db.begin().await.expect("a transaction");
    let test = NewTariffEntry {
        code: "HB".to_owned(),
        name: "Haemoglobin".to_owned(),
        kind: TariffKind::Test,
        price: Money(20_000),
        department_id: None,
        specimen: Some("Blood".to_owned()),
        analytes: Vec::new(),
        panels: Vec::new(),
    };
    tariff::add(&mut tx, &house.tenant.id, test).await.expect("a test");
    commit(tx).await.expect("it is written");

    let patient = house.patient.to_string();
    let page = browser.get(&format!("/reception?register={patient}")).await;
    for words in ["Asha Rao", "Haemoglobin", "₹200"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let typed = [("patientId", patient.as_str()), ("visitType", "LAB_ONLY"), ("pick", "HB"), ("joinQueue", "yes")];
    let visit = visit_of(&register(&browser, &new_id(), &typed).await);
    assert_eq!(logged(&house, &visit).await, ["VISIT_REGISTERED", "TESTS_ORDERED"]);
    assert_eq!(house.stream(&visit).await[1].event.metadata["tests"][0]["price"], 20_000);
}

async fn an_emergency_comes_first(db: Db) {
    let (house, browser) = desk(&db).await;
    let patient = house.patient.to_string();
    for (visit_type, priority) in [("OPD", "URGENT"), ("EMERGENCY", "ROUTINE"), ("OPD", "ROUTINE"), ("EMERGENCY", "")] {
        let kind = [("patientId", patient.as_str()), ("visitType", visit_type), ("joinQueue", "yes")];
        let typed = [&kind[..], &[("priority", priority)]].concat();
        let visit = visit_of(&register(&browser, &new_id(), &typed).await);
        let registered = house.stream(&visit).await.remove(0).event.metadata;
        assert_eq!(registered["priority"].as_str().unwrap_or_default(), priority, "the log has it as it was sent");
    }
    let board = visits::board(&house.db, &house.tenant.id, Station::Consultation, None).await.expect("a read");
    let order: Vec<_> = board.iter().map(|card| (card.visit.visit_type.word(), card.visit.priority.word())).collect();
    let emergency = ("EMERGENCY", "EMERGENCY");
    assert_eq!(order, [emergency, emergency, ("OPD", "URGENT"), ("OPD", "ROUTINE")]);
}

async fn the_desk_moves_visits_on(db: Db) {
    let (house, browser) = desk(&db).await;
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await.person.id.to_string();
    let steps: [(EventType, &[(&str, &str)]); 6] = [
        (EventType::VisitAssigned, &[("doctorId", &doctor)]),
        (EventType::QueueJoined, &[("station", "CONSULTATION")]),
        (EventType::QueueCalled, &[]),
        (EventType::QueueSkipped, &[]),
        (EventType::QueueCalled, &[]),
        (EventType::VisitNoShow, &[]),
    ];
    let visit = house.register().await;
    for (event, typed) in steps {
        let answer = browser.post("/reception?status=WAITING", event, &visit, typed).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{event}: {}", answer.text);
        assert!(answer.location.starts_with("/reception?status=WAITING&logged="), "{}", answer.location);
    }
    let words: Vec<_> = steps.iter().map(|(event, _)| event.word().to_owned()).collect();
    assert_eq!(logged(&house, &visit).await[1..], words);

    for (event, typed) in [
        (EventType::VisitCancelled, ("reason", "Went elsewhere")),
        (EventType::VisitRescheduled, ("newDate", "2026-03-09")),
    ] {
        let visit = house.register().await;
        let opened = browser.get(&format!("/reception?do={}&visit={visit}", event.word())).await;
        assert!(opened.text.contains("id=\"do\""), "{}", opened.text);
        let answer = browser.post("/reception", event, &visit, &[typed]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        assert_eq!(logged(&house, &visit).await[1..], [event.word()]);
    }
}

async fn who_waits_moves_to_another_queue(db: Db) {
    let (house, browser) = desk(&db).await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({})).await;
    let opened = browser.get(&format!("/reception?do=QUEUE_JOINED&visit={visit}")).await;
    let form = opened.text.split("id=\"do\"").nth(1).and_then(|rest| rest.split("</form>").next()).expect("a form");
    assert!(form.contains("name=\"_leaves\" value=\"WAITING\"") && form.contains("Move to another queue"), "{form}");
    assert!(form.contains("BILLING") && !form.contains("CONSULTATION"), "nobody loses their place by it: {form}");

    let join = async |typed: &[(&str, &str)]| browser.post("/reception", EventType::QueueJoined, &visit, typed).await;
    let moved = join(&[("_leaves", "WAITING"), ("_version", "2"), ("station", "BILLING")]).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);
    assert!(moved.location.starts_with("/reception?logged=QUEUE_JOINED&"), "{}", moved.location);
    let board = browser.get("/queue/billing").await;
    assert!(board.text.contains("C-001"), "{}", board.text);
    let display = browser.get(&format!("/display/{}", house.branch)).await;
    assert!(display.text.contains("Nobody has been called yet"), "{}", display.text);

    // Somebody called meanwhile: what was meant for who waits is refused, whole.
    house.log(Role::Receptionist, &visit, EventType::QueueCalled, json!({})).await;
    let stale = join(&[("_leaves", "WAITING"), ("_version", "5"), ("station", "CONSULTATION")]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    let back = join(&[("_leaves", "CALLED"), ("_version", "6"), ("station", "CONSULTATION")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
    let words = [
        "QUEUE_JOINED",
        "QUEUE_CALLED",
        "QUEUE_SKIPPED",
        "QUEUE_JOINED",
        "QUEUE_CALLED",
        "QUEUE_SKIPPED",
        "QUEUE_JOINED",
    ];
    assert_eq!(logged(&house, &visit).await[1..], words);
    assert_eq!(house.stream(&visit).await[4].event.metadata["station"], json!("BILLING"));
}

async fn a_call_from_the_board_names_the_doctor_s_room(db: Db) {
    let (house, browser) = desk(&db).await;
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await.person;
    assert_eq!(doctor.room_id.as_ref(), Some(&house.room));
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, EventType::VisitAssigned, json!({ "doctorId": doctor.id })).await;
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({})).await;
    let board = browser.get("/queue/consultation").await.text;
    assert!(board.contains(&format!("name=\"roomId\" value=\"{}\"", house.room)), "{board}");
}

async fn a_long_wait_is_seen_on_the_board(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({})).await;
    // Half an hour, as their department wants it, and half as long again.
    let looks =
        [("early", 29, "\"ticket\""), ("later", 2, "\"ticket ticket-late\""), ("last", 15, "\"ticket ticket-over\"")];
    for (name, minutes, class) in looks {
        house.clock.advance(TimeDelta::minutes(minutes));
        let browser = Browser::sign_in(&house, name, &[Role::Receptionist]).await;
        let board = browser.get("/queue/consultation").await.text;
        assert!(board.contains(class), "{class}: {board}");
        assert!(board.contains("Call next · C-001") && board.contains("data-key=\"n\""), "{board}");
    }
}

async fn who_was_called_already_is_not_called_unawares(db: Db) {
    let (house, browser) = desk(&db).await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({})).await;
    let call = async |version| {
        browser.post("/queue/consultation", EventType::QueueCalled, &visit, &[("_version", version)]).await
    };
    let first = browser.get(&call("2").await.location).await.text;
    assert!(first.contains("notice-success") && !first.contains("Called again"), "{first}");
    let stale = call("2").await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.text.contains("Somebody changed this visit while you were looking at it."), "{}", stale.text);
    let instead =
        stale.text.split("What can be done instead:").nth(1).and_then(|rest| rest.split("id=\"main\"").next());
    let instead = instead.expect("what can be done");
    assert!(instead.contains("QUEUE_SKIPPED") && !instead.contains("VISIT_NO_SHOW"), "none ends the visit: {instead}");
    let again = browser.get(&call("3").await.location).await.text;
    assert!(again.contains("Called again"), "{again}");
    assert_eq!(logged(&house, &visit).await[1..], ["QUEUE_JOINED", "QUEUE_CALLED", "QUEUE_CALLED"]);
}

async fn a_refused_step_keeps_what_was_typed(db: Db) {
    let (house, browser) = desk(&db).await;
    let visit = house.register().await;
    let typed = [("newDate", "tomorrow"), ("reason", "Rain and floods")];
    let answer = browser.post("/reception", EventType::VisitRescheduled, &visit, &typed).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("Rain and floods") && answer.text.contains("id=\"do\""), "{}", answer.text);
    let skipped = browser.post("/reception", EventType::QueueSkipped, &visit, &[]).await;
    assert_eq!(skipped.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(logged(&house, &visit).await, ["VISIT_REGISTERED"]);
}

async fn each_role_sees_its_own(db: Db) {
    let (house, _) = desk(&db).await;
    let visit = house.register().await;
    for (name, role, reception, registration) in [
        ("nurse", Role::Nurse, 200, 200),
        ("manager", Role::Manager, 200, 403),
        ("doctor", Role::Doctor, 403, 403),
        ("auditor", Role::Auditor, 403, 403),
    ] {
        let browser = Browser::sign_in(&house, name, &[role]).await;
        assert_eq!(browser.get("/reception").await.status, reception, "{name}");
        assert_eq!(browser.get(&format!("/visits/{visit}/slip")).await.status, reception, "{name}");
        assert_eq!(browser.get("/reception?register=new").await.status, registration, "{name}");
        let expected = if registration == 200 { 303 } else { 403 };
        let typed = format!("{name} Joseph");
        assert_eq!(register(&browser, &new_id(), &[("name", &typed)]).await.status, expected, "{name}");
        let patients = browser.get("/patients").await;
        assert_eq!(patients.status, StatusCode::OK, "{name}");
        assert!(patients.text.contains("Asha Rao"));
        assert_eq!(patients.text.contains("register="), registration == 200, "{name}");
    }
}

async fn a_patient_s_page_has_everything(db: Db) {
    let (house, browser) = desk(&db).await;
    let never = browser.get(&format!("/patients/{}", house.patient)).await;
    assert!(never.text.contains("No visits yet") && never.text.contains("not recorded"), "{}", never.text);
    let visit = house.register().await;
    let document = json!({
        "documentId": new_id::<VisitId>(),
        "fileName": "old-report.pdf",
        "mediaType": "application/pdf",
        "sizeBytes": 1000,
        "sha256": "0".repeat(64),
    });
    house.log(Role::Receptionist, &visit, EventType::DocumentUploaded, document).await;
    let page = browser.get(&format!("/patients/{}", house.patient)).await;
    for words in ["Asha Rao", "C-001", "old-report.pdf", &format!("/visits/{visit}")] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    for (query, there) in [("ash", true), ("rao asha", true), ("zz", false)] {
        for path in ["/patients", "/reception"] {
            let answer = browser.get(&format!("{path}?q={}", query.replace(' ', "+"))).await;
            assert_eq!(answer.text.contains("Asha Rao</a>"), there || path == "/reception", "{path} {query}");
            assert_eq!(answer.text.contains("Nobody was found"), !there, "{path} {query}");
        }
    }
    let stranger = House::open(&db, "Lake Hospital").await;
    assert_eq!(browser.get(&format!("/patients/{}", stranger.patient)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/patients/nobody").await.status, StatusCode::NOT_FOUND);
}
