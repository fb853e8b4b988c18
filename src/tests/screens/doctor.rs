//! Stories of the doctor's screen.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::tariff::{self, NewTariffEntry, TariffKind};
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{BillId, RequestKey, VisitId};
use sojourn::journey::money::Money;
use sojourn::journey::words::{Role, Word};

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories!(
    only_doctors_open_it,
    the_next_patient_is_called_and_comes_in,
    what_a_doctor_does_is_logged,
    lines_are_added_without_logging_anything,
    an_order_is_taken_back_as_long_as_it_can_be,
    a_prescription_is_known_by_its_number_until_it_is_given,
    the_last_prescription_is_repeated,
    what_was_typed_survives_a_refusal,
    results_are_reviewed_and_approved,
    what_is_given_on_paper_is_printed,
    vital_signs_are_seen_over_the_visits,
    an_emergency_by_kind_keeps_its_priority,
    an_unknown_visit_is_not_found,
);

/// A doctor before the screen, and a visit in the queue.
struct Story {
    house: House,
    browser: Browser,
    visit: VisitId,
}

impl Story {
    async fn begin(db: Db) -> Self {
        let house = House::open(&db, "City Hospital").await;
        let test = NewTariffEntry {
            code: "CBC".to_owned(),
            name: "Complete blood count".to_owned(),
            kind: TariffKind::Test,
            price: Money(35_000),
            department_id: None,
            specimen: Some("EDTA blood".to_owned()),
            analytes: Vec::new(),
            panels: Vec::new(),
        };
        let mut tx = db.begin().await.expect("a transaction");
        tariff::add(&mut tx, &house.tenant.id, test).await.expect("a test");
        commit(tx).await.expect("it is written");
        let browser = Browser::sign_in(&house, "meera", &[Role::Doctor]).await;
        let visit = house.register().await;
        house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({})).await;
        Self { house, browser, visit }
    }

    /// The same with the patient in the doctor's room.
    async fn in_the_room(db: Db) -> Self {
        let story = Self::begin(db).await;
        story.act("/doctor", EventType::QueueCalled, &[("roomId", story.house.room.to_string().as_str())]).await;
        story.act("/doctor", EventType::EnteredRoom, &[("roomId", story.house.room.to_string().as_str())]).await;
        story
    }

    /// Sends a form that is accepted, and answers with what the log then holds of it.
    async fn act(&self, path: &str, event: EventType, typed: &[(&str, &str)]) -> Value {
        self.house.clock.advance(TimeDelta::minutes(1));
        let answer = self.browser.post(path, event, &self.visit, typed).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}: {}", event.word(), answer.text);
        let page = self.browser.get(&answer.location).await;
        assert_eq!(page.status, StatusCode::OK, "{}", answer.location);
        let logged = self.house.stream(&self.visit).await.pop().expect("an event").event;
        assert_eq!(logged.event_type, event.word());
        assert_eq!(logged.performed_by, self.browser.person.id);
        logged.metadata
    }
}

