//! Stories of the administration.

use axum::http::StatusCode;
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::hospital::sign_in_names::SignInName;
use sojourn::hospital::{branches, event_types, people, rooms, sessions, tariff, tenants, tokens};
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{DepartmentId, Id as _, TestId, VisitId};
use sojourn::journey::words::Role;
use sojourn::log::{self, Filter};

use super::Browser;
use crate::support::events::{append, bare_happening};
use crate::support::house::House;
use crate::support::stories;

stories!(
    every_change_of_the_house_is_an_event,
    an_entry_of_the_tariff_is_corrected,
    a_range_that_is_defined_flags_results,
    a_passphrase_is_reset_and_sessions_end,
    who_never_signed_in_is_given_a_sign_in_name,
    a_token_is_shown_once,
    nobody_shuts_themselves_out,
    the_administration_opens_to_nobody_else
);

/// Sends a form, which is accepted, and gives the page that follows.
pub(super) async fn accepted(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = browser.send(browser.form(path, fields)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{fields:?}: {}", answer.text);
    browser.get(&answer.location).await.text
}

async fn every_change_of_the_house_is_an_event(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let (branch, department) = (house.branch.to_string(), house.department.to_string());
    let fields = [("_form", "add-branch"), ("name", "East Wing"), ("code", "EAST")];
    assert!(accepted(&admin, "/admin/house", &fields).await.contains("East Wing"));
    let again = admin.send(admin.form("/admin/house", &fields)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("EAST is in use already") && again.text.contains("value=\"East Wing\""));
    let east = branches::list(&db, &house.tenant.id).await.expect("a read");
    let east = east.into_iter().find(|branch| branch.code == "EAST").expect("it is there").id.to_string();
    let fields = [("_form", "branch"), ("_about", east.as_str()), ("name", "East House"), ("code", "EAST")];
    assert!(accepted(&admin, "/admin/house", &fields).await.contains("Name: East Wing → East House"));
    let fields = [
        ("_form", "department"),
        ("_about", department.as_str()),
        ("name", "Medicine"),
        ("tokenPrefix", "M"),
        ("targetMinutes", "25"),
    ];
    assert!(accepted(&admin, "/admin/house", &fields).await.contains("Target minutes: 30 → 25"));
    let fields = [
        ("_form", "add-department"),
        ("_about", east.as_str()),
        ("name", "Eye Clinic"),
        ("tokenPrefix", "E"),
        ("targetMinutes", "20"),
    ];
    assert!(accepted(&admin, "/admin/house", &fields).await.contains("Eye Clinic"));
    let fields = [("_form", "add-room"), ("_about", branch.as_str()), ("name", "Room 7"), ("kind", "LAB")];
    accepted(&admin, "/admin/house", &fields).await;
    let rooms = rooms::list(&db, &house.tenant.id).await.expect("a read");
    let room = rooms.into_iter().find(|room| room.name == "Room 7").expect("it is there").id.to_string();
    let fields = [
        ("_form", "room"),
        ("_about", room.as_str()),
        ("name", "Room 8"),
        ("kind", "LAB"),
        ("departmentId", department.as_str()),
    ];
    let page = accepted(&admin, "/admin/house", &fields).await;
    for change in ["Name: Room 7 → Room 8", "Department: none → Medicine"] {
        assert!(page.contains(change), "{change}: {page}");
    }
    let fields = [("_form", "add"), ("name", "Urine culture"), ("code", "UC"), ("kind", "TEST"), ("price", "450")];
    accepted(&admin, "/admin/tariff", &fields).await;
    let entry = tariff::by_code(&db, &house.tenant.id, "UC").await.expect("a read").expect("it is there");
    let path = format!("/admin/tariff/{}", entry.id);
    let page = accepted(&admin, &path, &[("_form", "details"), ("name", "Urine culture"), ("price", "500")]).await;
    assert!(page.contains("₹450 → ₹500"), "{page}");
    accepted(&admin, &path, &[("_form", "withdraw")]).await;
    accepted(&admin, "/admin/rules", &[("_form", "rules"), ("rules", "payBeforeConsultation")]).await;
    let tenant = tenants::by_id(&db, &house.tenant.id).await.expect("a read").expect("ours");
    assert!(tenant.policy.pay_before_consultation && !tenant.policy.pay_before_lab);
    let person = house.who(Role::Nurse).id.to_string();
    let path = format!("/admin/people/{person}");
    accepted(&admin, &path, &[("_form", "roles"), ("roles", "NURSE"), ("roles", "MANAGER")]).await;
    accepted(&admin, &path, &[("_form", "details"), ("name", "Asha Nair"), ("roomId", house.room.as_str())]).await;
    accepted(&admin, &path, &[("_form", "leave")]).await;
    // The same again changes nothing.
    accepted(&admin, &path, &[("_form", "leave")]).await;
    let fields = [("_form", "add"), ("name", "Ravi Menon"), ("roles", "NURSE"), ("roles", "DOCTOR")];
    assert!(accepted(&admin, "/admin", &fields).await.contains("Ravi Menon"));

    let events = log::page(&db, &house.tenant.id, &Filter::All, None, 100).await.expect("a read");
    let types: Vec<_> = events.iter().map(|stored| stored.event.event_type.as_str()).collect();
    let expected = [
        "branch.added",
        "branch.changed",
        "department.changed",
        "department.added",
        "room.added",
        "room.changed",
        "tariff.added",
        "tariff.changed",
        "tariff.offered",
        "tenant.policy_changed",
        "person.role_changed",
        "person.changed",
        "person.changed",
        "person.created",
    ];
    assert_eq!(types, expected);
    for stored in &events {
        let own = event_types::own().into_iter().find(|own| own.event_type == stored.event.event_type).expect("a type");
        let validator = event_types::validator(&own.schema).expect("a schema");
        assert_eq!(event_types::misfits(&validator, &stored.event.metadata), [], "{}", own.event_type);
        assert_eq!(stored.event.performed_by, admin.person.id);
    }
    let renamed = &events[11].event.metadata;
    assert_eq!((&renamed["before"]["name"], &renamed["after"]["name"]), (&"The nurse".into(), &"Asha Nair".into()));
    let created = &events[13].event.metadata;
    assert_eq!((&created["name"], &created["roles"]), (&"Ravi Menon".into(), &json!(["NURSE", "DOCTOR"])));
    assert_eq!(house.verified().await, 14);
}

async fn an_entry_of_the_tariff_is_corrected(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let fields = [("_form", "add"), ("name", "Urin culture"), ("code", "UC"), ("kind", "TEST"), ("price", "450")];
    accepted(&admin, "/admin/tariff", &[&fields[..], &[("specimen", "Blood")]].concat()).await;
    let read = async || tariff::by_code(&db, &house.tenant.id, "UC").await.expect("a read").expect("it is there");
    let path = format!("/admin/tariff/{}", read().await.id);
    let department = house.department.to_string();
    let details = |name, specimen, department| {
        let fields = [("_form", "details"), ("name", name), ("price", "500"), ("specimen", specimen)];
        [&fields[..], &[("departmentId", department)]].concat()
    };
    let refused = admin.send(admin.form(&path, &details("", "Urine", ""))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Name must not be empty") && refused.text.contains("value=\"Urine\""));
    let elsewhere = new_id::<DepartmentId>().to_string();
    let refused = admin.send(admin.form(&path, &details("Urine culture", "Urine", elsewhere.as_str()))).await;
    assert!(refused.text.contains("Department is not of this hospital"), "{}", refused.text);
    let corrected = details("Urine culture", "Urine", department.as_str());
    let page = accepted(&admin, &path, &corrected).await;
    for change in [
        "Name: Urin culture → Urine culture",
        "Price: ₹450 → ₹500",
        "Specimen: Blood → Urine",
        "Department: none → General Medicine",
    ] {
        assert!(page.contains(change), "{change}: {page}");
    }
    let entry = read().await;
    assert_eq!((entry.name.as_str(), entry.specimen.as_deref()), ("Urine culture", Some("Urine")));
    assert_eq!(entry.department_id.as_ref(), Some(&house.department));
    // The same again changes nothing.
    accepted(&admin, &path, &corrected).await;
    let page = accepted(&admin, &path, &details("Urine culture", "", "")).await;
    assert!(page.contains("Specimen: Urine → none") && page.contains("Department: General Medicine → none"), "{page}");
    let events = log::stream(&db, &house.tenant.id, "tariff", entry.id.as_str()).await.expect("a read");
    let versions: Vec<_> = events.iter().map(|stored| stored.event.schema_version).collect();
    assert_eq!(versions, [1, 2, 2], "added, and changed twice");
    let own = event_types::own().into_iter().find(|own| own.event_type == "tariff.changed").expect("a type");
    let validator = event_types::validator(&own.schema).expect("a schema");
    for stored in &events[1..] {
        assert_eq!(stored.event.schema_version, own.schema_version);
        assert_eq!(event_types::misfits(&validator, &stored.event.metadata), []);
    }
    // What was logged when only a price could change is told as of today.
    let mut old = bare_happening(entry.id.as_str(), 4);
    (old.aggregate_type, old.event_type) = ("tariff".to_owned(), "tariff.changed".to_owned());
    old.metadata = json!({ "code": "UC", "before": 50_000, "after": 55_000 });
    append(&db, &house.tenant.id, [old]).await;
    let page = admin.get(&path).await.text;
    assert!(page.contains("Price: ₹500 → ₹550"), "{page}");
}

