//! Stories of delivery: each event reaches whoever subscribes, at least once, in order per aggregate.

mod leases;
mod nats;
mod webhooks;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::Utc;
use serde_json::{Value, json};
use sojourn::clock::Clock;
use sojourn::db::{Db, commit};
use sojourn::delivery::{self, Backoff, NewSubscription, Relay, Settings};
use sojourn::journey::ids::{SubscriptionId, TenantId};
use sojourn::log::deliveries::{DeadLetter, Lag};
use sojourn::log::subscriptions::{self, Subscription};
use sojourn::log::{NewEvent, deliveries};
use sojourn::record::Recorder;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::support::events::{append, happening};
use crate::support::receiver::Call;

/// Everything fast, so that stories are; but nobody loses a lease on a busy machine, and sends again what is counted.
const QUICK: Settings = Settings {
    lease: Duration::from_secs(600),
    poll: Duration::from_millis(20),
    retry: Backoff { first: Duration::from_millis(10), longest: Duration::from_millis(50) },
    reconnect: Backoff { first: Duration::from_millis(20), longest: Duration::from_millis(100) },
    most_held: 1000,
    plain_webhooks: false,
};

/// The same, with leases that others soon take over; but a machine that stands still for five seconds loses none.
const FLEETING: Settings = Settings { lease: Duration::from_secs(9), ..QUICK };

/// A relay at work.
struct Running {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(db: &Db, clock: Clock, settings: Settings) -> Self {
        let recorder = Recorder::new(db.clone(), clock.clone());
        Self::start_with(db, clock, recorder, settings)
    }

    fn start_with(db: &Db, clock: Clock, recorder: Recorder, settings: Settings) -> Self {
        let (stop, stopping) = watch::channel(());
        let task = tokio::spawn(Relay::new(db.clone(), clock, recorder, settings).run(stopping));
        Self { stop, task }
    }

    /// Asks it to stop, and waits until it did.
    async fn stop(self) {
        drop(self.stop);
        self.task.await.expect("the relay ends");
    }

    /// Ends it as a crash would.
    async fn crash(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// Subscribes a receiver to all that there is, with what else is said.
async fn subscribe(db: &Db, tenant: &TenantId, kind: &str, target: &str, beside: Value) -> (Subscription, String) {
    let mut asked = json!({ "name": target, "kind": kind, "target": target });
    for (name, value) in beside.as_object().expect("an object") {
        asked[name] = value.clone();
    }
    let new = NewSubscription::read(asked).expect("a good subscription");
    let (added, secret) = new.made(Utc::now());
    let mut tx = db.begin().await.expect("a transaction");
    let signs = secret.as_ref().map(|secret| secret.reveal());
    assert!(subscriptions::add(&mut tx, tenant, &added, signs).await.expect("an answer"), "its name is free");
    commit(tx).await.expect("it is added");
    (added, secret.map(|secret| secret.reveal().to_owned()).unwrap_or_default())
}

/// Events of several things, in turns: the first of each, then the second of each, and so on.
fn in_turns(things: &[&str], versions: std::ops::RangeInclusive<i64>) -> Vec<NewEvent> {
    versions.flat_map(|version| things.iter().map(move |thing| happening(thing, version))).collect()
}

async fn log_in_turns(db: &Db, tenant: &TenantId, things: &[&str], versions: std::ops::RangeInclusive<i64>) {
    append(db, tenant, in_turns(things, versions)).await;
}

/// The versions that came of each thing, in the order they came.
fn versions(calls: &[Call]) -> BTreeMap<String, Vec<i64>> {
    let mut versions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for call in calls {
        let (aggregate, version) = call.place();
        versions.entry(aggregate).or_default().push(version);
    }
    versions
}

/// What comes when everything comes once, in order.
fn all_of(things: &[&str], versions: std::ops::RangeInclusive<i64>) -> BTreeMap<String, Vec<i64>> {
    things.iter().map(|thing| ((*thing).to_owned(), versions.clone().collect())).collect()
}

async fn reload(db: &Db, tenant: &TenantId, id: &SubscriptionId) -> Subscription {
    subscriptions::by_id(db, tenant, id).await.expect("an answer").expect("the subscription")
}

async fn lag(db: &Db, tenant: &TenantId) -> Lag {
    let lags = delivery::lags(db).await.expect("the lags");
    lags.into_iter().find(|(of, _)| of == tenant).expect("a lag").1
}

async fn dead_letters(db: &Db, tenant: &TenantId, id: &SubscriptionId) -> Vec<DeadLetter> {
    deliveries::dead_letters(db, tenant, id, None, 1000).await.expect("the dead letters")
}
