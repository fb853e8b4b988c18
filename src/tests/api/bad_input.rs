//! Stories of bad input: each is a clear 4xx, nothing is written, and the server goes on.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use futures::stream;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::allowed::candidates;
use sojourn::journey::events::EventType;
use sojourn::journey::ids::{BillId, EventId, Id, VisitId};
use sojourn::journey::words::{Role, Word};
use sojourn::log;
use sojourn::record::Recorder;

use super::{Answer, Api, Caller, event};
use crate::support::stories;

stories!(@engine sqlite
    no_metadata_brings_the_server_down
    what_is_no_json_is_refused
    too_much_is_refused
    unknown_fields_are_refused
    headers_that_do_not_fit_are_refused
    amounts_beyond_measure_are_refused
    times_beyond_measure_are_refused
);
stories!(@engine postgres no_metadata_brings_the_server_down);

/// A visit in a hospital whose log must not grow.
struct Desk {
    api: Api,
    caller: Caller,
    visit: String,
    position: i64,
}

impl Desk {
    async fn open(db: Db) -> Self {
        let api = Api::open(db).await;
        let caller = api.caller(Role::ALL).await;
        let visit = caller.register(&api.patient().await).await;
        let position = api.position().await;
        Self { api, caller, visit, position }
    }

    async fn send(&self, event: Value) -> Answer {
        self.caller.post("/events", event).await
    }

    fn event(&self, event_type: &str, metadata: Value) -> Value {
        event(&self.visit, event_type, metadata)
    }

    /// Nothing was written, and the next good event is.
    async fn close(self) {
        assert_eq!(self.api.position().await, self.position);
        self.send(self.event("QUEUE_JOINED", json!({}))).await.is(201);
    }
}

async fn what_is_no_json_is_refused(db: Db) {
    let desk = Desk::open(db).await;
    let deep = |levels: usize| format!("{{\"metadata\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    for body in [
        b"".to_vec(),
        b"{".to_vec(),
        b"eventType=QUEUE_JOINED".to_vec(),
        b"{\"eventType\":\"QUEUE_JOINED\"} {}".to_vec(),
        b"{\"eventType\":\"QUEUE_\xff\"}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"a\":\"\x00\"}".to_vec(),
        b"{\"eventType\":\"QUEUE_JOINED\",\"metadata\":{\"a\\u0000\":1}}".to_vec(),
        b"{\"expectedVersion\":1e999}".to_vec(),
        b"{\"eventType\":\"QUEUE_JOINED\",\"metadata\":{},\"eventType\":\"QUEUE_JOINED\"}".to_vec(),
        b"{\"description\":\"\\ud800\"}".to_vec(),
        deep(32).into_bytes(),
        deep(200).into_bytes(),
        deep(500_000).into_bytes(),
    ] {
        for path in ["/events", "/events/batch", "/patients"] {
            desk.caller.post_bytes(path, &[], body.clone()).await.is_problem(400, "MALFORMED_JSON");
        }
    }
    for body in ["null", "[]", "1", "\"\"", "true"] {
        for path in ["/events", "/events/batch"] {
            desk.caller.post_bytes(path, &[], body).await.is_problem(400, "INVALID_METADATA");
        }
    }
    desk.close().await;
}

async fn too_much_is_refused(db: Db) {
    let desk = Desk::open(db).await;
    let much = " ".repeat(10 * 1024 * 1024);
    let announced = Request::post("/api/v1/events")
        .header(CONTENT_TYPE, "application/json")
        .header("content-length", much.len().to_string());
    desk.caller.send(announced, much.clone()).await.is_problem(413, "TOO_LARGE");
    // Sent bit by bit, without saying how much it will be.
    let bits: Vec<Result<String, std::io::Error>> =
        much.as_bytes().chunks(64 * 1024).map(|bit| Ok(String::from_utf8_lossy(bit).into_owned())).collect();
    let streamed = desk.caller.post_bytes("/events", &[], Body::from_stream(stream::iter(bits))).await;
    streamed.is_problem(413, "TOO_LARGE");

    let one = desk.event("QUEUE_JOINED", json!({}));
    for count in [0, 501] {
        let refused = desk.caller.post("/events/batch", json!({ "events": vec![&one; count] })).await;
        refused.is_problem(400, "INVALID_METADATA");
        assert_eq!(refused.fields(), ["events"]);
    }
    // As many as there may be are read; the journey takes the first, and not the second.
    let most = desk.caller.post("/events/batch", json!({ "events": vec![&one; 500] })).await;
    most.is_problem(422, "ALREADY_IN_QUEUE");
    assert_eq!(most.json["index"], 1);
    let mut long = one.clone();
    long["description"] = json!("x".repeat(2001));
    long["tags"] = json!(vec!["A"; 21]);
    let refused = desk.send(long).await;
    refused.is_problem(400, "INVALID_METADATA");
    assert_eq!(refused.fields(), ["description", "tags"]);
    let broken: Vec<Result<String, std::io::Error>> =
        vec![Ok("{".to_owned()), Err(std::io::Error::other("the line went dead"))];
    let broken = desk.caller.post_bytes("/events", &[], Body::from_stream(stream::iter(broken))).await;
    broken.is_problem(400, "MALFORMED_JSON");
    desk.close().await;
}

