//! Stories of live updates: what is heard, by whom, and that nothing is missed.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE};
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use futures::StreamExt;
use serde_json::{Value, json};
use sojourn::db::{Db, Engine, new_id};
use sojourn::http::router_with;
use sojourn::journey::events::EventType::*;
use sojourn::journey::ids::VisitId;
use sojourn::journey::words::Role;
use sojourn::live::{Live, Pace, Settings};
use sojourn::log::{self, access};
use sojourn::record::Recorder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::{Browser, server};
use crate::support::house::House;
use crate::support::stories;

stories! {
    a_change_is_told_by_topic_and_version_and_no_more,
    who_comes_again_has_missed_nothing,
    nobody_hears_of_another_hospital,
    nobody_hears_what_they_may_not_see,
    it_ends_with_the_session,
    who_is_too_slow_goes_on_from_the_log,
    another_process_is_heard,
    five_hundred_who_leave_leave_nothing_behind,
    a_screen_says_where_it_listens,
    a_refresh_is_no_activity_and_no_new_look,
}

/// Quick enough for a story.
pub(super) const QUICK: Settings = Settings {
    poll: Duration::from_millis(100),
    gather: Duration::ZERO,
    beat: Duration::from_millis(300),
    queue: 256,
    seats: 20,
    public_seats: 100,
};

/// How long something may take that is not said to be quick: a machine may stand still for seconds.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn opened(house: &House, settings: Settings) -> (Router, Live) {
    let live = Live::follow(&house.db, &house.recorder, settings);
    (router_with(server(house), live.clone()), live)
}

/// What is heard on one connection.
pub(super) struct Stream(BodyDataStream, String);

/// One event of it.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    event: String,
    id: Option<i64>,
    data: String,
}

impl Told {
    pub(super) fn topics(&self) -> Vec<(String, i64)> {
        assert_eq!(self.event, "changed");
        let Value::Array(changed) = serde_json::from_str(&self.data).expect("JSON") else { panic!("{}", self.data) };
        let topic = |one: &Value| {
            assert_eq!(one.as_object().map(|one| one.len()), Some(2), "topic and version only: {one}");
            (one["topic"].as_str().expect("a topic").to_owned(), one["version"].as_i64().expect("a version"))
        };
        changed.iter().map(topic).collect()
    }
}

impl Stream {
    /// What comes next; nothing when the connection has ended.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((frame, rest)) = self.1.split_once("\n\n") {
                let field = |name: &str| {
                    frame
                        .lines()
                        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                        .map(|text| text.trim().to_owned())
                };
                let told = Told {
                    event: field("event").unwrap_or_default(),
                    id: field("id").and_then(|id| id.parse().ok()),
                    data: field("data").unwrap_or_default(),
                };
                self.1 = rest.to_owned();
                return Some(told);
            }
            let chunk = timeout(PATIENCE, self.0.next()).await.expect("something is heard in time")?;
            self.1.push_str(&String::from_utf8_lossy(&chunk.expect("a chunk")));
        }
    }

    /// The next change.
    pub(super) async fn changed(&mut self) -> Told {
        loop {
            let told = self.next().await.expect("the connection lasts");
            if told.event != "beat" {
                return told;
            }
        }
    }
}

impl Browser {
    async fn ask_to_listen(&self, query: &str, last: Option<i64>) -> axum::response::Response {
        let request =
            Request::get(format!("/live?{query}")).header(COOKIE, &self.cookie).header(ACCEPT, "text/event-stream");
        let request = match last {
            Some(last) => request.header("last-event-id", last.to_string()),
            None => request,
        };
        self.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer")
    }

    pub(super) async fn listen(&self, query: &str, last: Option<i64>) -> Stream {
        let response = self.ask_to_listen(query, last).await;
        assert_eq!(response.status(), StatusCode::OK, "{query}");
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
        Stream(response.into_body().into_data_stream(), String::new())
    }
}

async fn head(house: &House) -> i64 {
    log::position(&house.db, &house.tenant.id).await.expect("the head")
}