async fn a_range_that_is_defined_flags_results(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let fields = [("_form", "add"), ("name", "Ferritin"), ("code", "FER"), ("kind", "TEST"), ("price", "900")];
    accepted(&admin, "/admin/tariff", &fields).await;
    let entry = tariff::by_code(&db, &house.tenant.id, "FER").await.expect("a read").expect("it is there");
    let path = format!("/admin/tariff/{}", entry.id);
    let line = |low, high| {
        let analyte = [("analytes[1].analyte", "Ferritin"), ("analytes[1].unit", "ng/mL")];
        let range = [("analytes[1].low", low), ("analytes[1].high", high)];
        [&[("_form", "analytes"), ("_rows", "3")], &analyte[..], &range[..]].concat()
    };
    let refused = admin.send(admin.form(&path, &line("300", "30"))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("High, line 2 must be above the lowest in range"), "{}", refused.text);
    assert!(refused.text.contains("value=\"300\""), "what was typed is kept");
    let page = accepted(&admin, &path, &line("30", "300")).await;
    assert!(page.contains("Analytes: none → Ferritin 30 – 300 ng/mL"), "{page}");

    let (visit, test) = (new_id::<VisitId>(), new_id::<TestId>());
    let mut registration = house.registration(Some(&visit));
    registration.metadata["priority"] = json!("EMERGENCY");
    house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, json!({})).await;
    house.log(Role::Doctor, &visit, EventType::QueueCalled, json!({ "roomId": house.room })).await;
    house.log(Role::Doctor, &visit, EventType::EnteredRoom, json!({ "roomId": house.room })).await;
    let ordered = json!({ "tests": [{ "testId": test, "code": "FER", "name": "Ferritin", "price": 90_000 }] });
    house.log(Role::Doctor, &visit, EventType::TestsOrdered, ordered).await;
    for event in [EventType::TestSampleCollected, EventType::TestInProgress] {
        house.log(Role::LabTechnician, &visit, event, json!({ "testId": test })).await;
    }
    let technician = Browser::sign_in(&house, "imran", &[Role::LabTechnician]).await;
    let address = format!("/lab?stage=running&open={test}");
    let form = technician.get(&address).await.text;
    let given: Vec<_> = ["analyte", "unit", "low", "high"]
        .map(|field| format!("results[0].{field}"))
        .into_iter()
        .map(|name| {
            let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1).and_then(|rest| rest.split('"').next());
            (value.unwrap_or_else(|| panic!("{name} is on the page: {form}")).to_owned(), name)
        })
        .collect();
    let test = test.to_string();
    let mut typed: Vec<_> = given.iter().map(|(value, name)| (name.as_str(), value.as_str())).collect();
    typed.extend([("testId", test.as_str()), ("results[0].value", "12")]);
    let answer = technician.post(&address, EventType::TestCompleted, &visit, &typed).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let completed = house.stream(&visit).await.pop().expect("an event").event.metadata;
    assert_eq!(completed["results"][0]["flag"], "LOW", "{completed}");

    // Taking a line away writes nothing until the rest is saved.
    let fields = [("_form", "analytes"), ("_rows", "1"), ("analytes[0].analyte", "Ferritin"), ("_remove", "0")];
    let draft = admin.send(admin.form(&path, &fields)).await;
    assert_eq!(draft.status, StatusCode::OK);
    assert!(!draft.text.contains("name=\"analytes[0].analyte\""), "{}", draft.text);
    let page = accepted(&admin, &path, &[("_form", "analytes"), ("_rows", "0")]).await;
    assert!(page.contains("Analytes: Ferritin 30 – 300 ng/mL → none"), "{page}");
    for stored in log::stream(&db, &house.tenant.id, "tariff", entry.id.as_str()).await.expect("a read") {
        let own = event_types::own().into_iter().find(|own| own.event_type == stored.event.event_type).expect("a type");
        let validator = event_types::validator(&own.schema).expect("a schema");
        assert_eq!(event_types::misfits(&validator, &stored.event.metadata), [], "{}", own.event_type);
    }
}