async fn only_doctors_open_it(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let browser = Browser::sign_in(&house, "priya", &[Role::Receptionist]).await;
    assert_eq!(browser.get("/doctor").await.status, StatusCode::FORBIDDEN);
    let visit = house.register().await;
    let answer = browser.post("/doctor", EventType::VisitNoShow, &visit, &[]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(house.stream(&visit).await.len(), 1);
}

async fn the_next_patient_is_called_and_comes_in(db: Db) {
    let story = Story::begin(db).await;
    let room = story.house.room.to_string();
    let page = story.browser.get("/doctor").await.text;
    assert!(page.contains("Nobody is in the room") && page.contains("Call next: C-001 Asha Rao"), "{page}");
    assert!(page.contains("One patient waits"));
    assert_eq!(story.act("/doctor", EventType::QueueCalled, &[("roomId", &room)]).await, json!({ "roomId": room }));
    let page = story.browser.get("/doctor").await.text;
    assert!(page.contains(">Called<") && page.contains("Call again"), "{page}");
    story.act("/doctor", EventType::QueueSkipped, &[]).await;
    assert!(story.browser.get("/doctor").await.text.contains("Recall"));
    story.act("/doctor", EventType::QueueCalled, &[("roomId", &room)]).await;
    story.act("/doctor", EventType::EnteredRoom, &[("roomId", &room)]).await;
    let page = story.browser.get("/doctor").await.text;
    assert!(page.contains("in Room 1") && page.contains("Patient leaves"), "{page}");
}

async fn what_a_doctor_does_is_logged(db: Db) {
    let story = Story::in_the_room(db).await;
    let vitals = story
        .act(
            "/doctor?tab=vitals",
            EventType::VitalsRecorded,
            &[("temperatureC", "39,4"), ("pulse", "104"), ("spo2", "")],
        )
        .await;
    assert_eq!(vitals, json!({ "temperatureC": 39.4, "pulse": 104 }));
    assert!(story.browser.get("/doctor").await.text.contains("39.4 °C"));

    let line = [
        ("items[1].drug", "Paracetamol"),
        ("items[1].dose", "500 mg"),
        ("items[1].frequency", "Three times a day"),
        ("items[1].days", "3"),
        ("items[1].instructions", ""),
    ];
    let prescription = story.act("/doctor?tab=prescribe", EventType::PrescriptionGiven, &line).await;
    let item = json!({ "drug": "Paracetamol", "dose": "500 mg", "frequency": "Three times a day", "days": 3 });
    assert_eq!(prescription, json!({ "items": [item] }));

    let picked = [("pick", "CBC"), ("priority", "EMERGENCY")];
    let ordered = story.act("/doctor?tab=tests", EventType::TestsOrdered, &picked).await;
    let test = &ordered["tests"][0];
    assert_eq!(
        (&test["code"], &test["price"], &test["priority"]),
        (&json!("CBC"), &json!(35_000), &json!("EMERGENCY"))
    );
    let test = test["testId"].as_str().expect("an id").to_owned();

    let referral = [("to", "Cardiology"), ("reason", "Murmur"), ("urgency", "")];
    let referral = story.act("/doctor?tab=refer", EventType::ReferralGiven, &referral).await;
    assert_eq!(referral, json!({ "to": "Cardiology", "reason": "Murmur" }));

    // Half past nine in India.
    let due = [("dueAt", "2026-03-20T09:30"), ("note", "Look at the pressure again")];
    let follow_up = story.act("/doctor?tab=followup", EventType::FollowUpScheduled, &due).await;
    assert_eq!(follow_up["dueAt"], "2026-03-20T04:00:00Z");

    let cancelled = [("testId", test.as_str()), ("reason", "Done last week")];
    story.act("/doctor?tab=results", EventType::TestCancelled, &cancelled).await;
    story.act("/doctor", EventType::ExitedRoom, &[]).await;
    story.act("/doctor", EventType::ConsultationCompleted, &[("diagnosis", "Viral fever"), ("notes", "")]).await;
    story.act("/doctor", EventType::VisitCompleted, &[]).await;
    let visit = &story.visit;
    let closed = story.browser.get(&format!("/doctor?visit={visit}&tab=prescribe")).await;
    assert!(closed.text.contains("The visit has ended"), "{}", closed.text);
}

async fn lines_are_added_without_logging_anything(db: Db) {
    let story = Story::in_the_room(db).await;
    let logged = story.house.stream(&story.visit).await.len();
    let typed = [("items[2].drug", "ORS"), ("items[2].days", "2"), ("_rows", "3")];
    let add = async |what: &str| {
        let typed = [&typed[..], &[("_add", what)]].concat();
        let path = "/doctor?tab=prescribe";
        let answer = story.browser.post(path, EventType::PrescriptionGiven, &story.visit, &typed).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text.contains("value=\"ORS\""), "{}", answer.text);
        answer.text
    };
    let longer = add("line").await;
    assert!(longer.contains("Medicine, line 4") && !longer.contains("Medicine, line 5"));
    let picked = add("Paracetamol").await;
    assert!(picked.contains("value=\"Paracetamol\"") && picked.contains("value=\"500 mg\""), "{picked}");
    assert!(add("last").await.contains("no earlier prescription"));
    let typed = [("items[0].drug", "Aspirin"), ("items[1].drug", "ORS"), ("_rows", "4"), ("_remove", "0")];
    let path = "/doctor?tab=prescribe";
    let shorter = story.browser.post(path, EventType::PrescriptionGiven, &story.visit, &typed).await.text;
    assert!(shorter.contains("value=\"ORS\"") && !shorter.contains("Remove line: Aspirin"), "{shorter}");
    assert!(shorter.contains("Medicine, line 3") && !shorter.contains("Medicine, line 4"));
    assert_eq!(story.house.stream(&story.visit).await.len(), logged);
}

