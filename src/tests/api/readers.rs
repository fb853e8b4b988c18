//! Stories of who may read what, and of the log of who did.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use sojourn::db::{Db, Engine, commit, new_id};
use sojourn::hospital::{branches, people};
use sojourn::journey::ids::{BranchId, Id as _, VisitId};
use sojourn::journey::words::{Role, Word};
use sojourn::projections::visits;

use super::{Api, Caller, event};
use crate::support::stories;

stories! {
    every_role_reads_what_it_may,
    a_visit_of_another_branch_is_as_none,
    nothing_is_logged_on_a_visit_of_another_branch,
    a_visit_is_registered_somewhere,
    what_is_read_is_kept,
    every_read_is_kept_once,
    what_is_kept_stays,
    everybody_finds_their_own_events,
}

/// The calls that answer with patient data.
fn patient_data(visit: &str, patient: &str) -> Vec<String> {
    let mut calls: Vec<_> =
        ["", "/events", "/timeline", "/durations"].iter().map(|call| format!("/visits/{visit}{call}")).collect();
    let consents = format!("/patients/{patient}/consents");
    calls.extend([format!("/patients/{patient}"), consents, "/patients?query=asha".to_owned()]);
    calls
}

async fn every_role_reads_what_it_may(db: Db) {
    let api = Api::open(db).await;
    let reception = api.caller(&[Role::Receptionist]).await;
    let patient = api.patient().await;
    let visit = reception.register(&patient).await;
    let events = reception.get(&format!("/visits/{visit}/events")).await;
    let event = events.is(200)["events"][0]["id"].as_str().expect("an id").to_owned();
    for role in Role::ALL {
        let caller = api.caller(&[*role]).await;
        let answers = async |path: &str| caller.get(path).await.status.as_u16();
        let (data, whole, accesses) = match role {
            Role::Manager => (200, 200, 403),
            Role::Auditor => (200, 200, 200),
            Role::Admin => (403, 200, 200),
            _ => (200, 403, 403),
        };
        for path in patient_data(&visit, &patient) {
            assert_eq!(answers(&path).await, data, "{role}: {path}");
        }
        let days = "startDate=2026-01-01&endDate=2026-12-31";
        for path in ["/events/stats".to_owned(), format!("/events/compliance?{days}&tags=STAR")] {
            assert_eq!(answers(&path).await, whole, "{role}: {path}");
        }
        assert_eq!(answers("/access").await, accesses, "{role}");
        // An administrator sees that something happened, and not what.
        let found = caller.get(&format!("/events/{event}")).await;
        let (body, salt) = (&found.is(200)["metadata"], &found.json["proof"]["salt"]);
        assert_eq!((body.is_null(), salt.is_null()), (*role == Role::Admin, *role == Role::Admin), "{role}");
        assert_eq!(found.json["proof"]["intact"], true);
        let listed = caller.get("/events/type/VISIT_REGISTERED").await;
        let listed = listed.is(200)["events"].as_array().expect("a list").clone();
        assert_eq!(listed.len(), usize::from(whole == 200), "{role}");
        assert!(listed.iter().all(|event| event["metadata"].is_null() == (*role == Role::Admin)), "{role}");
        caller.get(&format!("/visits/{}", new_id::<VisitId>())).await.is_problem(
            if data == 403 { 403 } else { 404 },
            if data == 403 { "ROLE_NOT_ALLOWED" } else { "VISIT_NOT_FOUND" },
        );
    }
}

async fn everybody_finds_their_own_events(db: Db) {
    let api = Api::open(db).await;
    let (one, other) = (api.caller(&[Role::Receptionist]).await, api.caller(&[Role::Nurse]).await);
    let patient = api.patient().await;
    let (mine, theirs) = (one.register(&patient).await, other.register(&patient).await);
    let start = "2026-01-01T00:00:00Z";
    for path in [
        "/events/type/VISIT_REGISTERED".to_owned(),
        format!("/events/range?from={start}&to=2027-01-01T00:00:00Z"),
        format!("/events/actor/{}", one.person.id),
    ] {
        let events = one.get(&path).await;
        let visits: Vec<_> =
            events.is(200)["events"].as_array().expect("a list").iter().map(|e| &e["visitId"]).collect();
        assert_eq!(visits, [&json!(mine)], "{path}");
    }
    for path in [format!("/events/actor/{}", other.person.id), format!("/events/entity/visit/{theirs}")] {
        assert_eq!(one.get(&path).await.is(200)["events"], json!([]), "{path}");
    }
}

