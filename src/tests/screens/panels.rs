//! Stories of panels: tests that are ordered together.

use axum::http::StatusCode;
use serde_json::json;
use sojourn::db::{Db, commit};
use sojourn::hospital::event_types;
use sojourn::hospital::tariff::{self, NewTariffEntry, TariffEntry, TariffKind};
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{Id as _, VisitId};
use sojourn::journey::money::Money;
use sojourn::journey::words::{Role, Word};
use sojourn::log;

use super::Browser;
use super::admin::accepted;
use crate::support::house::House;
use crate::support::stories;

stories!(a_panel_is_set_by_the_admin_and_ordered_by_the_doctor);

const CODES: [&str; 4] = ["CBC", "CRP", "ESR", "TSH"];

/// Adds a test that is in no panel yet.
async fn add(house: &House, code: &str) -> TariffEntry {
    let new = NewTariffEntry {
        code: code.to_owned(),
        name: format!("The {code}"),
        kind: TariffKind::Test,
        price: Money(20_000),
        department_id: None,
        specimen: None,
        analytes: Vec::new(),
        panels: Vec::new(),
    };
    let mut tx = house.db.begin().await.expect("a transaction");
    let entry = tariff::add(&mut tx, &house.tenant.id, new).await.expect("a test");
    commit(tx).await.expect("it is written");
    entry
}

/// Taps a panel in the order's form, and gives the codes that are then ticked.
async fn tap(browser: &Browser, path: &str, visit: &VisitId, panel: &str, ticked: &[&str]) -> Vec<&'static str> {
    let visit = visit.to_string();
    let event = EventType::TestsOrdered.word();
    let mut fields = vec![("_event", event), ("_visit", visit.as_str()), ("_panel", panel), ("priority", "URGENT")];
    fields.extend(ticked.iter().map(|code| ("pick", *code)));
    let answer = browser.send(browser.form(path, &fields)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(!answer.text.contains("id=\"refusal\"") && !answer.text.contains("id=\"problem\""), "{}", answer.text);
    let is_ticked = |code: &&str| answer.text.contains(&format!("value=\"{code}\" checked"));
    CODES.into_iter().filter(is_ticked).collect()
}

async fn a_panel_is_set_by_the_admin_and_ordered_by_the_doctor(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let doctor = Browser::sign_in(&house, "meera", &[Role::Doctor]).await;
    for (code, panels) in CODES.into_iter().zip(["Fever, Before surgery,, Fever", "Fever", "", "Thyroid"]) {
        let path = format!("/admin/tariff/{}", add(&house, code).await.id);
        let name = format!("The {code}");
        let details = [("_form", "details"), ("name", name.as_str()), ("price", "200"), ("panels", panels)];
        let page = accepted(&admin, &path, &details).await;
        assert_eq!(page.contains("Panels: none → Fever, Before surgery"), code == "CBC", "{page}");
    }
    let entry = tariff::by_code(&db, &house.tenant.id, "CBC").await.expect("a read").expect("it is there");
    assert_eq!(entry.panels, ["Fever", "Before surgery"]);
    let changed = log::stream(&db, &house.tenant.id, "tariff", entry.id.as_str()).await.expect("a read").remove(0);
    let own = event_types::own().into_iter().find(|own| own.event_type == changed.event.event_type).expect("a type");
    let validator = event_types::validator(&own.schema).expect("a schema");
    assert_eq!(event_types::misfits(&validator, &changed.event.metadata), []);

    let visit = house.register().await;
    let room = json!({ "roomId": house.room });
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({})).await;
    house.log(Role::Doctor, &visit, EventType::QueueCalled, room.clone()).await;
    house.log(Role::Doctor, &visit, EventType::EnteredRoom, room).await;
    let before = house.stream(&visit).await.len();
    let path = format!("/doctor?visit={visit}&tab=tests");
    let page = doctor.get(&path).await.text;
    for panel in ["Before surgery", "Fever", "Thyroid"] {
        assert!(page.contains(&format!("name=\"_panel\" value=\"{panel}\"")), "{panel}: {page}");
    }
    assert_eq!(tap(&doctor, &path, &visit, "Fever", &["ESR"]).await, ["CBC", "CRP", "ESR"]);
    assert_eq!(tap(&doctor, &path, &visit, "No such panel", &["ESR"]).await, ["ESR"]);
    let journey = format!("/visits/{visit}?do=TESTS_ORDERED");
    assert_eq!(tap(&doctor, &journey, &visit, "Before surgery", &["TSH"]).await, ["CBC", "TSH"]);
    assert_eq!(house.stream(&visit).await.len(), before, "a tap logs nothing");

    let ordered = doctor.post(&path, EventType::TestsOrdered, &visit, &[("pick", "CBC"), ("pick", "CRP")]).await;
    assert_eq!(ordered.status, StatusCode::SEE_OTHER, "{}", ordered.text);
    let last = house.stream(&visit).await.pop().expect("an event").event.metadata;
    assert_eq!((&last["tests"][0]["code"], &last["tests"][1]["code"]), (&"CBC".into(), &"CRP".into()));
}