async fn a_passphrase_is_reset_and_sessions_end(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let nurse = Browser::sign_in(&house, "nurse", &[Role::Nurse]).await;
    let path = format!("/admin/people/{}", nurse.person.id);
    let weak = admin.send(admin.form(&path, &[("_form", "passphrase"), ("passphrase", "short")])).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!weak.text.contains("value=\"short\""), "what is secret is not shown again");
    assert_eq!(nurse.get("/queue/consultation").await.status, StatusCode::OK);
    accepted(&admin, &path, &[("_form", "passphrase"), ("passphrase", "seven green ladders")]).await;
    assert_eq!(nurse.get("/queue/consultation").await.status, StatusCode::SEE_OTHER, "she is signed out");
    let other = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await;
    let path = format!("/admin/people/{}", other.person.id);
    assert!(accepted(&admin, &path, &[("_form", "sessions")]).await.contains("Signed in nowhere"));
    let left = sessions::of_person(&db, &house.tenant.id, &other.person.id, house.now()).await.expect("a read");
    assert_eq!(left, []);
    let events = log::page(&db, &house.tenant.id, &Filter::All, None, 100).await.expect("a read");
    let types: Vec<_> = events.iter().map(|stored| stored.event.event_type.as_str()).collect();
    assert_eq!(types, ["person.passphrase_reset", "person.sessions_ended"]);
}

