//! Stories of the laboratory's screen.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::tariff::{self, Analyte, NewTariffEntry, TariffKind};
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{TestId, VisitId};
use sojourn::journey::money::Money;
use sojourn::journey::words::{Role, Stage, Word};
use sojourn::projections::tests;

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories!(
    a_test_goes_from_its_order_to_the_patient,
    a_value_with_a_range_may_be_critical,
    a_tablet_knows_what_was_measured_before,
    a_rejected_sample_is_collected_again,
    each_does_what_their_roles_allow,
    what_was_typed_survives_a_refusal,
    the_unpaid_wait_for_payment,
    only_an_emergency_is_stat,
    the_laboratory_sees_what_is_urgent_now,
    patients_are_called_to_the_lab,
    a_report_says_whether_it_is_approved,
);

/// A laboratory, and a patient with one test ordered in an emergency.
struct Laboratory {
    house: House,
    visit: VisitId,
    test: TestId,
    technician: Browser,
    pathologist: Browser,
}

impl Laboratory {
    async fn open(db: Db, priority: &str) -> Self {
        let house = House::open(&db, "City Hospital").await;
        let within = |analyte: &str, unit: &str, low, high| Analyte {
            analyte: analyte.to_owned(),
            unit: Some(unit.to_owned()),
            low: Some(low),
            high: Some(high),
        };
        let entry = NewTariffEntry {
            code: "CBC".to_owned(),
            name: "Complete blood count".to_owned(),
            kind: TariffKind::Test,
            price: Money(35_000),
            department_id: None,
            specimen: Some("EDTA blood".to_owned()),
            analytes: vec![within("Haemoglobin", "g/dL", 12.0, 17.0), within("Platelets", "10³/µL", 150.0, 410.0)],
            panels: Vec::new(),
        };
        let mut tx = db.begin().await.expect("a transaction");
        tariff::add(&mut tx, &house.tenant.id, entry).await.expect("the tariff's entry");
        commit(tx).await.expect("it is written");

        let visit: VisitId = new_id();
        let mut registration = house.registration(Some(&visit));
        registration.metadata["visitType"] = json!("LAB_ONLY");
        registration.metadata["priority"] = json!(priority);
        house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
        let test: TestId = new_id();
        let ordered = json!({ "tests": [{
            "testId": test, "code": "CBC", "name": "Complete blood count", "price": 35_000, "specimen": "EDTA blood",
        }] });
        house.log(Role::Receptionist, &visit, EventType::TestsOrdered, ordered).await;
        let technician = Browser::sign_in(&house, "imran", &[Role::LabTechnician]).await;
        let pathologist = Browser::sign_in(&house, "leela", &[Role::Pathologist]).await;
        Self { house, visit, test, technician, pathologist }
    }

    /// Sends a form, which is logged, and answers with the event's metadata.
    async fn logged(&self, who: &Browser, path: &str, event: EventType, typed: &[(&str, &str)]) -> Value {
        let answer = self.tried(who, path, event, typed).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let last = self.house.stream(&self.visit).await.pop().expect("an event").event;
        assert_eq!(last.event_type, event.word());
        assert_eq!(last.performed_by, who.person.id);
        last.metadata
    }

    async fn tried(&self, who: &Browser, path: &str, event: EventType, typed: &[(&str, &str)]) -> super::Answer {
        let test = self.test.to_string();
        let mut fields = vec![("testId", test.as_str())];
        fields.extend_from_slice(typed);
        who.post(path, event, &self.visit, &fields).await
    }

    async fn collect_and_start(&self) {
        let imran = &self.technician;
        self.logged(imran, "/lab", EventType::TestSampleCollected, &[("sampleId", "S-1")]).await;
        self.logged(imran, "/lab?stage=collected", EventType::TestInProgress, &[]).await;
    }

    async fn complete(&self) -> Value {
        let page = format!("/lab?stage=running&open={}", self.test);
        let typed = [
            ("results[0].analyte", "Haemoglobin"),
            ("results[0].unit", "g/dL"),
            ("results[0].low", "12"),
            ("results[0].high", "17"),
            ("results[0].value", "9.1"),
            ("results[1].analyte", "Smear"),
            ("results[1].value", "toxic granules"),
            ("results[1].flag", "ABNORMAL"),
        ];
        self.logged(&self.technician, &page, EventType::TestCompleted, &typed).await
    }