async fn a_change_is_told_by_topic_and_version_and_no_more(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let nurse = Browser::sign_in_at(&house, opened(&house, QUICK).0, "nurse", &[Role::Nurse]).await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    let position = head(&house).await;

    let mut board = nurse.listen(&format!("topics=queue/consultation&after={position}"), None).await;
    assert_eq!(board.next().await, Some(Told { event: "beat".into(), id: Some(position), data: position.to_string() }));
    let mut both = nurse.listen(&format!("topics=queue/consultation,visit/{visit}&after={position}"), None).await;

    let bill = json!({ "billId": new_id::<VisitId>(), "items": [{ "description": "Consultation", "amount": 50_000 }] });
    house.log(Role::BillingClerk, &visit, ConsultationBilled, bill).await;
    assert_eq!(both.changed().await.topics(), [(format!("visit/{visit}"), 3)]);
    house.log(Role::Doctor, &visit, QueueCalled, json!({ "roomId": house.room })).await;
    let told = board.changed().await;
    assert_eq!(told.topics(), [("queue/consultation".to_owned(), position + 2)], "the bill is not seen on a board");
    assert_eq!(told.id, Some(position + 2));
    let told = both.changed().await;
    assert_eq!(told.topics(), [("queue/consultation".to_owned(), position + 2), (format!("visit/{visit}"), 4)]);
}

async fn who_comes_again_has_missed_nothing(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let nurse = Browser::sign_in_at(&house, opened(&house, QUICK).0, "nurse", &[Role::Nurse, Role::Receptionist]).await;
    let visit = house.register().await;
    let mut board = nurse.listen("topics=queue/consultation", None).await;
    let first = board.next().await.expect("something at once");
    assert_eq!(
        first.topics(),
        [("queue/consultation".to_owned(), 1)],
        "who says nothing of before has missed all of it"
    );
    drop(board);

    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    house.log(Role::Doctor, &visit, QueueCalled, json!({ "roomId": house.room })).await;
    for (query, last) in [("topics=queue/consultation", first.id), ("topics=queue/consultation&after=2", first.id)] {
        let told = nurse.listen(query, last).await.next().await.expect("something at once");
        assert_eq!((told.topics(), told.id), (vec![("queue/consultation".to_owned(), 3)], Some(3)), "{query}");
    }
    let told = nurse.listen("topics=queue/consultation,reception&after=3", None).await.next().await;
    assert_eq!(told.map(|told| told.event), Some("beat".to_owned()));
    let told = nurse.listen("topics=queue/consultation,reception&after=99", None).await.next().await.expect("at once");
    assert_eq!(told.topics().len(), 2, "a position that is yet to come is of another log");
}

async fn nobody_hears_of_another_hospital(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let other = House::open(&db, "Lake Hospital").await;
    let nurse = Browser::sign_in_at(&house, opened(&house, QUICK).0, "nurse", &[Role::Nurse]).await;
    let theirs = other.register().await;
    let ours = house.register().await;
    let mut board = nurse.listen(&format!("topics=visit/{theirs},queue/consultation&after=1"), None).await;
    assert_eq!(board.next().await.map(|told| (told.event, told.id)), Some(("beat".to_owned(), Some(1))));
    for _ in 0..5 {
        other.log(Role::Nurse, &theirs, VitalsRecorded, json!({ "pulse": 70 })).await;
    }
    sleep(Duration::from_millis(400)).await;
    house.log(Role::Receptionist, &ours, QueueJoined, json!({})).await;
    let told = board.changed().await;
    assert_eq!((told.topics(), told.id), (vec![("queue/consultation".to_owned(), 2)], Some(2)));
}

