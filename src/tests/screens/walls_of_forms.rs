//! Stories of the walls between hospitals where an id is asked for by a query, or sent with a form: what is another's is told from
//! what is not there by nothing, neither by the status nor by a word on the page.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{Request, StatusCode};
use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::QueueJoined;
use sojourn::journey::ids::{EventId, VisitId};
use sojourn::journey::words::{Role, Word as _};

use super::bookings::{booking, open_hours};
use super::{Answer, Browser};
use crate::support::house::House;
use crate::support::stories;

/// Where a form is sent, the id that it names, and its fields.
type Form<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

stories! {
    what_a_query_names_of_anothers_is_as_what_is_not_there,
    what_a_form_names_of_anothers_is_as_what_is_not_there,
    a_step_sent_later_on_anothers_visit_is_as_on_none,
}

/// Stands for the id in an address, and in a form.
const THING: &str = "THING";

/// What an answer tells: its status, where it leads, and what can be read on its page, without the id that was asked for.
fn tells(answer: &Answer, id: &str) -> (StatusCode, String, String) {
    let said = answer.text.split('<').skip(1).filter_map(|part| {
        let (tag, said) = part.split_once('>')?;
        // Those say nothing to people, and hold what is new each time.
        (!tag.starts_with("script") && !tag.starts_with("style")).then(|| said.trim())
    });
    let said = said.filter(|said| !said.is_empty()).collect::<Vec<_>>().join("\n");
    (answer.status, answer.location.replace(id, THING), said.replace(id, THING))
}

async fn what_a_query_names_of_anothers_is_as_what_is_not_there(db: Db) {
    let ours = House::open(&db, "City Hospital").await;
    let theirs = House::open(&db, "Lake Hospital").await;
    let owner = Browser::sign_in(&ours, "owner", Role::ALL).await;
    let stranger = Browser::sign_in(&theirs, "stranger", Role::ALL).await;
    let visit = ours.register().await;
    ours.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    let doctor = ours.who(Role::Doctor).id.clone();
    let slot = open_hours(&ours, &doctor).await;
    let new = booking(&ours, &doctor, slot);
    let booked = ours.recorder.book(&ours.tenant, ours.who(Role::Receptionist), new).await.expect("a booking").id;
    let (visit, patient) = (visit.to_string(), ours.patient.to_string());
    let (doctor, booked) = (doctor.to_string(), booked.to_string());
    let nothing = new_id::<VisitId>().to_string();
    // Whose it is is shown it there, but for where the page shows no more of it than a form that is open, or nothing.
    for (address, thing, shows) in [
        ("/billing?visit=THING", &visit, true),
        ("/doctor?visit=THING", &visit, true),
        ("/reception?q=THING", &visit, true),
        ("/reception?do=VITALS_RECORDED&visit=THING", &visit, false),
        ("/reception?logged=QUEUE_JOINED&visit=THING", &visit, true),
        ("/reception?register=THING", &patient, true),
        ("/bookings?patient=THING", &patient, true),
        ("/bookings?move=THING", &booked, true),
        ("/bookings?doctor=THING", &doctor, true),
        ("/billing/cash-up?person=THING", &doctor, true),
        ("/audit?person=THING", &doctor, false),
    ] {
        let (there, nowhere) = (address.replace(THING, thing), address.replace(THING, &nothing));
        let (foreign, missing) = (stranger.get(&there).await, stranger.get(&nowhere).await);
        assert_eq!(tells(&foreign, thing), tells(&missing, &nothing), "{address}");
        if shows {
            let (own, missing) = (owner.get(&there).await, owner.get(&nowhere).await);
            assert_ne!(tells(&own, thing), tells(&missing, &nothing), "{address}: whose it is sees it");
        }
    }
}

