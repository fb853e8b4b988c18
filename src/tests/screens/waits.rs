//! Stories of waits and what becomes of them on the screens once they last too long.

use chrono::TimeDelta;
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::journey::course::Measure;
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{TestId, VisitId};
use sojourn::journey::words::Role;
use sojourn::record::targets::TargetChange;

use super::Browser;
use crate::support::house::House;
use crate::support::stories;

stories!(every_screen_judges_a_wait_by_its_department, a_wait_for_the_lab_has_a_target_of_its_own);

/// A house whose department wants patients called within ten minutes, and within four at the laboratory.
async fn in_a_hurry(db: &Db) -> House {
    let house = House::open(db, "City Hospital").await;
    let (tenant, department) = (&house.tenant, &house.department);
    let admin = house.who(Role::Admin);
    let own = house.recorder.change_department(tenant, admin, department, "General Medicine", "C", 10).await;
    own.expect("another target");
    let lab = TargetChange { department: department.clone(), measure: Measure::LabWait, before: None, after: Some(4) };
    house.recorder.set_targets(tenant, house.who(Role::Manager), &[lab]).await.expect("a target for the lab");
    house
}

/// Looks at screens, each with the class of what turns late on it, and expects it to have turned so or not.
async fn look(browser: &Browser, screens: &[(&str, &str)], lateness: Option<&str>) {
    for (path, class) in screens {
        let page = browser.get(path).await.text;
        assert!(page.contains("Asha Rao"), "{path}: {page}");
        for ending in ["late", "over"] {
            let seen = page.contains(&format!("{class}-{ending}"));
            assert_eq!(seen, lateness == Some(ending), "{path}, {class}-{ending}: {page}");
        }
    }
}

async fn every_screen_judges_a_wait_by_its_department(db: Db) {
    let house = in_a_hurry(&db).await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({})).await;
    let journey = format!("/visits/{visit}");
    let screens = [
        ("/queue/consultation", "ticket"),
        ("/reception", "wait"),
        ("/doctor", "wait"),
        (journey.as_str(), "now-card"),
    ];
    for (name, minutes, lateness) in [("early", 9, None), ("later", 2, Some("late")), ("last", 5, Some("over"))] {
        house.clock.advance(TimeDelta::minutes(minutes));
        let browser = Browser::sign_in(&house, name, &[Role::Receptionist, Role::Doctor]).await;
        look(&browser, &screens, lateness).await;
    }
}

async fn a_wait_for_the_lab_has_a_target_of_its_own(db: Db) {
    let house = in_a_hurry(&db).await;
    let visit: VisitId = new_id();
    let mut registration = house.registration(Some(&visit));
    registration.metadata["visitType"] = json!("LAB_ONLY");
    house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
    let test: TestId = new_id();
    let ordered = json!({ "tests": [{ "testId": test, "code": "HB", "name": "Haemoglobin", "price": 20_000 }] });
    house.log(Role::Receptionist, &visit, EventType::TestsOrdered, ordered).await;
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({ "station": "LAB" })).await;
    let journey = format!("/visits/{visit}");
    let screens = [("/queue/lab", "ticket"), ("/lab", "wait"), ("/reception", "wait"), (journey.as_str(), "now-card")];
    for (name, minutes, lateness) in [("early", 3, None), ("later", 2, Some("late")), ("last", 2, Some("over"))] {
        house.clock.advance(TimeDelta::minutes(minutes));
        let browser = Browser::sign_in(&house, name, &[Role::Receptionist, Role::LabTechnician]).await;
        look(&browser, &screens, lateness).await;
    }
}