/// Somebody who works in one branch.
async fn works_in(api: &Api, roles: &[Role], branch: &BranchId) -> Caller {
    let caller = api.caller(roles).await;
    let sql = "UPDATE people SET branch_id = $1 WHERE id = $2";
    sojourn::on!(&api.db.write, pool => {
        sqlx::query(sql).bind(branch).bind(&caller.person.id).execute(pool).await.map(drop)
    })
    .expect("a branch");
    let moved = people::by_id(&api.db, &api.tenant.id, &caller.person.id).await.expect("a person").expect("a person");
    Caller { person: moved, ..caller }
}

async fn a_visit_of_another_branch_is_as_none(db: Db) {
    let api = Api::open(db).await;
    let here = api.room.branch_id.clone();
    let mut tx = api.db.begin().await.expect("a transaction");
    let there = branches::add(&mut tx, &api.tenant.id, "Lakeside", "LS").await.expect("a branch").id;
    commit(tx).await.expect("it is written");
    let patient = api.patient().await;
    let (reception, roaming) =
        (works_in(&api, &[Role::Receptionist], &there).await, api.caller(&[Role::Receptionist]).await);
    let mut visits = Vec::new();
    for branch in [Some(&here), Some(&there), None] {
        let metadata = json!({ "patientId": patient });
        let sent = json!({ "eventType": "VISIT_REGISTERED", "branchId": branch, "metadata": metadata });
        // Who works in one branch registers there, and nowhere else.
        let by = if branch == Some(&there) { &reception } else { &roaming };
        if branch == Some(&here) {
            reception.post("/events", sent.clone()).await.is_problem(422, "UNKNOWN_REFERENCE");
        }
        let logged = by.post("/events", sent).await;
        visits.push((logged.is(201)["visitId"].as_str().expect("an id").to_owned(), logged.json["id"].clone()));
    }
    for (roles, branch, expected) in [
        (&[Role::Doctor][..], Some(&here), [200, 404, 200]),
        (&[Role::Nurse], Some(&there), [404, 200, 200]),
        (&[Role::Doctor], None, [200; 3]),
        (&[Role::Pathologist], Some(&here), [200; 3]),
        (&[Role::Auditor], Some(&here), [200; 3]),
        (&[Role::Doctor, Role::Manager], Some(&here), [200; 3]),
    ] {
        let caller = match branch {
            Some(branch) => works_in(&api, roles, branch).await,
            None => api.caller(roles).await,
        };
        for ((visit, event), expected) in visits.iter().zip(expected) {
            for call in ["", "/events", "/timeline", "/durations", "?version=1"] {
                let answer = caller.get(&format!("/visits/{visit}{call}")).await;
                assert_eq!(answer.status.as_u16(), expected, "{roles:?} {call}");
                if expected == 404 {
                    answer.is_problem(404, "VISIT_NOT_FOUND");
                }
            }
            let answer = caller.get(&format!("/events/{}", event.as_str().expect("an id"))).await;
            assert_eq!(answer.status.as_u16(), expected, "{roles:?}");
        }
    }
    let own = roaming.get(&format!("/events/{}", visits[0].1.as_str().expect("an id"))).await;
    assert_eq!(own.is(200)["branchId"], json!(here), "who performed it reads it");
}

