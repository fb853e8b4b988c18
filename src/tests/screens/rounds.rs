//! Stories of the way between the doctor and the laboratory.

use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::{TestId, VisitId};
use sojourn::journey::words::{Role, Word as _};

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories!(
    who_comes_back_from_the_laboratory_is_known,
    the_tabs_count_what_waits_at_each_stage,
    results_stand_beside_those_before,
);

/// What follows a name on a page, up to the end of its row.
fn row<'a>(page: &'a str, name: &str, end: &str) -> &'a str {
    let row = page.split_once(name).and_then(|(_, rest)| rest.split(end).next());
    row.unwrap_or_else(|| panic!("{name} is on the page: {page}"))
}

/// Registers an emergency, whose tests wait for no payment.
async fn emergency(house: &House, kind: &str) -> VisitId {
    let visit = new_id();
    let mut registration = house.registration(Some(&visit));
    registration.metadata["visitType"] = json!(kind);
    registration.metadata["priority"] = json!("EMERGENCY");
    house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
    visit
}

/// An order for blood counts.
fn order(tests: &[&TestId]) -> Value {
    let test = |id: &&TestId| json!({ "testId": id, "code": "CBC", "name": "Blood count", "price": 35_000 });
    json!({ "tests": tests.iter().map(test).collect::<Vec<_>>() })
}

async fn who_comes_back_from_the_laboratory_is_known(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = Browser::sign_in(&house, "meera", &[Role::Doctor]).await;
    let nurse = Browser::sign_in(&house, "mary", &[Role::Nurse]).await;
    let (visit, test) = (emergency(&house, "OPD").await, new_id());
    let (in_room, to_queue) = (json!({ "roomId": house.room }), json!({ "doctorId": doctor.person.id }));
    let about = json!({ "testId": test });
    let rows = async || {
        let name = format!("data-row=\"{visit}\"");
        let (queue, board) = (doctor.get("/doctor").await.text, nurse.get("/queue/consultation").await.text);
        [queue, board].map(|page| row(&page, &name, "</li>").to_owned())
    };

    house.log(Role::Receptionist, &visit, QueueJoined, to_queue.clone()).await;
    let [queue, board] = rows().await;
    assert!(queue.contains("reason not recorded") && !board.contains("seen before"), "{queue} {board}");
    for (role, event, metadata) in [
        (Role::Doctor, QueueCalled, in_room.clone()),
        (Role::Doctor, EnteredRoom, in_room.clone()),
        (Role::Doctor, TestsOrdered, order(&[&test])),
        (Role::Doctor, ExitedRoom, json!({})),
        (Role::LabTechnician, TestSampleCollected, about.clone()),
        (Role::LabTechnician, TestInProgress, about.clone()),
        // Quicker than the laboratory.
        (Role::Receptionist, QueueJoined, to_queue),
    ] {
        house.log(role, &visit, event, metadata).await;
    }
    let [queue, board] = rows().await;
    assert!(queue.contains("back again") && !queue.contains("results ready"), "{queue}");
    assert!(board.contains("seen before") && !board.contains("phase-test"), "{board}");

    let results = json!({ "testId": test, "results": [{ "analyte": "Haemoglobin", "value": "9.1" }] });
    house.log(Role::LabTechnician, &visit, TestCompleted, results).await;
    let [queue, board] = rows().await;
    assert!(queue.contains("back again, results ready") && queue.contains("phase-test"), "{queue}");
    assert!(board.contains("seen before") && board.contains("phase-test") && board.contains("Results"), "{board}");

    for (event, metadata) in [(QueueCalled, in_room.clone()), (EnteredRoom, in_room)] {
        house.log(Role::Doctor, &visit, event, metadata).await;
    }
    let page = doctor.get("/doctor?tab=results").await.text;
    assert!(page.contains("in Room 1") && page.contains("9.1") && !page.contains("back again"), "{page}");
    assert!(!nurse.get("/queue/consultation").await.text.contains("seen before"), "nobody waits any more");
}

