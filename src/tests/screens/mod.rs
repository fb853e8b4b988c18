//! Stories of the screens, told over HTTP in this process, as a browser without JavaScript lives them.

mod admin;
mod analytics;
mod analytics_figures;
mod analytics_panels;
mod audit;
mod billing;
mod bookings;
mod branches;
mod cash_up;
mod display;
mod doctor;
mod documents;
mod house;
mod lab;
mod language;
mod live;
mod offline;
mod panels;
mod past;
mod patient;
mod projections;
mod reception;
mod rounds;
mod visit;
mod waits;
mod walls;
mod walls_of_forms;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Request, StatusCode};
use sojourn::db::{commit, new_id};
use sojourn::hospital::passphrase::{Hasher, Passphrase};
use sojourn::hospital::people::{self, NewPerson, Person};
use sojourn::http::sign_in::Doorkeeper;
use sojourn::http::{AppState, Site, router};
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{RequestKey, VisitId};
use sojourn::journey::words::{Role, Word};
use sojourn::projections::channels::Channels;
use sojourn::screens::parts::query_text;
use tower::ServiceExt;

use crate::support::hospital::PASSPHRASE;
use crate::support::house::House;

/// A browser in which somebody is signed in.
struct Browser {
    router: Router,
    cookie: String,
    person: Person,
}

/// What the server answered.
struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}

/// What a server of the house is made of.
fn server(house: &House) -> AppState {
    let clock = house.clock.clock();
    AppState {
        db: house.db.clone(),
        clock: clock.clone(),
        recorder: house.recorder.clone(),
        kept: sojourn::analytics::Kept::default(),
        channels: Channels::default(),
        accesses: house.accesses.clone(),
        doorkeeper: Doorkeeper::new(house.db.clone(), clock.clone(), Hasher::default()),
        site: Arc::new(Site::default()),
        demo: false,
        behind_tls: false,
        started: clock.now(),
    }
}

impl Browser {
    /// Signs in somebody new who works in the house's room.
    async fn sign_in(house: &House, name: &str, roles: &[Role]) -> Self {
        Self::sign_in_at(house, router(server(house)), name, roles).await
    }

    /// The same on a certain server.
    async fn sign_in_at(house: &House, router: Router, name: &str, roles: &[Role]) -> Self {
        let passphrase = Passphrase::parse(PASSPHRASE, name).expect("a good passphrase");
        let new = NewPerson {
            sign_in_name: name.parse().ok(),
            passphrase_hash: Some(Hasher::default().hash(passphrase).await.expect("a hash")),
            branch_id: Some(house.branch.clone()),
            department_id: Some(house.department.clone()),
            room_id: Some(house.room.clone()),
            ..NewPerson::named(name, roles.iter().copied())
        };
        let mut tx = house.db.begin().await.expect("a transaction");
        let person = people::add(&mut tx, &house.tenant.id, new).await.expect("the person is added");
        commit(tx).await.expect("it is written");
        // A second call finds it done already.
        let _ = any_spawner::Executor::init_tokio();
        let mut browser = Self { router, cookie: String::new(), person };
        let request = browser.form("/login", &[("name", name), ("passphrase", PASSPHRASE)]);
        let response = browser.router.clone().oneshot(request).await.expect("an answer");
        let cookie = response.headers()[SET_COOKIE].to_str().expect("a cookie");
        browser.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        browser
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", query_text(name), query_text(value)));
        Request::post(path)
            .header(COOKIE, &self.cookie)
            .header("Sec-Fetch-Site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(pairs.collect::<Vec<_>>().join("&")))
            .expect("a request")
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let location = location.to_owned();
        let body = to_bytes(response.into_body(), 1_000_000).await.expect("a body");
        Answer { status, location, text: String::from_utf8_lossy(&body).into_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).header(COOKIE, &self.cookie).body(Body::empty()).expect("a request")).await
    }

    /// Sends a form for an event as it stands on a page, with what is typed in it.
    async fn post(&self, path: &str, event: EventType, visit: &VisitId, typed: &[(&str, &str)]) -> Answer {
        let key = new_id::<RequestKey>().to_string();
        let visit = visit.to_string();
        let mut fields = vec![("_event", event.word()), ("_visit", visit.as_str()), ("_key", key.as_str())];
        fields.extend_from_slice(typed);
        self.send(self.form(path, &fields)).await
    }
}