    fn report(&self) -> String {
        format!("/visits/{}/tests/{}/report", self.visit, self.test)
    }
}

async fn a_test_goes_from_its_order_to_the_patient(db: Db) {
    let lab = Laboratory::open(db, "EMERGENCY").await;
    let (imran, leela) = (&lab.technician, &lab.pathologist);
    let page = imran.get("/lab").await;
    assert!(page.text.contains("Complete blood count") && page.text.contains("STAT"), "{}", page.text);
    assert!(page.text.contains("masthead touch"), "gloves press what is above the tests too");
    let outbox = page.text.split('<').find(|tag| tag.contains(r#"id="not-sent""#)).expect("an outbox");
    assert!(outbox.contains(r#"class="touch""#), "{outbox}");

    let collected =
        lab.logged(imran, "/lab", EventType::TestSampleCollected, &[("sampleId", "S-7"), ("specimen", "Blood")]).await;
    assert_eq!(collected, json!({ "testId": lab.test, "sampleId": "S-7", "specimen": "Blood" }));
    let found = imran.get("/lab?sample=S-7").await;
    assert!(found.text.contains("Complete blood count") && found.text.contains("Collected"));
    let typed = imran.get("/lab?sample=%20s-7").await;
    assert!(typed.text.contains("Complete blood count"), "labels are typed in small letters too: {}", typed.text);
    assert!(imran.get("/lab?sample=S-8").await.text.contains("No test has this sample"));
    lab.logged(imran, "/lab?stage=collected", EventType::TestInProgress, &[("analyser", "Sysmex 1")]).await;

    let form = imran.get(&format!("/lab?stage=running&open={}", lab.test)).await;
    assert!(form.text.contains("Haemoglobin, g/dL") && form.text.contains("150 – 410"), "{}", form.text);
    let completed = lab.complete().await;
    assert_eq!(completed["results"][0]["flag"], "LOW", "worked out from the range");
    assert_eq!(completed["results"][1]["flag"], "ABNORMAL", "as it was chosen");

    lab.logged(leela, "/lab?stage=review", EventType::TestReviewed, &[("comment", "Seen")]).await;
    lab.logged(leela, "/lab?stage=approve", EventType::TestApproved, &[]).await;
    lab.logged(imran, "/lab?stage=report", EventType::ReportGenerated, &[]).await;
    let form = imran.get(&format!("/lab?stage=handover&open={}", lab.test)).await;
    assert!(form.text.contains(r#"value="Asha Rao""#), "it is handed to the patient");
    let handed = [("deliveredTo", "Asha Rao"), ("channel", "In person")];
    lab.logged(imran, "/lab?stage=handover", EventType::ReportDelivered, &handed).await;
    assert!(imran.get("/lab?stage=handover").await.text.contains("Nothing to do here"));
}

async fn a_value_with_a_range_may_be_critical(db: Db) {
    let lab = Laboratory::open(db, "EMERGENCY").await;
    lab.collect_and_start().await;
    let address = format!("/lab?stage=running&open={}", lab.test);
    for address in [address.clone(), format!("/visits/{}", lab.visit)] {
        let form = lab.technician.get(&address).await.text;
        let mut boxes = form.split('<').filter(|tag| tag.contains(r#"type="checkbox""#));
        let mark = boxes.find(|tag| tag.contains(r#"aria-label="Critical: Haemoglobin""#)).expect("a box to tick");
        assert!(mark.contains(r#"name="results[0].flag""#) && mark.contains(r#"value="CRITICAL""#), "{mark}");
    }
    let line = |value| {
        [
            ("results[0].analyte", "Haemoglobin"),
            ("results[0].low", "12"),
            ("results[0].high", "17"),
            ("results[0].flag", "CRITICAL"),
            ("results[0].value", value),
        ]
    };
    let refused = lab.tried(&lab.technician, &address, EventType::TestCompleted, &line("")).await;
    let mark = refused.text.split('<').find(|tag| tag.contains("Critical: Haemoglobin")).expect("a box to tick");
    assert!(mark.contains("checked"), "what was marked stays so: {mark}");
    let completed = lab.logged(&lab.technician, &address, EventType::TestCompleted, &line("4.1")).await;
    assert_eq!(completed["results"][0]["flag"], "CRITICAL", "as it was marked");
    assert!(lab.pathologist.get("/lab?stage=review").await.text.contains("tag-danger"));
}

async fn a_tablet_knows_what_was_measured_before(db: Db) {
    let lab = Laboratory::open(db, "EMERGENCY").await;
    let kept = async || -> Value {
        serde_json::from_str(&lab.technician.get("/lab/worklist").await.text).expect("a worklist")
    };
    assert!(kept().await["tests"][0]["analytes"][0]["before"].is_null(), "this is the first");
    lab.collect_and_start().await;
    lab.complete().await;
    lab.logged(&lab.pathologist, "/lab?stage=review", EventType::TestReviewed, &[]).await;
    lab.logged(&lab.pathologist, "/lab?stage=approve", EventType::TestApproved, &[]).await;
    let visit: VisitId = new_id();
    let mut again = lab.house.registration(Some(&visit));
    again.metadata["visitType"] = json!("LAB_ONLY");
    lab.house.record(Role::Receptionist, vec![again]).await.expect("a registration");
    let test = json!({ "testId": new_id::<TestId>(), "code": "CBC", "name": "Complete blood count", "price": 0 });
    lab.house.log(Role::Receptionist, &visit, EventType::TestsOrdered, json!({ "tests": [test] })).await;
    let known = kept().await;
    let analytes = &known["tests"][0]["analytes"];
    assert_eq!(analytes[0]["before"]["value"], "9.1", "{known}");
    assert!(analytes[0]["before"]["words"].as_str().is_some_and(|words| words.starts_with("9.1, ")), "{known}");
    assert!(analytes[1]["before"].is_null(), "platelets were not measured");

    let (db, tenant) = (&lab.house.db, &lab.house.tenant.id);
    let mut entry = tariff::by_code(db, tenant, "CBC").await.expect("a read").expect("an entry");
    entry.analytes[0].unit = Some("g/L".to_owned());
    let mut tx = db.begin().await.expect("a transaction");
    tariff::set_analytes(&mut tx, tenant, &entry.id, &entry.analytes).await.expect("another unit");
    commit(tx).await.expect("it is written");
    assert!(kept().await["tests"][0]["analytes"][0]["before"].is_null(), "a litre is no decilitre");
}

async fn a_rejected_sample_is_collected_again(db: Db) {
    let lab = Laboratory::open(db, "EMERGENCY").await;
    lab.collect_and_start().await;
    let typed = [("reason", "Clotted"), ("reason", "right arm")];
    let rejected = lab.logged(&lab.technician, "/lab?stage=running", EventType::TestSampleRejected, &typed).await;
    assert_eq!(rejected["reason"], "Clotted: right arm");
    let page = lab.technician.get("/lab").await.text;
    for words in ["Collect again", "sample rejected: clotted: right arm"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(
        !page.contains("Print the label") && !page.contains(" · S-1 · "),
        "the rejected label is not reused: {page}"
    );
    let label = lab.report().replace("report", "label");
    assert_eq!(lab.technician.get(&label).await.status, StatusCode::NOT_FOUND);
    let cancelled =
        lab.logged(&lab.technician, "/lab", EventType::TestCancelled, &[("reason", "Patient declined")]).await;
    assert_eq!(cancelled["reason"], "Patient declined");
}

async fn each_does_what_their_roles_allow(db: Db) {
    let lab = Laboratory::open(db, "EMERGENCY").await;
    let nurse = Browser::sign_in(&lab.house, "mary", &[Role::Nurse]).await;
    assert_eq!(nurse.get("/lab").await.status, StatusCode::FORBIDDEN);
    let tried = lab.tried(&nurse, "/lab", EventType::TestSampleCollected, &[]).await;
    assert_eq!(tried.status, StatusCode::FORBIDDEN);

    lab.collect_and_start().await;
    assert!(lab.pathologist.get("/lab?stage=running").await.text.contains("Waits for a lab technician"));
    lab.complete().await;
    assert!(lab.technician.get("/lab?stage=review").await.text.contains("Waits for a doctor or pathologist"));
    let before = lab.house.stream(&lab.visit).await.len();
    let tried = lab.tried(&lab.technician, "/lab?stage=review", EventType::TestReviewed, &[]).await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(lab.house.stream(&lab.visit).await.len(), before);
}

async fn what_was_typed_survives_a_refusal(db: Db) {
    let lab = Laboratory::open(db, "EMERGENCY").await;
    lab.collect_and_start().await;
    let page = format!("/lab?stage=running&open={}", lab.test);
    let typed = [
        ("results[0].analyte", "Haemoglobin"),
        ("results[0].value", "9.1"),
        ("results[1].analyte", "Platelets"),
        ("results[1].value", ""),
    ];
    let refused = lab.tried(&lab.technician, &page, EventType::TestCompleted, &typed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [r#"value="9.1""#, "There is a problem", "Value, line 2"] {
        assert!(refused.text.contains(words), "{words}: {}", refused.text);
    }
}

async fn the_unpaid_wait_for_payment(db: Db) {
    let lab = Laboratory::open(db, "ROUTINE").await;
    let page = lab.technician.get("/lab").await.text;
    for words in ["Payment first", "not on a bill yet: ₹350", "Pay at billing first"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("STAT"));
    let refused = lab.tried(&lab.technician, "/lab", EventType::TestSampleCollected, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("not possible now"), "{}", refused.text);
}

async fn only_an_emergency_is_stat(db: Db) {
    let lab = Laboratory::open(db, "URGENT").await;
    let page = lab.technician.get("/lab").await.text;
    assert!(page.contains("tag-urgent") && !page.contains("STAT"), "{page}");
    let kept: Value = serde_json::from_str(&lab.technician.get("/lab/worklist").await.text).expect("JSON");
    assert_eq!(kept["tests"][0]["urgency"], "URGENT");
}

async fn the_laboratory_sees_what_is_urgent_now(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let mut ordered = Vec::new();
    for _ in 0..2 {
        let (visit, test): (VisitId, TestId) = (new_id(), new_id());
        let mut registration = house.registration(Some(&visit));
        registration.metadata["visitType"] = json!("LAB_ONLY");
        house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
        let tests = json!({ "tests": [{ "testId": test, "code": "CBC", "name": "Blood count", "price": 0 }] });
        house.log(Role::Receptionist, &visit, EventType::TestsOrdered, tests).await;
        ordered.push((visit, test));
    }
    let at = async |stage| {
        let cards = tests::worklist(&db, &house.tenant.id, stage).await.expect("a read");
        cards.into_iter().map(|card| card.test.test_id).collect::<Vec<_>>()
    };
    let latest_first: Vec<_> = ordered.iter().rev().map(|(_, test)| test.clone()).collect();
    let worse = || json!({ "pulse": 140, "priority": "EMERGENCY" });
    house.log(Role::Nurse, &ordered[1].0, EventType::VitalsRecorded, worse()).await;
    assert_eq!(at(Stage::Ordered).await, latest_first, "as urgent as the visit is now");

    let better = || json!({ "pulse": 80, "priority": "ROUTINE" });
    house.log(Role::Nurse, &ordered[0].0, EventType::VitalsRecorded, worse()).await;
    for (visit, test) in &ordered {
        let results = json!({ "testId": test, "results": [{ "analyte": "Haemoglobin", "value": "13.5" }] });
        for (role, event, metadata) in [
            (Role::LabTechnician, EventType::TestSampleCollected, json!({ "testId": test })),
            (Role::LabTechnician, EventType::TestInProgress, json!({ "testId": test })),
            (Role::LabTechnician, EventType::TestCompleted, results),
        ] {
            house.log(role, visit, event, metadata).await;
        }
    }
    house.log(Role::Nurse, &ordered[0].0, EventType::VitalsRecorded, better()).await;
    let doctor = &house.who(Role::Doctor).id;
    let cards = tests::for_doctor(&db, &house.tenant.id, Stage::Completed, doctor, None).await.expect("a read");
    let to_review: Vec<_> = cards.into_iter().map(|card| card.test.test_id).collect();
    assert_eq!(to_review, latest_first, "so does the doctor");

    for (visit, test) in &ordered {
        for (role, event, metadata) in [
            (Role::Doctor, EventType::TestReviewed, json!({ "testId": test })),
            (Role::Pathologist, EventType::TestApproved, json!({ "testId": test })),
            (Role::Pathologist, EventType::ReportGenerated, json!({ "testId": test })),
        ] {
            house.log(role, visit, event, metadata).await;
        }
    }
    house.log(Role::Nurse, &ordered[0].0, EventType::VitalsRecorded, worse()).await;
    assert_eq!(at(Stage::Reported).await, latest_first, "those that nobody fetched hide none");
    house.log(Role::Nurse, &ordered[1].0, EventType::VitalsRecorded, better()).await;
    let urgent_first: Vec<_> = ordered.iter().map(|(_, test)| test.clone()).collect();
    assert_eq!(at(Stage::Reported).await, urgent_first, "a report of an emergency is not the last");
}

async fn patients_are_called_to_the_lab(db: Db) {
    let lab = Laboratory::open(db, "EMERGENCY").await;
    lab.house.log(Role::Receptionist, &lab.visit, EventType::QueueJoined, json!({ "station": "LAB" })).await;
    let page = lab.technician.get("/lab").await.text;
    assert!(page.contains("Patients at the lab"), "{page}");
    assert_eq!(page.matches("STAT").count(), 2, "the patient is as urgent as the test: {page}");
    let room = lab.house.room.to_string();
    let version = lab.house.stream(&lab.visit).await.len().to_string();
    let typed = [("_version", version.as_str()), ("roomId", room.as_str())];
    let called = lab.technician.post("/lab", EventType::QueueCalled, &lab.visit, &typed).await;
    assert_eq!(called.status, StatusCode::SEE_OTHER, "{}", called.text);
    let page = lab.technician.get(&called.location).await.text;
    assert!(page.contains("called to Room 1") && page.contains("Skip"), "{page}");
    let board = lab.technician.get("/queue/lab").await.text;
    assert!(board.contains("href=\"/lab?stage=collect#test-") && board.contains("Skip"), "{board}");
    let skipped = lab.technician.post("/lab", EventType::QueueSkipped, &lab.visit, &typed[..1]).await;
    assert_eq!(skipped.status, StatusCode::UNPROCESSABLE_ENTITY, "the page is stale");
    let skipped = lab.technician.post("/lab", EventType::QueueSkipped, &lab.visit, &[]).await;
    assert_eq!(skipped.status, StatusCode::SEE_OTHER);
    assert!(lab.technician.get("/lab").await.text.contains("did not come when called"));
}

async fn a_report_says_whether_it_is_approved(db: Db) {
    let lab = Laboratory::open(db, "EMERGENCY").await;
    lab.collect_and_start().await;
    assert_eq!(lab.technician.get(&lab.report()).await.status, StatusCode::NOT_FOUND, "there are no results");
    let label = lab.technician.get(&lab.report().replace("report", "label")).await;
    assert!(label.text.contains("S-1") && label.text.contains("Asha Rao"), "{}", label.text);
    lab.complete().await;
    let report = lab.technician.get(&lab.report()).await;
    assert!(report.text.contains("Not yet approved") && report.text.contains("toxic granules"), "{}", report.text);

    // Who entered the results may review them, and not approve them.
    let both = Browser::sign_in(&lab.house, "both", &[Role::LabTechnician, Role::Pathologist]).await;
    let repeat = [("verdict", "REPEAT"), ("comment", "Too low to be true")];
    lab.logged(&both, "/lab?stage=review", EventType::TestReviewed, &repeat).await;
    lab.logged(&both, "/lab?stage=collected", EventType::TestInProgress, &[]).await;
    let typed = [("results[0].analyte", "Haemoglobin"), ("results[0].value", "13")];
    lab.logged(&both, "/lab?stage=running", EventType::TestCompleted, &typed).await;
    lab.logged(&both, "/lab?stage=review", EventType::TestReviewed, &[]).await;
    assert!(both.get("/lab?stage=approve").await.text.contains("another person approves them"));
    let refused = lab.tried(&both, "/lab?stage=approve", EventType::TestApproved, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    lab.logged(&lab.pathologist, "/lab?stage=approve", EventType::TestApproved, &[]).await;
    let report = lab.technician.get(&lab.report()).await.text;
    assert!(!report.contains("Not yet approved") && !report.contains("Too low to be true"), "{report}");
    assert!(report.contains("leela") && report.contains("both"), "{report}");
}