async fn the_tabs_count_what_waits_at_each_stage(db: Db) {
    const STAGES: [&str; 7] = ["collect", "collected", "running", "review", "approve", "report", "handover"];
    let house = House::open(&db, "City Hospital").await;
    let technician = Browser::sign_in(&house, "imran", &[Role::LabTechnician]).await;
    let (visit, test, other): (_, TestId, TestId) = (emergency(&house, "LAB_ONLY").await, new_id(), new_id());
    let counts = async || {
        let page = technician.get("/lab").await.text;
        let tabs = row(&page, "class=\"stages\"", "</nav>");
        STAGES.map(|stage| {
            let tab = row(tabs, &format!("href=\"/lab?stage={stage}\""), "</a>");
            row(tab, "<b>", "</b>").parse::<usize>().expect("a number")
        })
    };
    assert_eq!(counts().await, [0; 7]);
    house.log(Role::Receptionist, &visit, TestsOrdered, order(&[&test, &other])).await;
    assert_eq!(counts().await, [2, 0, 0, 0, 0, 0, 0]);
    let about = json!({ "testId": test });
    let results = json!({ "testId": test, "results": [{ "analyte": "Haemoglobin", "value": "13.5" }] });
    let handed = json!({ "testId": test, "deliveredTo": "the patient" });
    for (role, event, metadata, expected) in [
        (Role::LabTechnician, TestSampleCollected, about.clone(), [1, 1, 0, 0, 0, 0, 0]),
        (Role::LabTechnician, TestInProgress, about.clone(), [1, 0, 1, 0, 0, 0, 0]),
        (Role::LabTechnician, TestCompleted, results, [1, 0, 0, 1, 0, 0, 0]),
        (Role::Doctor, TestReviewed, about.clone(), [1, 0, 0, 0, 1, 0, 0]),
        (Role::Pathologist, TestApproved, about.clone(), [1, 0, 0, 0, 0, 1, 0]),
        (Role::Pathologist, ReportGenerated, about, [1, 0, 0, 0, 0, 0, 1]),
        (Role::Receptionist, ReportDelivered, handed, [1, 0, 0, 0, 0, 0, 0]),
    ] {
        house.log(role, &visit, event, metadata).await;
        assert_eq!(counts().await, expected, "{}", event.word());
    }
}

/// Measures blood, up to the results.
async fn measured(house: &House, results: Value) -> (VisitId, TestId) {
    let (visit, test) = (emergency(house, "LAB_ONLY").await, new_id());
    house.log(Role::Receptionist, &visit, TestsOrdered, order(&[&test])).await;
    for event in [TestSampleCollected, TestInProgress] {
        house.log(Role::LabTechnician, &visit, event, json!({ "testId": test })).await;
    }
    house.log(Role::LabTechnician, &visit, TestCompleted, json!({ "testId": test, "results": results })).await;
    (visit, test)
}

async fn results_stand_beside_those_before(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let pathologist = Browser::sign_in(&house, "leela", &[Role::Pathologist]).await;
    let (visit, test) = measured(
        &house,
        json!([
            { "analyte": "Haemoglobin", "value": "9.1", "unit": "g/dL" },
            { "analyte": "Platelets", "value": "200" },
            { "analyte": "Iron", "value": "12", "unit": "µmol/L" },
        ]),
    )
    .await;
    let page = pathologist.get("/lab?stage=review").await.text;
    assert!(page.contains("9.1") && !page.contains("Change</th>"), "these are the first: {page}");
    house.log(Role::Doctor, &visit, TestReviewed, json!({ "testId": test })).await;
    house.log(Role::Pathologist, &visit, TestApproved, json!({ "testId": test })).await;

    let again = json!([
        { "analyte": "Haemoglobin", "value": "10.4", "unit": "g/dL" },
        { "analyte": "Platelets", "value": "180" },
        { "analyte": "Iron", "value": "67", "unit": "µg/dL" },
    ]);
    measured(&house, again).await;
    let page = pathologist.get("/lab?stage=review").await.text;
    assert!(page.contains("Change</th>") && page.contains("Last</th>"), "{page}");
    for (analyte, change, last) in
        [("Haemoglobin", "+1.3", "9.1, 1 Mar"), ("Platelets", "−20", "200, 1 Mar"), ("Iron", "–", "–")]
    {
        let cells = row(&page, &format!("{analyte}</th>"), "</tr>");
        let cells = cells.split("</td>").filter(|cell| cell.contains("<td"));
        let cells: Vec<_> = cells.filter_map(|cell| Some(cell.rsplit_once('>')?.1)).collect();
        assert_eq!(cells[cells.len() - 2..], [change, last], "{analyte}: {page}");
    }
}