async fn a_prescription_is_known_by_its_number_until_it_is_given(db: Db) {
    let story = Story::in_the_room(db).await;
    let about = |number: usize| format!("data-draft=\"{} {} {number}\"", story.browser.person.id, story.visit);
    let path = "/doctor?tab=prescribe";
    let page = story.browser.get(path).await.text;
    assert!(
        page.contains(&about(0)) && !page.contains("data-typed"),
        "what a browser keeps of it belongs here: {page}"
    );
    let longer = story.browser.get("/doctor?tab=prescribe&rows=5").await.text;
    assert!(longer.contains("Medicine, line 5") && !longer.contains("Medicine, line 6"), "{longer}");
    let typed = [("items[0].drug", "ORS"), ("_add", "line")];
    let answer = story.browser.post(path, EventType::PrescriptionGiven, &story.visit, &typed).await.text;
    assert!(answer.contains("data-typed"), "what was typed last is here: {answer}");
    let line =
        [("items[0].drug", "ORS"), ("items[0].dose", "1"), ("items[0].frequency", "Daily"), ("items[0].days", "2")];
    story.act(path, EventType::PrescriptionGiven, &line).await;
    assert!(story.browser.get(path).await.text.contains(&about(1)), "the next is another");
}

async fn the_last_prescription_is_repeated(db: Db) {
    let story = Story::in_the_room(db).await;
    let line = json!({ "drug": "Metformin", "dose": "500 mg", "frequency": "Twice a day", "days": 30 });
    let (doctor, visit) = (Role::Doctor, &story.visit);
    story.house.log(doctor, visit, EventType::PrescriptionGiven, json!({ "items": [line] })).await;
    story.house.log(doctor, visit, EventType::ConsultationCompleted, json!({ "diagnosis": "Diabetes" })).await;
    story.house.log(doctor, visit, EventType::ExitedRoom, json!({})).await;
    let room = json!({ "roomId": story.house.room });
    let next = story.house.register().await;
    story.house.log(Role::Receptionist, &next, EventType::QueueJoined, json!({})).await;
    story.house.log(doctor, &next, EventType::QueueCalled, json!({})).await;
    story.house.log(doctor, &next, EventType::EnteredRoom, room).await;
    let page = story.browser.get("/doctor?tab=prescribe&repeat=1").await.text;
    assert!(page.contains("value=\"Metformin\"") && page.contains("Earlier visits<!> 1"), "{page}");
    let earlier = story.browser.get("/doctor?tab=visits").await.text;
    assert!(earlier.contains("Diabetes") && earlier.contains("Metformin 500 mg"), "{earlier}");
}

async fn what_is_given_on_paper_is_printed(db: Db) {
    let story = Story::in_the_room(db).await;
    let (doctor, visit) = (Role::Doctor, &story.visit);
    let line = json!({ "drug": "Metformin", "dose": "500 mg", "frequency": "Twice a day", "days": 1 });
    story.house.log(doctor, visit, EventType::PrescriptionGiven, json!({ "items": [line] })).await;
    let referral = json!({ "to": "Dr <b>Menon</b>", "reason": "Murmur", "urgency": "URGENT" });
    story.house.log(doctor, visit, EventType::ReferralGiven, referral).await;
    story.house.log(doctor, visit, EventType::ConsultationCompleted, json!({ "diagnosis": "Diabetes" })).await;
    for (tab, number) in [("prescribe", 1), ("refer", 2)] {
        let page = story.browser.get(&format!("/doctor?visit={visit}&tab={tab}")).await.text;
        assert!(page.contains(&format!("/visits/{visit}/letters/{number}")), "{page}");
    }
    let letter = async |number: &str| story.browser.get(&format!("/visits/{visit}/letters/{number}")).await;
    let prescription = letter("1").await.text;
    for part in ["Prescription", "Asha Rao", "Metformin", "Twice a day, for 1 day<", "Diabetes", "The doctor"] {
        assert!(prescription.to_lowercase().contains(&part.to_lowercase()), "{part}: {prescription}");
    }
    let referral = letter("2").await.text;
    assert!(referral.contains("Dr &lt;b&gt;Menon") && referral.contains("Murmur"), "{referral}");
    assert_eq!([letter("3").await.status, letter("0").await.status], [StatusCode::NOT_FOUND; 2]);
    let auditor = Browser::sign_in(&story.house, "auditor", &[Role::Auditor]).await;
    assert_eq!(
        auditor.get(&format!("/visits/{visit}/letters/1")).await.status,
        auditor.get(&format!("/visits/{visit}")).await.status,
        "who sees the visit sees its letters"
    );
}