async fn unknown_fields_are_refused(db: Db) {
    let desk = Desk::open(db).await;
    for (name, value) in [
        ("performedBy", json!("01J00000000000000000000000")),
        ("tenantId", json!(desk.api.tenant.id)),
        ("position", json!(1)),
        ("__proto__", json!({})),
        ("eventtype", json!("QUEUE_JOINED")),
        ("", json!(1)),
    ] {
        let mut sent = desk.event("QUEUE_JOINED", json!({}));
        sent[name] = value.clone();
        let refused = desk.send(sent).await;
        refused.is_problem(400, "INVALID_METADATA");
        let within = desk.send(desk.event("QUEUE_JOINED", json!({ name: value }))).await;
        within.is_problem(400, "INVALID_METADATA");
        if !name.is_empty() {
            assert_eq!((refused.fields(), within.fields()), (vec![name], vec![name]));
        }
    }
    let batch = json!({ "events": [desk.event("QUEUE_JOINED", json!({}))], "atomic": false });
    let refused = desk.caller.post("/events/batch", batch).await;
    refused.is_problem(400, "INVALID_METADATA");
    assert_eq!(refused.fields(), ["atomic"]);

    let mut sent = desk.event("QUEUE_JOINED", json!({}));
    sent["id"] = json!(new_id::<EventId>());
    let twice = desk.caller.post("/events/batch", json!({ "events": [sent, sent] })).await;
    twice.is_problem(400, "INVALID_METADATA");
    assert_eq!((twice.fields(), &twice.json["index"]), (vec!["id"], &json!(1)));
    for text in ["a\u{0}b", "\u{1b}[31m", " ", ""] {
        for member in ["description", "correlationId", "causationId"] {
            let mut sent = desk.event("QUEUE_JOINED", json!({}));
            sent[member] = json!(text);
            let refused = desk.send(sent).await;
            refused.is_problem(400, "INVALID_METADATA");
            assert_eq!(refused.fields(), [member]);
        }
        let refused = desk.send(desk.event("VISIT_CANCELLED", json!({ "reason": text }))).await;
        refused.is_problem(400, "INVALID_METADATA");
        assert_eq!(refused.fields(), ["reason"]);
    }
    desk.close().await;
}

async fn headers_that_do_not_fit_are_refused(db: Db) {
    let desk = Desk::open(db).await;
    let long = "k".repeat(256);
    let sent = desk.event("QUEUE_JOINED", json!({}));
    for (name, value) in [
        ("If-Match", "1"),
        ("If-Match", "W/\"1\""),
        ("If-Match", "*"),
        ("If-Match", "\"01\""),
        ("If-Match", "\"-1\""),
        ("If-Match", "\"1\", \"2\""),
        ("If-Match", "\"99999999999999999999\""),
        ("Idempotency-Key", ""),
        ("Idempotency-Key", "two words"),
        ("Idempotency-Key", "schlüssel"),
        ("Idempotency-Key", &long),
    ] {
        let refused = desk.caller.post_with("/events", &[(name, value)], sent.clone()).await;
        refused.is_problem(400, "INVALID_REQUEST");
        assert_eq!(refused.fields(), [name], "{value}");
        let twice = desk.caller.post_with("/events", &[(name, "\"1\""), (name, "\"1\"")], sent.clone()).await;
        twice.is_problem(400, "INVALID_REQUEST");
    }
    desk.close().await;
}

async fn amounts_beyond_measure_are_refused(db: Db) {
    let desk = Desk::open(db).await;
    for amount in
        ["-1", "-0.01", "1.5", "1000000000001", "9223372036854775808", "1e30", "\"100\"", "true", "[]", "-1e300"]
    {
        let amount: Value = serde_json::from_str(amount).expect("a value");
        let items = json!([{ "description": "Consultation", "amount": amount }]);
        let bill = json!({ "billId": new_id::<BillId>(), "items": items });
        let refused = desk.send(desk.event("CONSULTATION_BILLED", bill)).await;
        refused.is_problem(400, "INVALID_METADATA");
        assert_eq!(refused.fields(), ["items[0].amount"]);
        let payment = json!({ "billId": new_id::<BillId>(), "amount": amount, "method": "CASH" });
        let refused = desk.send(desk.event("PAYMENT_RECEIVED", payment)).await;
        refused.is_problem(400, "INVALID_METADATA");
        assert_eq!(refused.fields(), ["amount"]);
    }
    desk.close().await;
}