async fn nothing_is_logged_on_a_visit_of_another_branch(db: Db) {
    let api = Api::open(db).await;
    let here = api.room.branch_id.clone();
    let mut tx = api.db.begin().await.expect("a transaction");
    let there = branches::add(&mut tx, &api.tenant.id, "Lakeside", "LS").await.expect("a branch").id;
    commit(tx).await.expect("it is written");
    let (patient, nowhere) = (api.patient().await, new_id::<VisitId>().to_string());
    let theirs = works_in(&api, &[Role::Receptionist], &here).await.register(&patient).await;
    let nurse = works_in(&api, &[Role::Nurse, Role::Receptionist], &there).await;
    let ours = nurse.register(&patient).await;
    let vitals = |visit: &str| event(visit, "VITALS_RECORDED", json!({ "pulse": 72 }));

    let missing = nurse.post("/events", vitals(&nowhere)).await;
    missing.is_problem(404, "VISIT_NOT_FOUND");
    let refused = nurse.post("/events", vitals(&theirs)).await;
    assert_eq!((refused.status, &refused.json), (missing.status, &missing.json), "it is as one that does not exist");
    let stale = nurse.post_with("/events", &[("If-Match", "\"7\"")], vitals(&theirs)).await;
    assert_eq!((stale.status, &stale.json), (missing.status, &missing.json), "nor is its version told");
    let batch = |visit: &str| json!({ "events": [vitals(&ours), vitals(visit)] });
    let (missing, refused) =
        (nurse.post("/events/batch", batch(&nowhere)).await, nurse.post("/events/batch", batch(&theirs)).await);
    assert_eq!((refused.status, &refused.json), (missing.status, &missing.json));
    assert_eq!(refused.json["index"], 1);
    for visit in [&nowhere, &theirs] {
        let metadata = json!({ "patientId": patient, "visitType": "FOLLOW_UP", "followUpOf": visit });
        let answer = nurse.post("/events", json!({ "eventType": "VISIT_REGISTERED", "metadata": metadata })).await;
        answer.is_problem(422, "UNKNOWN_REFERENCE");
    }
    let again = nurse.post("/events", event(&theirs, "VISIT_REGISTERED", json!({ "patientId": patient }))).await;
    again.is_problem(422, "ALREADY_REGISTERED");
    assert_eq!((again.json.get("state"), again.json.get("allowed")), (None, None), "{}", again.text);

    let note = json!({ "eventType": "note.written", "aggregateType": "note", "schema": { "type": "object" } });
    api.caller(&[Role::Admin]).await.post("/registry", note).await.is(201);
    let note = |visit: &str| {
        json!({
            "eventType": "note.written", "aggregateType": "note", "aggregateId": "7", "visitId": visit, "metadata": {},
        })
    };
    nurse.post("/events", note(&theirs)).await.is_problem(422, "UNKNOWN_REFERENCE");
    nurse.post("/events", note(&ours)).await.is(201);

    nurse.post("/events", vitals(&ours)).await.is(201);
    let everywhere = api.caller(&[Role::Nurse]).await;
    let events = everywhere.get(&format!("/visits/{theirs}/events")).await;
    assert_eq!(events.is(200)["events"].as_array().map(Vec::len), Some(1), "nothing was logged");
    everywhere.post("/events", vitals(&theirs)).await.is(201);
}

async fn a_visit_is_registered_somewhere(db: Db) {
    let api = Api::open(db).await;
    let (patient, here) = (api.patient().await, api.room.branch_id.clone());
    let mut tx = api.db.begin().await.expect("a transaction");
    let there = branches::add(&mut tx, &api.tenant.id, "Lakeside", "LS").await.expect("a branch").id;
    commit(tx).await.expect("it is written");
    let (desk, roaming) =
        (works_in(&api, &[Role::Receptionist], &there).await, api.caller(&[Role::Receptionist]).await);
    let registered = |metadata: Value| json!({ "eventType": "VISIT_REGISTERED", "metadata": metadata });
    let plain = || registered(json!({ "patientId": patient }));
    let in_department = || registered(json!({ "patientId": patient, "departmentId": api.room.department_id.clone() }));
    assert_eq!(desk.post("/events", plain()).await.is(201)["branchId"], json!(there), "the caller's");
    assert_eq!(roaming.post("/events", in_department()).await.is(201)["branchId"], json!(here), "the department's");
    let nowhere = roaming.post("/events", plain()).await;
    let nowhere: VisitId = nowhere.is(201)["visitId"].as_str().and_then(|id| VisitId::parse(id).ok()).expect("an id");
    let day = api.tenant.local_day(api.clock.clock().now());
    for branch in [&here, &there] {
        let arrivals = visits::arrivals(&api.db, &api.tenant.id, day, Some(branch)).await.expect("a list");
        assert_eq!(arrivals.len(), 2, "theirs, and the one of no branch");
        assert!(arrivals.iter().any(|card| card.visit.visit_id == nowhere));
    }
}