async fn what_a_form_names_of_anothers_is_as_what_is_not_there(db: Db) {
    let ours = House::open(&db, "City Hospital").await;
    let theirs = House::open(&db, "Lake Hospital").await;
    let stranger = Browser::sign_in(&theirs, "stranger", Role::ALL).await;
    let visit = ours.register().await;
    ours.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    let doctor = theirs.who(Role::Doctor).id.clone();
    let slot = open_hours(&theirs, &doctor).await.to_rfc3339();
    let (their_doctor, their_patient) = (doctor.to_string(), theirs.patient.to_string());
    let their_department = theirs.department.to_string();
    let (visit, patient) = (visit.to_string(), ours.patient.to_string());
    let our_doctor = ours.who(Role::Doctor).id.to_string();
    let (branch, department, room) = (ours.branch.to_string(), ours.department.to_string(), ours.room.to_string());
    let nothing = new_id::<VisitId>().to_string();
    let before = (ours.verified().await, theirs.verified().await);

    let vitals = [("_event", "VITALS_RECORDED"), ("_visit", THING), ("pulse", "72")];
    let undo = [("_form", "undo"), ("_visit", THING)];
    let arrives = [("_event", "VISIT_REGISTERED"), ("patientId", THING), ("departmentId", their_department.as_str())];
    let books = [("patient", THING), ("doctorId", their_doctor.as_str()), ("slot", slot.as_str())];
    let books_with = [("patient", their_patient.as_str()), ("doctorId", THING), ("slot", slot.as_str())];
    let renames = [("_form", "branch"), ("_about", THING), ("name", "East Wing"), ("code", "EAST")];
    let staffs = [
        ("_form", "add-department"),
        ("_about", THING),
        ("name", "Surgery"),
        ("tokenPrefix", "S"),
        ("targetMinutes", "30"),
    ];
    let moves = [
        ("_form", "department"),
        ("_about", THING),
        ("name", "Surgery"),
        ("tokenPrefix", "S"),
        ("targetMinutes", "30"),
    ];
    let builds = [("_form", "add-room"), ("_about", THING), ("name", "Room 9"), ("kind", "CONSULTATION")];
    let repaints = [("_form", "room"), ("_about", THING), ("name", "Room 9"), ("kind", "CONSULTATION")];
    let closes = |form: &'static str| [("_form", form), ("_about", THING)];
    let (closes_department, closes_room) = (closes("close-department"), closes("close-room"));
    let forms: [Form<'_>; 16] = [
        ("/queue/consultation", &visit, &vitals),
        ("/reception", &visit, &vitals),
        ("/billing", &visit, &vitals),
        ("/lab", &visit, &vitals),
        ("/doctor", &visit, &vitals),
        ("/doctor", &visit, &undo),
        ("/reception", &patient, &arrives),
        ("/bookings", &patient, &books),
        ("/bookings", &our_doctor, &books_with),
        ("/admin/house", &branch, &renames),
        ("/admin/house", &branch, &staffs),
        ("/admin/house", &department, &moves),
        ("/admin/house", &department, &closes_department),
        ("/admin/house", &branch, &builds),
        ("/admin/house", &room, &repaints),
        ("/admin/house", &room, &closes_room),
    ];
    for (address, thing, fields) in forms {
        let send = async |id: &str| {
            let key = new_id::<EventId>().to_string();
            let named = fields.iter().map(|(name, value)| (*name, if *value == THING { id } else { *value }));
            let filled: Vec<(&str, &str)> = named.chain([("_key", key.as_str())]).collect();
            tells(&stranger.send(stranger.form(address, &filled)).await, id)
        };
        let (foreign, missing) = (send(thing).await, send(nothing.as_str()).await);
        assert_eq!(foreign, missing, "POST {address} {fields:?}");
        assert!(foreign.0.is_client_error(), "POST {address} {fields:?}: {}", foreign.0);
    }
    assert_eq!((ours.verified().await, theirs.verified().await), before, "nothing was logged");
}

async fn a_step_sent_later_on_anothers_visit_is_as_on_none(db: Db) {
    let ours = House::open(&db, "City Hospital").await;
    let theirs = House::open(&db, "Lake Hospital").await;
    let stranger = Browser::sign_in(&theirs, "stranger", Role::ALL).await;
    let visit = ours.register().await;
    let before = (ours.verified().await, theirs.verified().await);
    let send = async |visit: &VisitId| {
        let step = json!({
            "id": new_id::<EventId>(),
            "person": stranger.person.id,
            "visitId": visit,
            "eventType": "TEST_SAMPLE_COLLECTED",
            "metadata": { "testId": new_id::<EventId>(), "sampleId": "S-1" },
            "performedAt": theirs.now().timestamp_millis(),
            "expectedVersion": 1,
        });
        let request = Request::post("/lab/steps")
            .header(COOKIE, &stranger.cookie)
            .header("Sec-Fetch-Site", "same-origin")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(step.to_string()));
        let answer = stranger.send(request.expect("a request")).await;
        (answer.status, answer.text.replace(visit.to_string().as_str(), THING))
    };
    let (foreign, missing) = (send(&visit).await, send(&new_id()).await);
    assert_eq!(foreign, missing);
    assert_eq!(foreign.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!((ours.verified().await, theirs.verified().await), before, "nothing was logged");
}
