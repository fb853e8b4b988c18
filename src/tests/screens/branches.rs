//! Stories of a hospital of several branches, at the desks of one.

use axum::http::StatusCode;
use serde_json::json;
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::branches;
use sojourn::hospital::people::{self, PersonDetails};
use sojourn::journey::events::EventType::{self, *};
use sojourn::journey::ids::{BranchId, RequestKey, TestId, VisitId};
use sojourn::journey::words::{Role, Stage, Station, Word as _};
use sojourn::projections::{calls, tests, visits};
use sojourn::record::Wish;

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories!(
    a_visit_of_another_branch_takes_nothing,
    a_doctor_reads_of_their_branch_alone,
    a_search_does_not_deny_a_visit_elsewhere,
    a_visit_of_no_branch_is_on_every_board,
    results_are_reviewed_in_their_branch,
    the_laboratory_names_other_branches,
);

/// A visit that began in a branch, or in none.
async fn registered(house: &House, branch: Option<&BranchId>, reason: &str) -> VisitId {
    let visit = new_id();
    let metadata = json!({ "patientId": house.patient, "reason": reason });
    let wish = Wish::new(Some(VisitId::clone(&visit)), VisitRegistered, metadata);
    let wish = Wish { branch_id: branch.cloned(), ..wish };
    house.record(Role::Receptionist, vec![wish]).await.expect("a registration");
    visit
}

async fn another_branch(house: &House) -> BranchId {
    let mut tx = house.db.begin().await.expect("a transaction");
    let branch = branches::add(&mut tx, &house.tenant.id, "Lakeside", "LS").await.expect("a branch").id;
    commit(tx).await.expect("it is written");
    branch
}

/// A visit for one test, which began in a branch.
async fn tested(house: &House, branch: &BranchId) -> (VisitId, TestId) {
    let (visit, test): (VisitId, TestId) = (new_id(), new_id());
    let metadata = json!({ "patientId": house.patient, "visitType": "LAB_ONLY", "priority": "EMERGENCY" });
    let wish = Wish::new(Some(visit.clone()), VisitRegistered, metadata);
    let wish = Wish { branch_id: Some(branch.clone()), ..wish };
    house.record(Role::Receptionist, vec![wish]).await.expect("a registration");
    let ordered = json!({ "testId": test, "code": "HB", "name": "Haemoglobin", "price": 10_000 });
    house.log(Role::Receptionist, &visit, TestsOrdered, json!({ "tests": [ordered] })).await;
    (visit, test)
}

