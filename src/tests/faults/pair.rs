//! Two servers on one PostgreSQL: one of them serves the subscriptions, and the other goes on when that one is killed.
//!
//! PostgreSQL alone: an SQLite file is one server's.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use serde_json::json;
use sojourn::db::{Db, new_id};
use sojourn::delivery::{self, NewSubscription};
use sojourn::journey::ids::{EventId, Id, TenantId, VisitId};
use sojourn::journey::words::Role;
use sojourn::log::deliveries;
use sojourn::log::subscriptions::{self, Subscription};
use sojourn::on;

use super::server::{Hospital, Server, Writer};
use crate::support::nats::NatsServer;
use crate::support::receiver::{Call, Receiver, place};
use crate::support::{Database, until};

/// How many visits there are: an odd number, so that of servers which take turns each visit meets both.
const VISITS: usize = 5;
/// How many events each visit has in the end.
const STEPS: i64 = 10;
/// How many events of the log are delivered before the checkpoint moves.
const BATCH: i64 = 10;
/// Longer than a server waits before it looks for leases again.
const A_LOOK: Duration = Duration::from_secs(2);

/// Subscribes somebody to what happens to visits.
async fn subscribe(hospital: &Hospital, kind: &str, target: &str) -> Subscription {
    let asked = json!({
        "name": kind, "kind": kind, "target": target, "aggregateTypes": ["visit"], "batchSize": BATCH, "concurrency": 3,
    });
    let new = NewSubscription::read(asked).expect("a good subscription");
    let house = &hospital.house;
    delivery::add(&house.recorder, &house.tenant, house.who(Role::Admin), new).await.expect("it is added").0
}

/// Who holds the lease of each subscription, and which holder that is.
async fn leases(db: &Db, tenant: &TenantId) -> Vec<(Option<String>, i64)> {
    const LEASES: &str = "SELECT lease_owner, epoch FROM subscriptions WHERE tenant_id = $1 ORDER BY name";
    on!(&db.read, pool => sqlx::query_as(LEASES).bind(tenant).fetch_all(pool).await).expect("the leases")
}

/// Has the leases run out now, which would last for half a minute.
async fn run_out(db: &Db, tenant: &TenantId) {
    const RUN_OUT: &str = "UPDATE subscriptions SET lease_expires_at = CURRENT_TIMESTAMP WHERE tenant_id = $1";
    on!(&db.write, pool => sqlx::query(RUN_OUT).bind(tenant).execute(pool).await.map(drop)).expect("they run out");
}

/// Logs some steps of every visit, by one server after the other; says what was acknowledged, and where it is.
async fn log_in_turns(writers: &[Writer], visits: &[VisitId], steps: Range<i64>) -> BTreeMap<EventId, i64> {
    let mut acknowledged = BTreeMap::new();
    for step in steps {
        for visit in visits {
            let (writer, event) = (&writers[acknowledged.len() % writers.len()], new_id::<EventId>());
            let answer = writer.log(visit, &event, step > 0).await.expect("an answer");
            assert_eq!(answer.status, 201, "{}", answer.body);
            acknowledged.insert(event, answer.body["position"].as_i64().expect("a position"));
        }
    }
    acknowledged
}

/// Where in the log the events are that came once more.
fn again(calls: &[Call]) -> Vec<i64> {
    let mut came = BTreeSet::new();
    let positions = calls.iter().map(|call| call.event["data"]["position"].as_i64().expect("a position"));
    positions.filter(|position| !came.insert(*position)).collect()
}

/// The versions that came of each visit, in the order in which they came first.
fn first_came(places: impl Iterator<Item = (String, i64)>) -> BTreeMap<String, Vec<i64>> {
    let mut came: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (visit, version) in places {
        let versions = came.entry(visit).or_default();
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    came
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_servers_on_one_postgres_one_delivers_through_a_kill_of_the_other() {
    let database = Database::postgres().await;
    let hospital = Hospital::open(&database.url).await;
    let (db, tenant) = (&hospital.house.db, &hospital.house.tenant.id);
    let (receiver, nats) = (Receiver::open().await, NatsServer::start());
    let webhook = subscribe(&hospital, "WEBHOOK", &receiver.url()).await;
    subscribe(&hospital, "NATS", &nats.url()).await;

    // Who is alone takes both leases, and keeps them when another comes.
    let first = Server::start(&hospital.url).await;
    until!("the first server holds the leases", leases(db, tenant).await.iter().all(|(owner, _)| owner.is_some()));
    let held = leases(db, tenant).await;
    let second = Server::start(&hospital.url).await;
    let writers = [hospital.writer(&first.address), hospital.writer(&second.address)];
    let visits: Vec<VisitId> = (0..VISITS).map(|_| new_id()).collect();
    let mut acknowledged = log_in_turns(&writers, &visits, 0..4).await;
    until!("what both of them logged arrives", receiver.taken().len() >= acknowledged.len());

    let let_in = receiver.arrived() + 4;
    receiver.lets_in(let_in);
    acknowledged.extend(log_in_turns(&writers, &visits, 4..7).await);
    until!("a batch is under way", receiver.taken().len() == let_in && receiver.arrived() > let_in);
    assert_eq!(leases(db, tenant).await, held, "the first server serves them all the while");
    first.kill().await;
    let before = receiver.taken();
    assert!(again(&before).is_empty(), "nobody delivers beside who holds the lease: {:?}", again(&before));
    let webhook = subscriptions::by_id(db, tenant, &webhook.id).await.expect("an answer").expect("the subscription");
    receiver.lets_in(usize::MAX);

    // What was killed holds its leases until they run out; then the other server goes on.
    acknowledged.extend(log_in_turns(&writers[1..], &visits, 7..STEPS).await);
    tokio::time::sleep(A_LOOK).await;
    assert_eq!(leases(db, tenant).await, held, "a lease that runs is nobody else's");
    run_out(db, tenant).await;
    until!("the log was served", {
        let lags = deliveries::lags(db, tenant).await.expect("the lags");
        lags.iter().all(|lag| (lag.behind, lag.held) == (0, 0))
    });
    let epochs: Vec<_> = leases(db, tenant).await.into_iter().map(|(_, epoch)| epoch).collect();
    assert_eq!(epochs, [2, 2], "each was taken over once");

    let taken = receiver.taken();
    let all: BTreeMap<_, Vec<i64>> = visits.iter().map(|visit| (visit.to_string(), (1..=STEPS).collect())).collect();
    assert_eq!(first_came(taken.iter().map(Call::place)), all, "everything comes, in order");
    let ids = taken.iter().map(|call| call.event["id"].as_str().and_then(|id| EventId::parse(id).ok()).expect("an id"));
    assert!(ids.collect::<BTreeSet<_>>().iter().eq(acknowledged.keys()), "what came is what was acknowledged");
    let (under_way, twice) = (webhook.position + 1..=webhook.position + BATCH, again(&taken));
    let only_these = twice.iter().all(|position| under_way.contains(position));
    assert!(only_these && twice.len() <= BATCH as usize, "only of {under_way:?} something comes again: {twice:?}");
    let messages = nats.messages().await;
    assert_eq!(messages.len(), acknowledged.len(), "the stream has each event once");
    assert_eq!(first_came(messages.iter().map(|(.., event)| place(event))), all, "in order");

    second.kill().await;
    hospital.check(&acknowledged).await;
    println!("two servers: {} events acknowledged and delivered, {} of them twice", acknowledged.len(), twice.len());
    hospital.house.db.close().await;
    database.remove().await;
}
