//! Stories of the laboratory on a tablet that loses its network, as far as the server has a part in them.

use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE};
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{EventId, TestId, VisitId};
use sojourn::journey::words::Role;
use tower::ServiceExt;

use super::{Answer, Browser};
use crate::support::house::House;
use crate::support::stories;

stories!(
    the_shell_is_nobodys,
    a_tablet_speaks_its_language_without_network,
    a_tablet_keeps_what_the_laboratory_needs,
    a_step_done_earlier_is_logged_once,
    what_cannot_be_logged_says_why,
    signing_out_clears_the_tablet,
    signing_out_leaves_what_others_did,
    a_late_sign_out_ends_the_session_that_it_means,
);

/// A house with an urgent test on a visit, and a technician.
async fn with_a_test(db: &Db) -> (House, Browser, VisitId, TestId) {
    let house = House::open(db, "City Hospital").await;
    let (visit, test) = (new_id::<VisitId>(), new_id::<TestId>());
    let mut registration = house.registration(Some(&visit));
    registration.metadata["visitType"] = json!("LAB_ONLY");
    registration.metadata["priority"] = json!("EMERGENCY");
    registration.metadata["reason"] = json!("Fell from a ladder");
    house.record(Role::Receptionist, vec![registration]).await.expect("a registration");
    let ordered =
        json!({ "tests": [{ "testId": test, "code": "CBC", "name": "Complete blood count", "price": 35_000 }] });
    house.log(Role::Receptionist, &visit, EventType::TestsOrdered, ordered).await;
    let technician = Browser::sign_in(&house, "imran", &[Role::LabTechnician]).await;
    (house, technician, visit, test)
}

impl Browser {
    async fn send_later(&self, deed: &Value) -> Answer {
        let request = Request::post("/lab/steps")
            .header(COOKIE, &self.cookie)
            .header("Sec-Fetch-Site", "same-origin")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(deed.to_string()));
        self.send(request.expect("a request")).await
    }
}

fn collected(house: &House, who: &Browser, visit: &VisitId, test: &TestId) -> Value {
    json!({
        "id": new_id::<EventId>(),
        "person": who.person.id,
        "visitId": visit,
        "eventType": "TEST_SAMPLE_COLLECTED",
        "metadata": { "testId": test, "sampleId": "S-1" },
        "performedAt": house.clock.clock().now().timestamp_millis(),
        "expectedVersion": 2,
    })
}