async fn vital_signs_are_seen_over_the_visits(db: Db) {
    let story = Story::in_the_room(db).await;
    let warm = json!({ "temperatureC": 39.1, "systolic": 150, "diastolic": 95 });
    story.house.log(Role::Nurse, &story.visit, EventType::VitalsRecorded, warm).await;
    let next = story.house.register().await;
    story.house.log(Role::Receptionist, &next, EventType::QueueJoined, json!({})).await;
    story.house.log(Role::Nurse, &next, EventType::VitalsRecorded, json!({ "temperatureC": 37.2 })).await;
    let page = story.browser.get(&format!("/doctor?visit={next}&tab=vitals")).await.text;
    assert!(page.contains("39.1") && page.contains("37.2") && page.contains("150/95"), "{page}");
    assert_eq!(page.matches("<polyline").count(), 1, "a line takes two measurements");
}

async fn an_emergency_by_kind_keeps_its_priority(db: Db) {
    let story = Story::begin(db).await;
    let emergency: VisitId = new_id();
    let mut registration = story.house.registration(Some(&emergency));
    registration.metadata["visitType"] = json!("EMERGENCY");
    story.house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
    for (visit, offered) in [(&story.visit, true), (&emergency, false)] {
        let page = story.browser.get(&format!("/doctor?visit={visit}&tab=vitals")).await.text;
        assert_eq!(page.contains("New priority of the visit"), offered, "{page}");
        let page = story.browser.get(&format!("/visits/{visit}?do=VITALS_RECORDED")).await.text;
        assert!(page.contains("name=\"pulse\""), "{page}");
        assert_eq!(page.contains("a priority only to change it"), offered, "{page}");
    }
}

async fn an_order_is_taken_back_as_long_as_it_can_be(db: Db) {
    let story = Story::in_the_room(db).await;
    let order = async || {
        let answer =
            story.browser.post("/doctor?tab=tests", EventType::TestsOrdered, &story.visit, &[("pick", "CBC")]).await;
        let page = story.browser.get(&answer.location).await.text;
        assert!(page.contains("value=\"undo\"") && page.contains("Undo"), "{page}");
    };
    let visit = story.visit.to_string();
    let undo = async |key: &str| {
        let fields = [("_form", "undo"), ("_visit", visit.as_str()), ("_key", key)];
        story.browser.send(story.browser.form("/doctor?tab=tests", &fields)).await
    };
    order().await;
    let key = new_id::<RequestKey>().to_string();
    for _ in 0..2 {
        assert_eq!(undo(&key).await.status, StatusCode::SEE_OTHER, "pressed twice, it is done once");
    }
    let stream = story.house.stream(&story.visit).await;
    let [.., ordered, cancelled] = &stream[..] else { panic!("an order and its end: {stream:?}") };
    assert_eq!(cancelled.event.event_type, "TEST_CANCELLED");
    assert_eq!(cancelled.event.metadata["testId"], ordered.event.metadata["tests"][0]["testId"]);

    order().await;
    let test = story.house.stream(&story.visit).await.pop().expect("an order").event.metadata["tests"][0].clone();
    let done = [
        (EventType::TestSampleCollected, json!({ "testId": test["testId"] })),
        (EventType::TestInProgress, json!({ "testId": test["testId"] })),
        (EventType::TestCompleted, json!({ "testId": test["testId"], "results": [{ "analyte": "Hb", "value": "9" }] })),
    ];
    let bill = json!({
        "billId": new_id::<BillId>(), "items": [{ "testId": test["testId"], "amount": 35_000 }],
    });
    story.house.log(Role::Receptionist, &story.visit, EventType::TestsBilled, bill.clone()).await;
    let paid = json!({ "billId": bill["billId"], "amount": 35_000, "method": "CASH" });
    story.house.log(Role::Receptionist, &story.visit, EventType::PaymentReceived, paid).await;
    for (event, metadata) in done {
        story.house.log(Role::LabTechnician, &story.visit, event, metadata).await;
    }
    let late = undo(&new_id::<RequestKey>().to_string()).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text.contains("not possible now"), "{}", late.text);
}