async fn what_is_read_is_kept(db: Db) {
    let api = Api::open(db).await;
    let (reception, auditor) = (api.caller(&[Role::Receptionist]).await, api.caller(&[Role::Auditor]).await);
    let patient = api.patient().await;
    let visit = reception.register(&patient).await;
    let path = format!("/api/v1/visits/{visit}");
    let asked = Request::get(&path).header("Access-Purpose", "asked on the phone");
    reception.send(asked, Body::empty()).await.is(200);
    let blank = Request::get(&path).header("Access-Purpose", " ");
    reception.send(blank, Body::empty()).await.is_problem(400, "INVALID_REQUEST");
    for read in patient_data(&visit, &patient) {
        reception.get(&read).await.is(200);
    }
    reception.get("/rooms").await.is(200);
    reception.get(&format!("/visits/{}", new_id::<VisitId>())).await.is_problem(404, "VISIT_NOT_FOUND");

    let person = &reception.person.id;
    let seen = auditor.get(&format!("/access?personId={person}")).await;
    let seen: Vec<Value> = seen.is(200)["accesses"].as_array().expect("a list").clone();
    assert_eq!(seen.len(), 8, "{seen:?}");
    let first = seen.last().expect("the first");
    assert_eq!(
        json!({
            "personId": person, "way": "API", "tokenId": reception.token.id, "subject": "VISIT", "address": path,
            "patientId": patient, "visitId": visit, "purpose": "asked on the phone", "onBehalfOf": null,
            "id": first["id"], "accessedAt": first["accessedAt"],
        }),
        *first
    );
    assert_eq!((&seen[0]["subject"], &seen[0]["address"]), (&json!("LIST"), &json!("/api/v1/patients")));
    let of_patient = auditor.get(&format!("/access?patientId={patient}&limit=4")).await;
    assert_eq!(of_patient.is(200)["accesses"].as_array().map(Vec::len), Some(4));
    let next = of_patient.json["next"].as_str().expect("more");
    let rest = auditor.get(&format!("/access?patientId={patient}&limit=4&after={next}")).await;
    assert_eq!((rest.is(200)["accesses"].as_array().map(Vec::len), &rest.json["next"]), (Some(3), &Value::Null));
    let own = auditor.get(&format!("/access?personId={}", auditor.person.id)).await;
    assert_eq!(own.is(200)["accesses"].as_array().map(Vec::len), Some(4), "reading the log is kept too");
    assert_eq!(own.json["accesses"][0]["subject"], "ACCESS_LOG");
    let before = auditor.get("/access?to=2020-01-01T00:00:00Z").await;
    assert_eq!(before.is(200)["accesses"], json!([]));
    auditor.get("/access?after=x").await.is_problem(400, "INVALID_REQUEST");
    let elsewhere = api.neighbour().await.caller(&[Role::Auditor]).await;
    let theirs = elsewhere.get(&format!("/access?patientId={patient}")).await;
    assert_eq!(theirs.is(200)["accesses"], json!([]));
}

/// The addresses of accesses, in the order of the alphabet.
pub(super) fn addresses(accesses: &Value) -> Vec<&str> {
    let accesses = accesses["accesses"].as_array().expect("a list");
    let mut addresses: Vec<_> = accesses.iter().filter_map(|access| access["address"].as_str()).collect();
    addresses.sort_unstable();
    addresses
}

async fn every_read_is_kept_once(db: Db) {
    let api = Api::open(db).await;
    let (caller, auditor) =
        (api.caller(&[Role::Receptionist, Role::Manager]).await, api.caller(&[Role::Auditor]).await);
    let (patient, visit) = (api.patient().await, new_id::<VisitId>().to_string());
    let registered = caller.log(&visit, "VISIT_REGISTERED", json!({ "patientId": patient })).await;
    let registered = registered.is(201)["id"].as_str().expect("an id").to_owned();
    let mut reads = patient_data(&visit, &patient);
    reads.extend([
        format!("/events/{registered}"),
        "/events/type/VISIT_REGISTERED".to_owned(),
        format!("/events/actor/{}", caller.person.id),
        format!("/events/entity/visit/{visit}"),
        "/events/correlation/a".to_owned(),
        "/events/tag/STAR".to_owned(),
        "/events/range?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z".to_owned(),
        "/events/compliance?startDate=2026-01-01&endDate=2026-12-31&tags=STAR".to_owned(),
    ]);
    for read in &reads {
        caller.get(read).await.is(200);
    }
    // Who changes something is shown the whole.
    let changed = format!("/api/v1/patients/{patient}");
    let change = Request::patch(&changed).header(CONTENT_TYPE, "application/json");
    caller.send(change, json!({ "phone": "+91 98450 12345" }).to_string()).await.is(200);

    let kept = auditor.get(&format!("/access?personId={}", caller.person.id)).await;
    let read = reads.iter().map(|read| format!("/api/v1{}", read.split('?').next().unwrap_or_default()));
    let mut expected: Vec<_> = read.chain([changed]).collect();
    expected.sort_unstable();
    assert_eq!(addresses(kept.is(200)), expected);
}

async fn what_is_kept_stays(db: Db) {
    let api = Api::open(db.clone()).await;
    let (reception, auditor) = (api.caller(&[Role::Receptionist]).await, api.caller(&[Role::Auditor]).await);
    reception.get(&format!("/patients/{}", api.patient().await)).await.is(200);
    auditor.get("/access").await.is(200);
    let mut changes = vec!["UPDATE access_log SET purpose = 'none'", "DELETE FROM access_log"];
    match &db.write {
        Engine::Sqlite(_) => changes.push("INSERT OR REPLACE INTO access_log SELECT * FROM access_log"),
        Engine::Postgres(_) => changes.push("TRUNCATE access_log"),
    }
    for sql in changes {
        let changed = sojourn::on!(&db.write, pool => sqlx::query(sql).execute(pool).await.map(drop));
        let refused = changed.expect_err(sql).to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    let seen = auditor.get("/access").await;
    assert_eq!(seen.is(200)["accesses"].as_array().map(Vec::len), Some(3));
}