async fn a_visit_of_another_branch_takes_nothing(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let theirs = registered(&house, Some(&another_branch(&house).await), "Cough").await;
    let nowhere: VisitId = new_id();
    let roles = [Role::Nurse, Role::Receptionist, Role::Doctor];
    let browser = Browser::sign_in(&house, "nurse", &roles).await;
    let key = new_id::<RequestKey>().to_string();
    for (form, event) in [("share", DocumentShared), ("withdraw", DocumentShared), ("", VitalsRecorded)] {
        let typed = [("_form", form), ("_event", event.word()), ("_key", key.as_str()), ("pulse", "72")];
        let answer = browser.send(browser.form(&format!("/visits/{theirs}"), &typed)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{form}: {}", answer.text);
    }
    // Wherever a form names it, it is refused like one that does not exist.
    let try_on = async |path: &str, event: EventType, visit: &VisitId| {
        let answer = browser.post(path, event, visit, &[("pulse", "72")]).await;
        assert!(!answer.text.contains("Asha Rao"), "{path}: {}", answer.text);
        (answer.status, answer.text.contains("There is no such visit"))
    };
    for (path, event) in
        [("/queue/consultation", QueueJoined), ("/reception", QueueJoined), ("/doctor", VitalsRecorded)]
    {
        let missing = try_on(path, event, &nowhere).await;
        assert_eq!(try_on(path, event, &theirs).await, missing, "{path}");
        assert_eq!(missing.0, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let page = browser.get(&format!("/queue/consultation?logged=VISIT_REGISTERED&visit={theirs}")).await;
    assert!(!page.text.contains("Asha Rao"), "nor is its patient named: {}", page.text);
    assert_eq!(house.stream(&theirs).await.len(), 1, "nothing was logged");
}

async fn a_doctor_reads_of_their_branch_alone(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    registered(&house, Some(&another_branch(&house).await), "Seen at the lake").await;
    registered(&house, Some(&house.branch), "Seen in the city").await;
    let today = registered(&house, Some(&house.branch), "Fever").await;
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await;
    let chart = doctor.get(&format!("/doctor?visit={today}&tab=visits")).await;
    assert!(chart.text.contains("Seen in the city") && !chart.text.contains("Seen at the lake"), "{}", chart.text);
}

async fn a_search_does_not_deny_a_visit_elsewhere(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let there = another_branch(&house).await;
    registered(&house, Some(&there), "Cough").await;
    let desk = Browser::sign_in(&house, "desk", &[Role::Receptionist]).await;
    let found = async || desk.get("/patients?q=Asha").await.text;
    let page = found().await;
    assert!(page.contains("no visit at this branch yet") && !page.contains("today, token"), "{page}");
    // A later visit elsewhere hides none that was here.
    registered(&house, Some(&house.branch), "Fever").await;
    registered(&house, Some(&there), "Cough").await;
    let page = found().await;
    assert!(page.contains("today, token"), "{page}");
}

async fn a_visit_of_no_branch_is_on_every_board(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (here, there) = (house.branch.clone(), another_branch(&house).await);
    let visit = registered(&house, None, "Fever").await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    let (tenant, day) = (&house.tenant, house.tenant.local_day(house.now()));
    for branch in [&here, &there] {
        let board = visits::board(&db, &tenant.id, Station::Consultation, Some(branch)).await.expect("a board");
        let arrivals = visits::arrivals(&db, &tenant.id, day, Some(branch)).await.expect("a list");
        let to_bill = visits::to_bill(&db, &tenant.id, Some(branch)).await.expect("a list");
        let waiting = calls::waiting(&db, &tenant.id, branch, Station::Consultation).await.expect("a list");
        assert_eq!([board.len(), arrivals.len(), to_bill.len(), waiting.len()], [1; 4]);
    }
    house.log(Role::Doctor, &visit, QueueCalled, json!({ "roomId": house.room })).await;
    for branch in [&here, &there] {
        assert_eq!(calls::latest(&db, tenant, branch, house.now(), 5).await.expect("a list").len(), 1);
    }
}

async fn results_are_reviewed_in_their_branch(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let there = another_branch(&house).await;
    let (visit, test) = tested(&house, &there).await;
    let results = json!({ "testId": test, "results": [{ "analyte": "Haemoglobin", "value": "7.9" }] });
    for (event, metadata) in [
        (TestSampleCollected, json!({ "testId": test })),
        (TestInProgress, json!({ "testId": test })),
        (TestCompleted, results),
    ] {
        house.log(Role::LabTechnician, &visit, event, metadata).await;
    }
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await;
    let page = doctor.get("/doctor").await;
    assert!(!page.text.contains("Review Haemoglobin"), "{}", page.text);
    for (branch, seen) in [(Some(&house.branch), 0), (Some(&there), 1), (None, 1)] {
        let listed = tests::for_doctor(&db, &house.tenant.id, Stage::Completed, &doctor.person.id, branch).await;
        assert_eq!(listed.expect("a list").len(), seen);
    }
}

async fn the_laboratory_names_other_branches(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let technician = Browser::sign_in(&house, "technician", &[Role::LabTechnician]).await;
    let courier = Browser::sign_in(&house, "courier", &[Role::LabTechnician]).await;
    let of_none = PersonDetails { name: "courier".to_owned(), branch_id: None, department_id: None, room_id: None };
    let mut tx = db.begin().await.expect("a transaction");
    people::change(&mut tx, &house.tenant.id, &courier.person.id, of_none).await.expect("another workplace");
    commit(tx).await.expect("it is written");
    let says = async |browser: &Browser, test: &TestId, branch: &str| {
        let page = browser.get("/lab").await.text;
        let id = format!(r#"id="test-{test}""#);
        let card = page.split("<li ").find(|card| card.contains(&id)).expect("a card");
        card.contains(branch)
    };
    let (_, here) = tested(&house, &house.branch).await;
    assert!(!says(&courier, &here, "City Hospital").await, "there is but one branch");
    let (_, there) = tested(&house, &another_branch(&house).await).await;
    assert!(!says(&technician, &here, "City Hospital").await, "it is their own");
    assert!(says(&technician, &there, "Lakeside").await);
    assert!(says(&courier, &here, "City Hospital").await && says(&courier, &there, "Lakeside").await);
    let kept = technician.get("/lab/worklist").await.text;
    assert!(kept.contains("Lakeside") && !kept.contains("City Hospital"), "{kept}");
}