async fn times_beyond_measure_are_refused(db: Db) {
    let desk = Desk::open(db).await;
    for (time, status, code) in [
        ("2099-01-01T00:00:00Z", 422, "IN_THE_FUTURE"),
        ("9999-12-31T23:59:59Z", 422, "IN_THE_FUTURE"),
        ("1999-01-01T00:00:00Z", 422, "BEFORE_REGISTRATION"),
        ("0002-01-01T00:00:00Z", 422, "BEFORE_REGISTRATION"),
        ("0000-01-01T00:00:00Z", 400, "INVALID_METADATA"),
        ("9999-12-31T23:59:59-12:00", 400, "INVALID_METADATA"),
        ("2099-13-01T00:00:00Z", 400, "INVALID_METADATA"),
        ("yesterday", 400, "INVALID_METADATA"),
        ("", 400, "INVALID_METADATA"),
    ] {
        let mut sent = desk.event("QUEUE_JOINED", json!({}));
        sent["performedAt"] = json!(time);
        desk.send(sent).await.is_problem(status, code);
    }
    desk.close().await;
}

/// Values that nobody expects, and some that somebody might.
fn nasty(random: &mut StdRng, depth: usize) -> Value {
    const TEXTS: [&str; 16] = [
        "",
        " ",
        "x",
        "a\u{0}b",
        "\u{202E}",
        "🫀",
        "'; DROP TABLE visits; --",
        "<script>",
        "2026-03-01",
        "2026-03-01T10:00:60Z",
        "0000-01-01T00:00:00Z",
        "CASH",
        "LAB",
        "01J00000000000000000000000",
        "ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "-0",
    ];
    match random.random_range(0..if depth == 0 { 7 } else { 9 }) {
        0 => Value::Null,
        1 => json!(random.random::<bool>()),
        2 => json!(random.random::<i64>()),
        3 => json!(random.random::<u64>()),
        4 => json!(f64::from_bits(random.random())),
        5 => json!(random.random_range(-2..200)),
        6 => json!(TEXTS[random.random_range(0..TEXTS.len())]),
        7 => (0..random.random_range(0..4)).map(|_| nasty(random, depth - 1)).collect(),
        _ => {
            let members = (0..random.random_range(0..4)).map(|_| {
                let name = TEXTS[random.random_range(4..TEXTS.len())];
                (name.to_owned(), nasty(random, depth - 1))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

/// Metadata of an event, or nearly.
fn metadata(random: &mut StdRng, event: EventType, good: &[Value]) -> Value {
    if random.random_ratio(1, 10) {
        return nasty(random, 3);
    }
    let mut metadata = good.get(random.random_range(0..good.len().max(1))).cloned().unwrap_or_else(|| json!({}));
    for field in event.row().fields {
        if random.random_ratio(1, 3) {
            metadata[field.name] = nasty(random, 3);
        } else if let Some(item) = metadata[field.name].get_mut(0).and_then(Value::as_object_mut)
            && let Some(member) = item.values_mut().nth(random.random_range(0..3))
        {
            *member = nasty(random, 2);
        }
        if metadata[field.name].is_null() && random.random() {
            metadata.as_object_mut().and_then(|members| members.remove(field.name));
        }
    }
    metadata
}

async fn no_metadata_brings_the_server_down(db: Db) {
    let api = Api::open(db).await;
    let caller = api.caller(Role::ALL).await;
    let patient = api.patient().await;
    let mut visit = caller.register(&patient).await;
    let clock = api.clock.clock();
    let recorder = Recorder::new(api.db.clone(), clock.clone());
    let mut random = StdRng::seed_from_u64(34);
    let mut accepted = 0;
    for round in 0..12 {
        for event_type in EventType::ALL {
            let id = VisitId::parse(&visit).expect("an id");
            let (_, state) = recorder.load(&api.tenant.id, &id).await.expect("the log").expect("the visit");
            if state.outcome.is_some() {
                visit = caller.register(&patient).await;
            }
            let good: Vec<_> =
                candidates(*event_type, Some(&state), clock.now()).iter().map(|event| event.metadata()).collect();
            let sent = event(&visit, event_type.word(), metadata(&mut random, *event_type, &good));
            let answer = caller.post("/events", sent.clone()).await;
            match answer.status.as_u16() {
                201 => accepted += 1,
                400..=499 => assert!(answer.json["code"].is_string(), "{}", answer.text),
                status => panic!("{status} in round {round} for {sent}: {}", answer.text),
            }
        }
    }
    assert!(accepted > 20, "{accepted} were near enough to be accepted");
    let verified = log::verify(&api.db, &api.tenant.id).await;
    assert!(verified.is_ok(), "{verified:?}");
}