async fn the_shell_is_nobodys(db: Db) {
    let (_, technician, ..) = with_a_test(&db).await;
    let request = Request::get("/service-worker.js").body(Body::empty()).expect("a request");
    let worker = technician.router.clone().oneshot(request).await.expect("an answer");
    let (worker, _) = worker.into_parts();
    let header = |name| worker.headers[name].to_str().unwrap_or_default().to_owned();
    assert_eq!(header(CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert_eq!(header(CACHE_CONTROL), "no-cache");
    assert!(header(CONTENT_SECURITY_POLICY).contains("connect-src 'self'"));
    let shell = technician.get("/lab/offline").await;
    assert_eq!(shell.status, StatusCode::OK);
    for word in ["imran", "Asha", "City Hospital"] {
        assert!(!shell.text.contains(word), "{word}");
    }
}

async fn a_tablet_speaks_its_language_without_network(db: Db) {
    let (_, technician, ..) = with_a_test(&db).await;
    let get = async |path: &str, language: &str| {
        let request = Request::get(path).header(ACCEPT_LANGUAGE, language).body(Body::empty());
        technician.send(request.expect("a request")).await.text
    };
    for language in ["en", "hi"] {
        let worker = get(&format!("/service-worker.js?language={language}"), "de").await;
        let shell = get("/lab/offline", language).await;
        assert_eq!(worker.contains("\"/language/hi/"), language == "hi");
        assert_eq!(shell.contains("data-catalogue=\"/language/hi/"), language == "hi");
    }
    let shell = get("/lab/offline", "hi").await;
    let address = shell.split("data-catalogue=\"").nth(1).and_then(|rest| rest.split('"').next());
    let catalogue: Value = serde_json::from_str(&get(address.expect("an address"), "en").await).expect("JSON");
    for (text, said) in [("Collect", "लें"), ("flag\u{4}Low", "कम"), ("{count} not sent", "{count} नहीं भेजे गए")]
    {
        assert!(catalogue[text].as_str().is_some_and(|known| known.contains(said)), "{text}: {}", catalogue[text]);
    }
}

async fn a_tablet_keeps_what_the_laboratory_needs(db: Db) {
    let (house, technician, visit, test) = with_a_test(&db).await;
    let answer = technician.get("/lab/worklist").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let kept: Value = serde_json::from_str(&answer.text).expect("JSON");
    assert_eq!((&kept["person"], &kept["tests"][0]["testId"]), (&json!(technician.person.id), &json!(test)));
    assert_eq!((&kept["visits"][0]["id"], &kept["visits"][0]["visit"]["version"]), (&json!(visit), &json!(2)));
    assert!(!answer.text.contains("ladder"), "why the patient came is nothing to the laboratory");
    let reception = Browser::sign_in(&house, "priya", &[Role::Receptionist]).await;
    assert_eq!(reception.get("/lab/worklist").await.status, StatusCode::FORBIDDEN);
}

async fn a_step_done_earlier_is_logged_once(db: Db) {
    let (house, technician, visit, test) = with_a_test(&db).await;
    let deed = collected(&house, &technician, &visit, &test);
    house.clock.advance(TimeDelta::minutes(10));
    assert_eq!(technician.send_later(&deed).await.status, StatusCode::CREATED);
    assert_eq!(technician.send_later(&deed).await.status, StatusCode::OK);
    let mut rested_again = deed.clone();
    rested_again["expectedVersion"] = json!(3);
    assert_eq!(technician.send_later(&rested_again).await.status, StatusCode::OK);
    let stream = house.stream(&visit).await;
    assert_eq!(stream.len(), 3);
    let last = &stream[2];
    assert_eq!((json!(last.event.id), &last.event.performed_by), (deed["id"].clone(), &technician.person.id));
    assert_eq!(last.recorded_at - last.event.performed_at, TimeDelta::minutes(10));
}

async fn what_cannot_be_logged_says_why(db: Db) {
    let (house, technician, visit, test) = with_a_test(&db).await;
    let deed = collected(&house, &technician, &visit, &test);
    house.log(Role::Nurse, &visit, EventType::VitalsRecorded, json!({ "pulse": 80 })).await;
    let answer = technician.send_later(&deed).await;
    let said: Value = serde_json::from_str(&answer.text).expect("JSON");
    assert_eq!((answer.status, &said["visit"]["version"]), (StatusCode::CONFLICT, &json!(3)));

    let started = json!({ "eventType": "TEST_IN_PROGRESS", "metadata": { "testId": test }, "expectedVersion": 3 });
    let mut early = deed.clone();
    early.as_object_mut().expect("fields").extend(started.as_object().expect("fields").clone());
    let answer = technician.send_later(&early).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("it must be collected for this"), "{}", answer.text);

    let leela = Browser::sign_in(&house, "leela", &[Role::Pathologist]).await;
    assert_eq!(leela.send_later(&deed).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.stream(&visit).await.len(), 3);
}

async fn signing_out_clears_the_tablet(db: Db) {
    let (_, technician, ..) = with_a_test(&db).await;
    let request = technician.form("/logout", &[]);
    let response = technician.router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(response.headers()["clear-site-data"], "\"storage\"");
}

async fn signing_out_leaves_what_others_did(db: Db) {
    let (house, mut own, ..) = with_a_test(&db).await;
    own.cookie += &format!("; unsent-steps={}", own.person.id);
    let response = own.router.clone().oneshot(own.form("/logout", &[])).await.expect("an answer");
    assert!(response.headers().contains_key("clear-site-data"), "who signs out leaves nothing of their own");

    let mut technician = Browser::sign_in(&house, "later", &[Role::LabTechnician]).await;
    technician.cookie += &format!("; unsent-steps={}.{}", own.person.id, technician.person.id);
    let response = technician.router.clone().oneshot(technician.form("/logout", &[])).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(!response.headers().contains_key("clear-site-data"), "steps of somebody else wait in this browser");
    assert_eq!(technician.get("/lab").await.status, StatusCode::SEE_OTHER, "and yet nobody is signed in");
}

async fn a_late_sign_out_ends_the_session_that_it_means(db: Db) {
    let (_, technician, ..) = with_a_test(&db).await;
    let page = technician.get("/lab").await.text;
    let began = page.split("data-began=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a moment");
    let began: i64 = began.parse().expect("milliseconds");
    let late = async |began: i64| {
        let request = technician.form(&format!("/logout?began={began}"), &[]);
        technician.router.clone().oneshot(request).await.expect("an answer")
    };
    let before = late(began - 1).await;
    assert_eq!(before.status(), StatusCode::CONFLICT);
    assert!(!before.headers().contains_key("clear-site-data"), "they have signed in again since, and work on");
    assert_eq!(technician.get("/lab").await.status, StatusCode::OK);
    assert_eq!(late(began).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(technician.get("/lab").await.status, StatusCode::SEE_OTHER);
}
