//! Stories of the REST API, told over HTTP in this process.

mod access;
mod bad_input;
mod contract;
mod demographics;
mod flow;
mod logging;
mod metrics;
mod queries;
mod readers;
mod reading;
mod registry;
mod seen;
mod subscriptions;
mod walls;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::passphrase::Hasher;
use sojourn::hospital::people::{self, NewPerson, Person};
use sojourn::hospital::rooms::{self, NewRoom, Room, RoomKind};
use sojourn::hospital::tenants::Tenant;
use sojourn::hospital::tokens::{self, Token};
use sojourn::hospital::{branches, departments, patients, tariff};
use sojourn::http::sign_in::Doorkeeper;
use sojourn::http::{AppState, Site, router};
use sojourn::journey::ids::VisitId;
use sojourn::journey::words::{ActorType, Role};
use sojourn::log;
use sojourn::log::AccessLog;
use sojourn::projections::channels::Channels;
use sojourn::record::Recorder;
use tower::ServiceExt;

use crate::support::hospital::{StillClock, hospital};

/// A server, and one hospital on it.
struct Api {
    db: Db,
    clock: StillClock,
    router: Router,
    tenant: Tenant,
    room: Room,
}

/// A program that calls for somebody.
struct Caller {
    router: Router,
    secret: String,
    token: Token,
    person: Person,
}

/// What the server said.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
    json: Value,
}

impl Api {
    async fn open(db: Db) -> Self {
        Self::at_pace(db, 100_000).await
    }

    /// A server that lets each token call so many times a second.
    async fn at_pace(db: Db, calls_per_second: u32) -> Self {
        let clock = StillClock::at_dawn();
        let time = clock.clock();
        let state = AppState {
            db: db.clone(),
            clock: time.clone(),
            recorder: Recorder::new(db.clone(), time.clone()),
            kept: sojourn::analytics::Kept::default(),
            channels: Channels::default(),
            accesses: AccessLog::open(db.clone()),
            doorkeeper: Doorkeeper::new(db.clone(), time.clone(), Hasher::default()).with_pace(calls_per_second),
            site: Arc::new(Site::default()),
            demo: false,
            behind_tls: false,
            started: time.now(),
        };
        Self::with(db, clock, router(state), "City Hospital").await
    }

    /// Another hospital on the same server.
    async fn neighbour(&self) -> Self {
        Self::with(self.db.clone(), self.clock.clone(), self.router.clone(), "Lake Hospital").await
    }

    async fn with(db: Db, clock: StillClock, router: Router, name: &str) -> Self {
        let tenant = hospital(&db, name).await;
        let branch = branches::list(&db, &tenant.id).await.expect("branches").remove(0);
        let mut tx = db.begin().await.expect("a transaction");
        let department = departments::NewDepartment {
            branch_id: branch.id.clone(),
            name: "Medicine".to_owned(),
            token_prefix: "M".to_owned(),
            target_minutes: 30,
        };
        let department = departments::add(&mut tx, &tenant.id, department).await.expect("a department");
        let room = NewRoom {
            branch_id: branch.id,
            department_id: Some(department.id),
            name: "Room 1".to_owned(),
            kind: RoomKind::Consultation,
        };
        let room = rooms::add(&mut tx, &tenant.id, room).await.expect("a room");
        let test = tariff::NewTariffEntry {
            code: "HB".to_owned(),
            name: "Haemoglobin".to_owned(),
            kind: tariff::TariffKind::Test,
            price: sojourn::journey::money::Money(20_000),
            department_id: None,
            specimen: Some("Blood".to_owned()),
            analytes: Vec::new(),
            panels: Vec::new(),
        };
        tariff::add(&mut tx, &tenant.id, test).await.expect("a test");
        commit(tx).await.expect("it is written");
        Self { db, clock, router, tenant, room }
    }