async fn who_never_signed_in_is_given_a_sign_in_name(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let nurse = house.who(Role::Nurse).id.clone();
    let path = format!("/admin/people/{nurse}");
    let given = |name, passphrase| [("_form", "sign-in"), ("signInName", name), ("passphrase", passphrase)];
    for (name, passphrase, problem) in [
        ("", "seven green ladders", "Sign in name does not fit"),
        ("asha nair", "seven green ladders", "Sign in name does not fit"),
        ("asha", "short", "Passphrase will not do"),
        ("admin", "seven green ladders", "is in use already"),
    ] {
        let refused = admin.send(admin.form(&path, &given(name, passphrase))).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(refused.text.contains(problem), "{name}: {}", refused.text);
        assert!(!refused.text.contains(&format!("value=\"{passphrase}\"")), "what is secret is not shown again");
    }
    let page = accepted(&admin, &path, &given("Asha", "seven green ladders")).await;
    assert!(page.contains("signs in as asha") && page.contains("Sign in name: none → asha"), "{page}");
    let name = SignInName::parse("asha").expect("a name");
    let credentials = people::credentials(&db, &name).await.expect("a read").expect("she signs in");
    assert!(credentials.person.id == nurse && credentials.passphrase_hash.is_some());
    // What was given stays: a second name is refused.
    let again = admin.send(admin.form(&path, &given("nair", "seven green ladders"))).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", again.text);
    let events = log::stream(&db, &house.tenant.id, "person", nurse.as_str()).await.expect("a read");
    let event = &events.last().expect("an event").event;
    assert_eq!((events.len(), event.event_type.as_str()), (1, "person.sign_in_given"));
    assert_eq!(event.metadata, json!({ "before": { "signInName": null }, "after": { "signInName": "asha" } }));
    let own = event_types::own().into_iter().find(|own| own.event_type == event.event_type).expect("a type");
    let validator = event_types::validator(&own.schema).expect("a schema");
    assert_eq!(event_types::misfits(&validator, &event.metadata), []);
    // A program never signs in.
    let fields = [("_form", "add"), ("name", "Scribe"), ("actorType", "AI"), ("roles", "NURSE")];
    accepted(&admin, "/admin", &fields).await;
    let all = people::list(&db, &house.tenant.id).await.expect("a read");
    let scribe = all.into_iter().find(|person| person.name == "Scribe").expect("it was added");
    let path = format!("/admin/people/{}", scribe.id);
    assert!(!admin.get(&path).await.text.contains("signInName"));
    let refused = admin.send(admin.form(&path, &given("scribe", "seven green ladders"))).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

async fn a_token_is_shown_once(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let person = house.who(Role::LabTechnician).id.to_string();
    let fields = [("_form", "create"), ("label", "Analyser"), ("personId", person.as_str()), ("days", "30")];
    let answer = admin.send(admin.form("/admin/tokens", &fields)).await;
    assert_eq!(answer.status, StatusCode::OK);
    let secret = answer.text.split("sjn_").nth(1).and_then(|rest| rest.get(..64)).expect("the token");
    let secret = tokens::Secret::parse(&format!("sjn_{secret}")).expect("a token");
    let live = tokens::live(&db, &secret, house.now()).await.expect("a read").expect("it works");
    assert!(!admin.get("/admin/tokens").await.text.contains("sjn_"));
    accepted(&admin, "/admin/tokens", &[("_form", "revoke"), ("_about", live.id.as_str())]).await;
    assert_eq!(tokens::live(&db, &secret, house.now()).await.expect("a read"), None);
    let events = log::stream(&db, &house.tenant.id, "token", live.id.as_str()).await.expect("a read");
    assert_eq!(events.len(), 2);
}

async fn nobody_shuts_themselves_out(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let admin = Browser::sign_in(&house, "admin", &[Role::Admin]).await;
    let path = format!("/admin/people/{}", admin.person.id);
    let answer = admin.send(admin.form(&path, &[("_form", "roles"), ("roles", "NURSE")])).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(admin.send(admin.form(&path, &[("_form", "leave")])).await.status, StatusCode::NOT_FOUND);
    let system = people::system(&db, &house.tenant.id).await.expect("a read").expect("the system");
    assert_eq!(admin.get(&format!("/admin/people/{}", system.id)).await.status, StatusCode::NOT_FOUND);
    let fields = [("_form", "add"), ("name", "Ravi"), ("roles", "SYSTEM")];
    assert_eq!(admin.send(admin.form("/admin", &fields)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn the_administration_opens_to_nobody_else(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let manager = Browser::sign_in(&house, "manager", &[Role::Manager]).await;
    for path in ["/admin", "/admin/house", "/admin/tariff", "/admin/rules", "/admin/tokens"] {
        assert_eq!(manager.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        let posted = manager.send(manager.form(path, &[("_form", "add-branch"), ("name", "x"), ("code", "X")])).await;
        assert_eq!(posted.status, StatusCode::FORBIDDEN, "{path}");
    }
}
