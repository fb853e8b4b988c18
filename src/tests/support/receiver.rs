//! A receiver of webhooks on a port of its own, which keeps what it is sent.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// One call, and how it was answered.
#[derive(Clone, Debug)]
pub struct Call {
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The event as it was sent.
    pub event: Value,
    pub status: StatusCode,
}

impl Call {
    /// Which thing it happened to, and its place in the life of that thing.
    pub fn place(&self) -> (String, i64) {
        place(&self.event)
    }
}

/// Which thing an event happened to that was sent, and its place in the life of that thing.
pub fn place(event: &Value) -> (String, i64) {
    let data = &event["data"];
    let aggregate = data["aggregateId"].as_str().expect("an aggregate").to_owned();
    (aggregate, data["version"].as_i64().expect("a version"))
}

/// What to answer to an event.
type Judge = Box<dyn FnMut(&Value) -> StatusCode + Send>;

#[derive(Clone)]
struct Desk {
    calls: Arc<Mutex<Vec<Call>>>,
    judge: Arc<Mutex<Judge>>,
    delay: Duration,
    /// How many calls came to the door, and how many of them may come in.
    arrived: Arc<AtomicUsize>,
    door: watch::Sender<usize>,
}

/// The receiver; it is away when this is dropped.
pub struct Receiver {
    pub address: SocketAddr,
    desk: Desk,
    server: JoinHandle<()>,
}

impl Receiver {
    /// Opens a receiver that takes everything.
    pub async fn open() -> Self {
        Self::open_at("127.0.0.1:0", Duration::ZERO).await
    }

    /// Opens a receiver at an address, which takes its time.
    pub async fn open_at(address: &str, delay: Duration) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let judge: Judge = Box::new(|_| StatusCode::NO_CONTENT);
        let (arrived, door) = (Arc::default(), watch::Sender::new(usize::MAX));
        let desk = Desk { calls: Arc::default(), judge: Arc::new(Mutex::new(judge)), delay, arrived, door };
        let router = Router::new().route("/hook", post(take)).with_state(desk.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, desk, server }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Answers from now on as it is told.
    pub fn answers(&self, judge: impl FnMut(&Value) -> StatusCode + Send + 'static) {
        *self.desk.judge.lock().expect("the judge") = Box::new(judge);
    }

    /// Lets the first so many calls in, counted from its opening; the others wait at the door until it lets in more.
    pub fn lets_in(&self, calls: usize) {
        self.desk.door.send_replace(calls);
    }

    /// How many calls came to the door so far.
    pub fn arrived(&self) -> usize {
        self.desk.arrived.load(Ordering::SeqCst)
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.desk.calls.lock().expect("the calls").clone()
    }

    /// What was taken so far, in the order it came.
    pub fn taken(&self) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.status.is_success()).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let number = desk.arrived.fetch_add(1, Ordering::SeqCst) + 1;
    desk.door.subscribe().wait_for(|let_in| number <= *let_in).await.map(drop).expect("a door");
    tokio::time::sleep(desk.delay).await;
    let event: Value = serde_json::from_slice(&body).expect("JSON");
    let status = desk.judge.lock().expect("the judge")(&event);
    desk.calls.lock().expect("the calls").push(Call { headers, body, event, status });
    status
}
