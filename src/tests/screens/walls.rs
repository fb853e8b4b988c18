//! Stories of the walls between hospitals: every address that names something answers alike for what is another's and what is not there.

use std::fs;

use axum::body::Body;
use axum::http::header::{ACCEPT, COOKIE};
use axum::http::{Request, StatusCode};
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::hospital::tariff;
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::{EventId, VisitId};
use sojourn::journey::words::{Role, Word};

use super::admin::accepted;
use super::bookings::{booking, open_hours};
use super::documents::{PDF, upload};
use super::{Browser, query_text};
use crate::support::flow::standard;
use crate::support::house::House;
use crate::support::source::package;
use crate::support::stories;

stories! {
    what_is_anothers_is_as_what_is_not_there,
    what_is_not_shown_leaves_every_other_way_open,
}

/// Every address of a screen that has a part to be filled in, as the router has it.
fn addresses() -> Vec<String> {
    let text = fs::read_to_string(package().join("src/http/mod.rs")).expect("the router's source");
    let routes = text.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
    routes.filter(|path| path.contains('{')).map(str::to_owned).collect()
}

async fn what_is_anothers_is_as_what_is_not_there(db: Db) {
    let ours = House::open(&db, "City Hospital").await;
    let theirs = House::open(&db, "Lake Hospital").await;
    let stranger = Browser::sign_in(&theirs, "stranger", Role::ALL).await;
    let visit = ours.register().await;
    let mut logged = Vec::new();
    for (role, event, metadata) in standard(&ours.who(Role::Doctor).id, &ours.room) {
        logged.push(ours.log(role, &visit, event, metadata).await);
    }
    let of = |event: sojourn::journey::events::EventType| {
        logged.iter().find(|stored| stored.event.event_type == event.word()).expect("it happened")
    };
    let text = |value: &serde_json::Value| value.as_str().expect("an id").to_owned();
    let bill = text(&of(ConsultationBilled).event.metadata["billId"]);
    let test = text(&of(TestSampleCollected).event.metadata["testId"]);
    let back = json!({ "billId": bill, "amount": 12_500, "reason": "Charged too much" });
    let refund = ours.log(Role::Manager, &visit, PaymentRefunded, back).await.event.id.to_string();
    let doctor = ours.who(Role::Doctor).id.clone();
    let slot = open_hours(&ours, &doctor).await;
    let new = booking(&ours, &doctor, slot);
    let booked = ours.recorder.book(&ours.tenant, ours.who(Role::Receptionist), new).await.expect("a booking").id;
    let owner = Browser::sign_in(&ours, "owner", Role::ALL).await;
    let fields = [("name", "Urine culture"), ("code", "UC"), ("kind", "TEST"), ("price", "450")];
    accepted(&owner, "/admin/tariff", &fields).await;
    let entry = tariff::by_code(&db, &ours.tenant.id, "UC").await.expect("a read").expect("it is there").id.to_string();
    assert_eq!(upload(&owner, &format!("/visits/{visit}"), &visit, PDF).await.status, StatusCode::SEE_OTHER);
    let document = text(&ours.stream(&visit).await.pop().expect("an event").event.metadata["documentId"]);
    let (visit, patient, booked) = (visit.to_string(), ours.patient.to_string(), booked.to_string());
    let person = doctor.to_string();
    let nothing = new_id::<VisitId>().to_string();
    let before = ours.verified().await;

    let mut held = 0;
    for address in addresses() {
        let things: &[&str] = match address.as_str() {
            // Words, not things of a hospital.
            "/language/{tag}/{version}" | "/queue/{station}" | "/analytics/{panel}" | "/analytics/journeys/{panel}" => {
                continue;
            }
            // For whoever has the address, which is the secret.
            "/shared/{secret}" | "/display/{branch}" | "/display/{branch}/live" => continue,
            "/visits/{visit}" | "/visits/{visit}/slip" => &[&visit],
            "/visits/{visit}/documents/{document}" => &[&visit, &document],
            "/visits/{visit}/refunds/{event}" => &[&visit, &refund],
            "/visits/{visit}/letters/{number}" => &[&visit, "1"],
            "/visits/{visit}/bills/{bill}/receipt" => &[&visit, &bill],
            "/visits/{visit}/tests/{test}/report" | "/visits/{visit}/tests/{test}/label" => &[&visit, &test],
            "/patients/{patient}" => &[&patient],
            "/bookings/{booking}" => &[&booked],
            "/admin/people/{person}" => &[&person],
            "/admin/tariff/{entry}" => &[&entry],
            path => panic!("{path} names something, and nobody holds its wall"),
        };
        let filled = |missing: bool| {
            let mut things = things.iter().map(|thing| if missing && thing.len() > 1 { &nothing } else { *thing });
            let parts = address.split('/').map(|part| match part.starts_with('{') {
                true => things.next().expect("as many as it names"),
                false => part,
            });
            parts.collect::<Vec<_>>().join("/")
        };
        let (foreign, missing) = (stranger.get(&filled(false)).await, stranger.get(&filled(true)).await);
        assert_eq!((foreign.status, missing.status.as_u16()), (missing.status, 404), "{address}");
        assert_eq!(owner.get(&filled(false)).await.status, StatusCode::OK, "{address}: whose it is sees it");
        assert!(!foreign.text.contains("Asha Rao"), "{address}: {}", foreign.text);
        let form = |missing: bool| {
            let visit = if missing { &nothing } else { &visit };
            let key = new_id::<EventId>().to_string();
            let change = match address.as_str() {
                "/admin/tariff/{entry}" => "withdraw",
                "/admin/people/{person}" => "leave",
                _ => "cancel",
            };
            stranger.form(
                &filled(missing),
                &[
                    ("_event", "VITALS_RECORDED"),
                    ("_visit", visit),
                    ("_key", &key),
                    ("_form", change),
                    ("pulse", "72"),
                    ("reason", "x"),
                    ("active", "false"),
                ],
            )
        };
        let (foreign, missing) = (stranger.send(form(false)).await, stranger.send(form(true)).await);
        assert_eq!(foreign.status, missing.status, "POST {address}: {}", foreign.text);
        assert!(!foreign.status.is_success() && !foreign.status.is_redirection(), "POST {address}: {}", foreign.text);
        held += 1;
    }
    assert!(held >= 12, "the router names {held} addresses");
    assert_eq!(ours.verified().await, before);
    let own = owner.get(&format!("/visits/{visit}")).await;
    assert!(own.text.contains("Asha Rao"), "whose visit it is sees it: {}", own.text);
    // A search finds only what is ours.
    let found = stranger.get(&format!("/patients?q={}", query_text("Asha Rao"))).await;
    assert!(!found.text.contains(&patient), "{}", json!(found.text));
}

async fn what_is_not_shown_leaves_every_other_way_open(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let doctor = Browser::sign_in(&house, "doctor", &[Role::Doctor]).await;
    let page = async |path: &str, cookie: &str| {
        let asked = Request::get(path).header(COOKIE, cookie).header(ACCEPT, "text/html");
        doctor.send(asked.body(Body::empty()).expect("a request")).await
    };
    for (path, status, words) in [
        ("/admin", StatusCode::FORBIDDEN, "may open this page"),
        ("/visits/nothing", StatusCode::NOT_FOUND, "Page not found"),
        ("/nothing", StatusCode::NOT_FOUND, "Page not found"),
    ] {
        let shown = page(path, &doctor.cookie).await;
        assert_eq!(shown.status, status, "{path}");
        for part in [words, "href=\"/doctor\"", "action=\"/patients\"", "action=\"/logout\""] {
            assert!(shown.text.contains(part), "{path}, {part}: {}", shown.text);
        }
    }
    let outside = page("/nothing", "").await;
    assert_eq!(outside.status, StatusCode::NOT_FOUND);
    assert!(outside.text.contains("Page not found") && !outside.text.contains("masthead"), "{}", outside.text);
}