async fn nobody_hears_what_they_may_not_see(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (router, live) = opened(&house, Settings { seats: 2, ..QUICK });
    let technician = Browser::sign_in_at(&house, router, "technician", &[Role::LabTechnician]).await;
    for (query, status) in [
        ("topics=billing", StatusCode::FORBIDDEN),
        ("topics=lab,doctor", StatusCode::FORBIDDEN),
        ("topics=roof", StatusCode::BAD_REQUEST),
        ("", StatusCode::BAD_REQUEST),
        (&format!("topics=display/{}", house.branch), StatusCode::NOT_FOUND),
        ("topics=lab,lab,lab,lab,lab,lab,lab,lab,lab", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(technician.ask_to_listen(query, None).await.status(), status, "{query}");
    }
    let one = technician.listen("topics=lab", None).await;
    let _other = technician.listen("topics=queue/lab", None).await;
    assert_eq!(technician.ask_to_listen("topics=lab", None).await.status(), StatusCode::TOO_MANY_REQUESTS);
    drop(one);
    assert_eq!(live.taken(), 1);
    technician.listen("topics=lab", None).await;
    let nobody = Browser { cookie: String::new(), ..technician };
    assert_eq!(nobody.ask_to_listen("topics=lab", None).await.status(), StatusCode::UNAUTHORIZED);
}

async fn it_ends_with_the_session(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (router, live) = opened(&house, QUICK);
    let leaving = Browser::sign_in_at(&house, router.clone(), "leaving", &[Role::Nurse]).await;
    let idle = Browser::sign_in_at(&house, router, "idle", &[Role::Nurse]).await;
    let mut left = leaving.listen("topics=queue/lab", None).await;
    let mut idles = idle.listen("topics=queue/lab", None).await;
    let form = leaving.form("/logout", &[]);
    leaving.send(form).await;
    assert_eq!(left.next().await.map(|told| told.event), Some("changed".to_owned()));
    assert_eq!(left.changed().await.event, "over");
    assert_eq!(left.next().await, None);
    assert_eq!(idles.next().await.map(|told| told.event), Some("changed".to_owned()));
    assert_eq!(idles.next().await.map(|told| told.event), Some("beat".to_owned()), "the other listens on");
    house.clock.advance(TimeDelta::minutes(16));
    assert_eq!(idles.changed().await.event, "over");
    assert_eq!(live.taken(), 0);
}

async fn who_is_too_slow_goes_on_from_the_log(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let (router, _live) = opened(&house, Settings { queue: 1, ..QUICK });
    let nurse = Browser::sign_in_at(&house, router, "nurse", &[Role::Nurse]).await;
    let visit = house.register().await;
    let mut slow = nurse.listen("topics=queue/consultation&after=1", None).await;
    slow.next().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    for _ in 0..20 {
        // Each is told by itself.
        sleep(Duration::from_millis(10)).await;
        house.log(Role::Nurse, &visit, VitalsRecorded, json!({ "pulse": 70 })).await;
    }
    sleep(Duration::from_millis(100)).await;
    let mut heard = 0;
    while heard < 22 {
        let told = slow.changed().await;
        assert!(told.id > Some(heard), "nothing is told twice");
        heard = told.id.expect("a position");
    }
    assert_eq!(heard, 22);
}

async fn another_process_is_heard(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    // PostgreSQL says so by itself; SQLite has to be looked at.
    let poll = if matches!(db.read, Engine::Postgres(_)) { Duration::from_secs(3600) } else { QUICK.poll };
    let live = Live::follow(&db, &Recorder::new(db.clone(), house.clock.clock()), Settings { poll, ..QUICK });
    let nurse = Browser::sign_in_at(&house, router_with(server(&house), live), "nurse", &[Role::Nurse]).await;
    let visit = house.register().await;
    let mut board = nurse.listen("topics=queue/consultation&after=1", None).await;
    board.next().await;
    let mut told = None;
    // Until it listens for them, a hint may be lost; the next one tells of what was missed too.
    for _ in 0..10 {
        house.log(Role::Nurse, &visit, VitalsRecorded, json!({ "pulse": 72 })).await;
        told = timeout(Duration::from_secs(2), board.changed()).await.ok();
        if told.is_some() {
            break;
        }
    }
    let told = told.expect("it is told soon");
    assert_eq!(told.topics(), [("queue/consultation".to_owned(), told.id.expect("a position"))]);
}

async fn five_hundred_who_leave_leave_nothing_behind(db: Db) {
    const MANY: usize = 500;
    let house = House::open(&db, "City Hospital").await;
    let (router, live) = opened(&house, Settings { seats: MANY, beat: Settings::default().beat, ..QUICK });
    let nurse = Browser::sign_in_at(&house, router.clone(), "nurse", &[Role::Nurse]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut abandoned = Vec::new();
    for _ in 0..MANY {
        let mut connection = TcpStream::connect(address).await.expect("a connection");
        let request = format!(
            "GET /live?topics=queue/consultation HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\nCookie: {}\r\n\r\n",
            nurse.cookie
        );
        connection.write_all(request.as_bytes()).await.expect("a request");
        let mut heard = Vec::new();
        while !heard.windows(7).any(|window| window == b"changed") {
            assert!(connection.read_buf(&mut heard).await.expect("an answer") > 0);
        }
        abandoned.push(connection);
    }
    assert_eq!(live.taken(), MANY);
    assert_eq!(nurse.ask_to_listen("topics=queue/lab", None).await.status(), StatusCode::TOO_MANY_REQUESTS);
    // Nobody reads what they are told meanwhile.
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    drop(abandoned);
    let left = async {
        while live.taken() > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, left).await.expect("all seats are given back");
    serving.abort();
}

async fn a_screen_says_where_it_listens(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let roles = [Role::Receptionist, Role::Nurse, Role::Doctor, Role::BillingClerk, Role::LabTechnician];
    let (router, live) = opened(&house, QUICK);
    let everybody = Browser::sign_in_at(&house, router, "everybody", &roles).await;
    let visit = house.register().await;
    house.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    house.followed().await;
    for pace in Pace::ALL {
        while live.position(&house.tenant.id, pace) != Some(2) {
            sleep(Duration::from_millis(10)).await;
        }
    }
    for (path, topics) in [
        ("/reception", "reception".to_owned()),
        ("/queue/lab", "queue/lab".to_owned()),
        ("/doctor", "doctor".to_owned()),
        ("/lab", "lab".to_owned()),
        ("/bookings", "bookings".to_owned()),
        ("/reception/calls", "calls".to_owned()),
        ("/reception/closing", "reception".to_owned()),
        ("/billing", format!("visit/{visit},billing")),
        (&format!("/visits/{visit}"), format!("visit/{visit}")),
    ] {
        let page = everybody.get(path).await.text;
        let listens = format!("/live?topics={topics}");
        assert!(page.contains(&listens) && page.contains("data-after=\"2\""), "{path} listens to {listens}");
        // A page that somebody types in is not loaded again behind their back.
        let typed_in = ["/billing", "/visits", "/reception/closing"];
        let reloads = !typed_in.iter().any(|typed_in| path.starts_with(typed_in));
        assert_eq!(page.contains("<noscript><meta http-equiv=\"refresh\""), reloads, "{path}");
    }
    for (path, why) in [
        ("/queue/consultation?asOf=2020-01-01T00:00".to_owned(), "the past stays as it is"),
        (format!("/visits/{visit}?version=1"), "the past stays as it is"),
    ] {
        let page = everybody.get(&path).await.text;
        assert!(!page.contains("/live?topics"), "{path}: {why}");
    }
    let room = house.room.to_string();
    let refused = everybody.post("/queue/consultation", EnteredRoom, &visit, &[("roomId", room.as_str())]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text.contains("/live?topics"), "what was typed is shown until it is sent again");
}

async fn a_refresh_is_no_activity_and_no_new_look(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let nurse = Browser::sign_in(&house, "nurse", &[Role::Nurse]).await;
    let visit = house.register().await;
    let path = format!("/visits/{visit}");
    let refresh = async || {
        let request = Request::get(&path).header(COOKIE, &nurse.cookie).header("x-refresh", "live");
        nurse.send(request.body(Body::empty()).expect("a request")).await.status
    };
    let looks = async || {
        house.accesses.flush().await;
        let looks =
            access::list(&db, &house.tenant.id, &access::Filter::default(), None, 100).await.expect("the looks");
        looks.len()
    };
    assert_eq!(nurse.get(&path).await.status, StatusCode::OK);
    for _ in 0..2 {
        house.clock.advance(TimeDelta::minutes(7));
        assert_eq!(refresh().await, StatusCode::OK);
    }
    assert_eq!(looks().await, 1, "one look, however often the screen was renewed");
    assert_eq!(nurse.get(&path).await.status, StatusCode::OK);
    house.clock.advance(TimeDelta::minutes(16));
    assert_ne!(refresh().await, StatusCode::OK, "nobody was there for sixteen minutes");
    assert_eq!(looks().await, 2);
}