    /// Somebody with some roles, and a token that lasts a day.
    async fn caller(&self, roles: &[Role]) -> Caller {
        self.caller_of_kind(ActorType::Human, roles).await
    }

    async fn caller_of_kind(&self, actor_type: ActorType, roles: &[Role]) -> Caller {
        let mut tx = self.db.begin().await.expect("a transaction");
        let new = NewPerson { actor_type, ..NewPerson::named(format!("{roles:?}"), roles.iter().copied()) };
        let person = people::add(&mut tx, &self.tenant.id, new).await.expect("a person");
        let now = self.clock.clock().now();
        let made = tokens::create(&mut tx, &self.tenant.id, &person.id, "test", now, Some(now + TimeDelta::days(1)));
        let (secret, token) = made.await.expect("a token");
        commit(tx).await.expect("it is written");
        Caller { router: self.router.clone(), secret: secret.reveal().to_owned(), token, person }
    }

    async fn patient(&self) -> String {
        let new = patients::NewPatient { name: "Asha Rao".to_owned(), ..Default::default() };
        let now = self.clock.clock().now();
        patients::register(&self.db, &self.tenant, new, now).await.expect("a patient").id.to_string()
    }

    /// Where the log of the hospital ends.
    async fn position(&self) -> i64 {
        let mut tx = self.db.begin().await.expect("a transaction");
        log::lock_head(&mut tx, &self.tenant.id).await.expect("a head").position()
    }
}

impl Caller {
    async fn send(&self, request: axum::http::request::Builder, body: impl Into<Body>) -> Answer {
        let request = request.header(AUTHORIZATION, format!("Bearer {}", self.secret));
        send(&self.router, request.body(body.into()).expect("a request")).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(format!("/api/v1{path}")), Body::empty()).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_with(path, &[], body).await
    }

    async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        self.post_bytes(path, headers, body.to_string()).await
    }

    async fn post_bytes(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let request = Request::post(format!("/api/v1{path}")).header(CONTENT_TYPE, "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request, body).await
    }

    /// Logs an event.
    async fn log(&self, visit: &str, event_type: &str, metadata: Value) -> Answer {
        self.post("/events", event(visit, event_type, metadata)).await
    }

    /// Registers a visit and answers with its id.
    async fn register(&self, patient: &str) -> String {
        let visit = new_id::<VisitId>().to_string();
        let answer = self.log(&visit, "VISIT_REGISTERED", json!({ "patientId": patient })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        visit
    }
}

impl Answer {
    /// Holds a failure against the contract: its status, its code, and that it tells no more than it should.
    #[track_caller]
    fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes()), Some(&b"application/problem+json"[..]));
        assert_eq!(self.json["code"], code, "{}", self.text);
        assert_eq!(self.json["status"], status);
        for member in ["type", "title", "detail"] {
            assert!(self.json[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {}", self.text);
        }
        for secret in ["SELECT", "INSERT", "sqlx", "sqlite", "panicked", "visit_events", "Asha"] {
            assert!(!self.text.contains(secret), "{secret}: {}", self.text);
        }
    }

    /// The fields that a problem names.
    fn fields(&self) -> Vec<&str> {
        let fields = self.json["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        fields.iter().filter_map(|field| field["field"].as_str()).collect()
    }

    #[track_caller]
    fn is(&self, status: u16) -> &Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        &self.json
    }
}

/// Sends a request as it is, and holds the answer against the description.
async fn send(router: &Router, request: Request<Body>) -> Answer {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = router.clone().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let text = String::from_utf8_lossy(&body).into_owned();
    let json = serde_json::from_str(&text).unwrap_or_default();
    let answer = Answer { status: parts.status, headers: parts.headers, text, json };
    contract::hold(router, &method, &path, &answer).await;
    answer
}

/// An event as it is sent.
fn event(visit: &str, event_type: &str, metadata: Value) -> Value {
    json!({ "eventType": event_type, "visitId": visit, "metadata": metadata })
}
