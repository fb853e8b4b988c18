//! Stories of the audit, and of what screens keep in the access log.

use axum::http::StatusCode;
use sojourn::db::Db;
use sojourn::journey::events::EventType;
use sojourn::journey::words::Role;

use super::Browser;
use crate::log_verify::{become_insider, execute};
use crate::support::house::House;
use crate::support::stories;

stories!(@engine sqlite
    the_auditor_sees_who_saw_what
    the_log_is_read_and_proven
    an_administrator_sees_that_and_not_whom
);

async fn the_auditor_sees_who_saw_what(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let nurse = Browser::sign_in(&house, "nurse", &[Role::Nurse]).await;
    let auditor = Browser::sign_in(&house, "auditor", &[Role::Auditor]).await;
    nurse.get(&format!("/visits/{visit}")).await;
    nurse.get(&format!("/patients/{}", house.patient)).await;
    nurse.get("/queue/consultation").await;
    nurse.post(&format!("/visits/{visit}"), EventType::ExitedRoom, &visit, &[]).await;
    assert_eq!(nurse.get("/audit").await.status, StatusCode::FORBIDDEN);

    let audit = auditor.get("/audit").await;
    assert_eq!(audit.status, StatusCode::OK, "{}", audit.text);
    for shown in [
        format!("/visits/{visit}"),
        format!("/patients/{}", house.patient),
        "/queue/consultation".to_owned(),
        "Asha Rao".to_owned(),
        "Not in a room".to_owned(),
    ] {
        assert!(audit.text.contains(&shown), "{shown}: {}", audit.text);
    }
    let again = auditor.get(&format!("/audit?person={}", auditor.person.id)).await;
    assert!(again.text.contains("The access log") && !again.text.contains("/queue/consultation"), "{}", again.text);
    let patient = auditor.get("/audit?mrn=0000001&from=2026-03-01&to=2026-03-01").await;
    assert!(patient.text.contains("Asha Rao") && !patient.text.contains("A list"), "{}", patient.text);
    let nobody = auditor.get("/audit?mrn=none").await;
    assert!(nobody.text.contains("No patient has this MRN") && nobody.text.contains("Nobody saw anything"));
}

async fn the_log_is_read_and_proven(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, EventType::QueueJoined, serde_json::json!({})).await;
    let auditor = Browser::sign_in(&house, "auditor", &[Role::Auditor]).await;
    let nurse = Browser::sign_in(&house, "nurse", &[Role::Nurse]).await;
    assert_eq!(nurse.get("/audit/events").await.status, StatusCode::FORBIDDEN);
    let log = auditor.get("/audit/events").await.text;
    assert!(log.contains("VISIT_REGISTERED") && log.contains("QUEUE_JOINED"), "{log}");
    let queued = auditor.get("/audit/events?type=QUEUE_JOINED").await.text;
    assert!(queued.contains(visit.to_string().as_str()) && !queued.contains("<span class=\"sub\">VISIT_REGISTERED"));
    let later = auditor.get("/audit/events?after=0,001").await.text;
    assert!(
        later.contains("<span class=\"sub\">QUEUE_JOINED") && !later.contains("<span class=\"sub\">VISIT_REGISTERED")
    );
    // What comes before is one tap away, and nothing comes before the first.
    const EARLIER: &str = "/audit/events?type=&amp;person=&amp;after=0\"";
    assert!(later.contains(EARLIER) && !log.contains(EARLIER), "{later}");
    let of_doctor = format!("/audit/events?type=QUEUE_JOINED&person={}", house.who(Role::Doctor).id);
    assert!(auditor.get(&of_doctor).await.text.contains("No event"));
    let prove = async || auditor.send(auditor.form("/audit/events", &[])).await.text;
    let proven = prove().await;
    assert!(proven.contains("Intact"), "{proven}");
    become_insider(&db).await;
    execute(&db, "UPDATE visit_events SET description = 'Something else' WHERE event_type = 'QUEUE_JOINED'").await;
    let broken = prove().await;
    assert!(broken.contains("The log was changed") && broken.contains("description or metadata"), "{broken}");
}

async fn an_administrator_sees_that_and_not_whom(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let visit = house.register().await;
    let (nurse, admin) = (
        Browser::sign_in(&house, "nurse", &[Role::Nurse]).await,
        Browser::sign_in(&house, "admin", &[Role::Admin]).await,
    );
    nurse.get(&format!("/visits/{visit}")).await;
    for closed in [format!("/visits/{visit}"), format!("/patients/{}", house.patient), "/patients?q=asha".to_owned()] {
        assert_eq!(admin.get(&closed).await.status, StatusCode::FORBIDDEN, "{closed}");
    }
    assert_eq!(admin.get("/").await.location, "/admin");
    let audit = admin.get("/audit").await;
    assert_eq!(audit.status, StatusCode::OK);
    assert!(audit.text.contains("One patient") && !audit.text.contains("Asha"), "{}", audit.text);
}