async fn what_was_typed_survives_a_refusal(db: Db) {
    let story = Story::in_the_room(db).await;
    let post = async |tab: &str, event, typed: &[(&str, &str)]| {
        let answer = story.browser.post(&format!("/doctor?tab={tab}"), event, &story.visit, typed).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
        answer.text
    };
    let lines = [("items[2].drug", "Ibuprofen"), ("items[2].days", "many")];
    let page = post("prescribe", EventType::PrescriptionGiven, &lines).await;
    assert!(page.contains("value=\"Ibuprofen\"") && page.contains("value=\"many\""), "{page}");
    assert!(page.contains("Days, line 1 must be a whole number"), "{page}");
    let page = post("tests", EventType::TestsOrdered, &[("priority", "URGENT")]).await;
    assert!(page.contains("Tests is required"), "{page}");
    let past = [("dueAt", "2020-01-01T09:30"), ("note", "too late")];
    let page = post("followup", EventType::FollowUpScheduled, &past).await;
    assert!(page.contains("value=\"2020-01-01T09:30\"") && page.contains("too late"), "{page}");
    let page = post("vitals", EventType::VitalsRecorded, &[("pulse", "1000")]).await;
    assert!(page.contains("value=\"1000\""), "{page}");
}

async fn results_are_reviewed_and_approved(db: Db) {
    let story = Story::in_the_room(db).await;
    let ordered = story.act("/doctor?tab=tests", EventType::TestsOrdered, &[("pick", "CBC")]).await;
    let test = ordered["tests"][0]["testId"].as_str().expect("an id").to_owned();
    let (house, visit, lab) = (&story.house, &story.visit, Role::LabTechnician);
    let bill = json!({ "billId": sojourn::db::new_id::<VisitId>(), "items": [{ "testId": test, "amount": 35_000 }] });
    house.log(Role::BillingClerk, visit, EventType::TestsBilled, bill.clone()).await;
    let payment = json!({ "billId": bill["billId"], "amount": 35_000, "method": "CASH" });
    house.log(Role::BillingClerk, visit, EventType::PaymentReceived, payment).await;
    let about = json!({ "testId": test });
    let results = json!({ "testId": test, "results": [{ "analyte": "Haemoglobin", "value": "7.9", "unit": "g/dL", "low": 12, "high": 17 }] });
    let work = async || {
        house.log(lab, visit, EventType::TestInProgress, about.clone()).await;
        house.log(lab, visit, EventType::TestCompleted, results.clone()).await;
    };
    house.log(lab, visit, EventType::TestSampleCollected, about.clone()).await;
    work().await;

    let page = story.browser.get("/doctor").await.text;
    assert!(page.contains("Review Complete blood count of Asha Rao"), "{page}");
    let tab = format!("/doctor?visit={visit}&tab=results");
    let page = story.browser.get(&tab).await.text;
    assert!(page.contains("12 to 17") && page.contains("low") && page.contains("Accept results"), "{page}");

    let beside = story.browser.get(&format!("/doctor?visit={visit}&tab=prescribe")).await.text;
    assert!(beside.contains("Results out of range") && beside.contains("7.9 g/dL"), "{beside}");

    let about = ("testId", test.as_str());
    let repeat = [about, ("verdict", "REPEAT"), ("comment", "Clotted?")];
    assert_eq!(story.act(&tab, EventType::TestReviewed, &repeat).await["verdict"], "REPEAT");
    work().await;
    story.act(&tab, EventType::TestReviewed, &[about, ("verdict", "ACCEPTED"), ("comment", "")]).await;
    assert!(story.browser.get("/doctor").await.text.contains("Results to approve"));
    story.act(&tab, EventType::TestApproved, &[about]).await;
    story.act(&tab, EventType::ReportGenerated, &[about]).await;
    story.act(&tab, EventType::ReportDelivered, &[about, ("deliveredTo", "Asha Rao")]).await;
}

async fn an_unknown_visit_is_not_found(db: Db) {
    let story = Story::begin(db).await;
    let unknown = sojourn::db::new_id::<VisitId>();
    assert_eq!(story.browser.get(&format!("/doctor?visit={unknown}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(story.browser.get("/doctor?visit=nonsense").await.status, StatusCode::OK);
}
