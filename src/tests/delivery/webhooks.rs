//! Stories of webhooks: signed, in order, tried again, given up, sent again.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use sojourn::clock::Clock;
use sojourn::db::{Db, commit};
use sojourn::delivery::{Backoff, Settings};
use sojourn::log::deliveries;
use sojourn::log::subscriptions::{self, SubscriptionState};

use super::{FLEETING, QUICK, Running, all_of, dead_letters, lag, log_in_turns, reload, subscribe, versions};
use crate::support::events::{append, bare_happening, happening, tenant};
use crate::support::hospital::StillClock;
use crate::support::house::House;
use crate::support::receiver::{Call, Receiver};
use crate::support::{stories, until};

stories! {
    what_is_logged_arrives_signed,
    events_arrive_in_order_however_often_they_are_refused,
    a_worker_that_crashes_loses_nothing,
    a_refused_event_waits_longer_each_time_while_others_go_on,
    a_dead_letter_is_sent_again_when_asked,
    a_receiver_that_is_away_costs_no_event,
    too_many_held_back_stop_the_reading,
    a_paused_subscription_goes_on_where_it_stopped,
    only_what_is_wanted_is_sent,
}

/// Whether a call was signed with a secret, as a receiver would find out.
fn is_signed(call: &Call, secret: &str) -> bool {
    let header = |name: &str| call.headers[name].to_str().expect("text").to_owned();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(format!("{}.", header("Sojourn-Timestamp")).as_bytes());
    mac.update(&call.body);
    let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    header("Sojourn-Signature") == format!("v1={expected}")
}

async fn what_is_logged_arrives_signed(db: Db) {
    let house = House::open(&db, "City Hospital").await;
    let receiver = Receiver::open().await;
    let (_, secret) = subscribe(&db, &house.tenant.id, "WEBHOOK", &receiver.url(), json!({})).await;
    // Nobody looks at the log but when an event is announced.
    let settings = Settings { poll: Duration::from_secs(3600), ..QUICK };
    let running = Running::start_with(&db, house.clock.clock(), house.recorder.clone(), settings);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let visit = house.register().await;
    until!("the registration arrives", !receiver.calls().is_empty());

    let stored = house.stream(&visit).await.remove(0);
    let call = receiver.calls().remove(0);
    assert_eq!(call.headers["content-type"], "application/cloudevents+json");
    assert_eq!(call.headers["sojourn-timestamp"], house.now().timestamp().to_string().as_str());
    assert!(is_signed(&call, &secret));
    assert!(!is_signed(&call, "another secret"));
    let expected = json!({
        "specversion": "1.0", "id": stored.event.id, "source": format!("urn:sojourn:tenant:{}", house.tenant.id),
        "type": "VISIT_REGISTERED", "subject": format!("visit/{visit}"), "time": stored.event.performed_at,
        "datacontenttype": "application/json", "data": serde_json::to_value(&stored).expect("JSON"),
    });
    assert_eq!(call.event, expected);
    running.stop().await;
    assert_eq!(receiver.calls().len(), 1);
}

/// Refuses about every third event, in another order for every salt.
fn moody(salt: u64) -> impl FnMut(&Value) -> StatusCode + Send + 'static {
    let mut state = salt;
    move |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if (state >> 33).is_multiple_of(3) { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    }
}

async fn events_arrive_in_order_however_often_they_are_refused(db: Db) {
    const THINGS: [&str; 5] = ["anna", "berta", "carla", "dora", "emma"];
    let tenant = tenant(&db).await;
    let receiver = Receiver::open().await;
    receiver.answers(moody(7));
    let beside = json!({ "batchSize": 7, "concurrency": 3, "maxAttempts": 100 });
    let (subscription, _) = subscribe(&db, &tenant, "WEBHOOK", &receiver.url(), beside).await;
    log_in_turns(&db, &tenant, &THINGS, 1..=12).await;
    let running = Running::start(&db, Clock::system(), QUICK);
    until!("half of it arrives", receiver.taken().len() > 30);
    log_in_turns(&db, &tenant, &THINGS, 13..=20).await;
    until!("everything arrives", receiver.taken().len() >= 100);
    until!("nothing is held back", lag(&db, &tenant).await.held == 0);
    running.stop().await;

    assert_eq!(versions(&receiver.taken()), all_of(&THINGS, 1..=20));
    // Not even what was refused came before its turn.
    for (thing, mut tried) in versions(&receiver.calls()) {
        tried.dedup();
        assert_eq!(tried, (1..=20).collect::<Vec<_>>(), "{thing}");
    }
    assert!(receiver.calls().len() > 110, "some were refused: {}", receiver.calls().len());
    assert_eq!(reload(&db, &tenant, &subscription.id).await.position, 100);
    assert_eq!(dead_letters(&db, &tenant, &subscription.id).await, []);
}

async fn a_worker_that_crashes_loses_nothing(db: Db) {
    const THINGS: [&str; 4] = ["anna", "berta", "carla", "dora"];
    let tenant = tenant(&db).await;
    let receiver = Receiver::open().await;
    let (subscription, _) =
        subscribe(&db, &tenant, "WEBHOOK", &receiver.url(), json!({ "batchSize": 20, "concurrency": 2 })).await;
    log_in_turns(&db, &tenant, &THINGS, 1..=10).await;
    receiver.lets_in(26);
    let running = Running::start(&db, Clock::system(), FLEETING);
    until!("a batch is half delivered", receiver.taken().len() == 26);
    running.crash().await;
    receiver.lets_in(usize::MAX);
    let before = reload(&db, &tenant, &subscription.id).await.position;
    assert_eq!(before, 20, "the second batch was under way");

    let running = Running::start(&db, Clock::system(), FLEETING);
    until!("the log was served", reload(&db, &tenant, &subscription.id).await.position == 40);
    running.stop().await;
    for (thing, came) in versions(&receiver.taken()) {
        let mut first = Vec::new();
        came.iter().for_each(|version| {
            if !first.contains(version) {
                first.push(*version)
            }
        });
        assert_eq!(first, (1..=10).collect::<Vec<_>>(), "{thing}: {came:?}");
    }
    let came = receiver.taken().len();
    assert!((41..=60).contains(&came), "only of the batch under way something came twice: {came}");
}

async fn a_refused_event_waits_longer_each_time_while_others_go_on(db: Db) {
    let tenant = tenant(&db).await;
    let still = StillClock::at_dawn();
    let receiver = Receiver::open().await;
    let (subscription, _) =
        subscribe(&db, &tenant, "WEBHOOK", &receiver.url(), json!({ "maxAttempts": 4, "batchSize": 3 })).await;
    receiver.answers(|event| match (event["data"]["aggregateId"].as_str(), event["data"]["version"].as_i64()) {
        (Some("anna"), Some(2)) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    });
    let retry = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(3600) };
    let running = Running::start(&db, still.clock(), Settings { retry, ..QUICK });
    log_in_turns(&db, &tenant, &["anna", "berta"], 1..=5).await;
    until!("the others went on", versions(&receiver.taken()).get("berta").is_some_and(|all| all.len() == 5));

    for attempts in 1..=3 {
        until!("it was tried", receiver.calls().len() - receiver.taken().len() == attempts);
        until!("it is held", {
            let held = deliveries::held(&db, &tenant, &subscription.id).await.expect("what is held");
            held.first().is_some_and(|held| held.attempts as usize == attempts)
        });
        let held = deliveries::held(&db, &tenant, &subscription.id).await.expect("what is held").remove(0);
        assert_eq!(held.position, 3);
        assert_eq!(held.problem.as_deref(), Some("the receiver answered 500 Internal Server Error"));
        let longest = TimeDelta::seconds(1 << (attempts - 1));
        let wait = held.due_at - still.clock().now();
        assert!(longest / 2 <= wait && wait <= longest, "{attempts}: {wait}");
        // A moment too early nothing happens; then it is tried again.
        still.advance(wait - TimeDelta::milliseconds(1));
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(receiver.calls().len() - receiver.taken().len(), attempts);
        assert_eq!(versions(&receiver.taken())["anna"], [1], "later events of the same visit wait");
        still.advance(TimeDelta::milliseconds(1));
    }
    // After the fourth attempt it is given up, and what came after it goes on.
    until!("the rest goes on", versions(&receiver.taken())["anna"] == [1, 3, 4, 5]);
    until!("nothing is held back", lag(&db, &tenant).await.held == 0);
    running.stop().await;
    let dead = dead_letters(&db, &tenant, &subscription.id).await;
    let [dead] = &dead[..] else { panic!("{dead:?}") };
    assert_eq!((dead.position, dead.attempts, dead.resend_at), (3, 4, None));
    assert_eq!((dead.aggregate.aggregate_id.as_str(), dead.event_type.as_str()), ("anna", "QUEUE_CALLED"));
    assert_eq!(dead.problem, "the receiver answered 500 Internal Server Error");
    assert_eq!(lag(&db, &tenant).await.dead_letters, 1);
}

async fn a_dead_letter_is_sent_again_when_asked(db: Db) {
    let tenant = tenant(&db).await;
    let receiver = Receiver::open().await;
    receiver.answers(|_| StatusCode::GONE);
    let (subscription, _) = subscribe(&db, &tenant, "WEBHOOK", &receiver.url(), json!({ "maxAttempts": 1 })).await;
    log_in_turns(&db, &tenant, &["anna"], 1..=3).await;
    let running = Running::start(&db, Clock::system(), QUICK);
    until!("all is given up", dead_letters(&db, &tenant, &subscription.id).await.len() == 3);
    assert_eq!(lag(&db, &tenant).await.behind, 0);

    let letter = dead_letters(&db, &tenant, &subscription.id).await.remove(1);
    let resend = async || {
        let now = Clock::system().now();
        assert!(deliveries::resend(&db, &tenant, &subscription.id, &letter.event_id, now).await.expect("an answer"));
    };
    resend().await;
    until!("it is refused again", {
        dead_letters(&db, &tenant, &subscription.id).await.iter().any(|letter| letter.attempts == 2)
    });
    let letters = dead_letters(&db, &tenant, &subscription.id).await;
    assert_eq!(
        letters.iter().map(|letter| (letter.position, letter.resend_at)).collect::<Vec<_>>(),
        [(1, None), (2, None), (3, None)]
    );

    receiver.answers(|_| StatusCode::OK);
    resend().await;
    until!("it is taken", dead_letters(&db, &tenant, &subscription.id).await.len() == 2);
    running.stop().await;
    assert_eq!(versions(&receiver.taken())["anna"], [2]);
    let unknown = sojourn::db::new_id();
    assert!(
        !deliveries::resend(&db, &tenant, &subscription.id, &unknown, Clock::system().now()).await.expect("an answer")
    );
}

async fn a_receiver_that_is_away_costs_no_event(db: Db) {
    const THINGS: [&str; 3] = ["anna", "berta", "carla"];
    let tenant = tenant(&db).await;
    let receiver = Receiver::open().await;
    let (address, url) = (receiver.address.to_string(), receiver.url());
    drop(receiver);
    let (subscription, _) = subscribe(&db, &tenant, "WEBHOOK", &url, json!({ "maxAttempts": 1, "batchSize": 4 })).await;
    log_in_turns(&db, &tenant, &THINGS, 1..=10).await;
    let running = Running::start(&db, Clock::system(), QUICK);
    let problem = async || reload(&db, &tenant, &subscription.id).await.problem;
    until!("the subscription says what is wrong", problem().await.is_some());
    assert!(problem().await.is_some_and(|problem| problem.starts_with("the receiver could not be called")));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let behind = lag(&db, &tenant).await;
    assert_eq!((behind.behind, behind.held, behind.dead_letters), (26, 3, 0), "the log is the queue");
    let first = sojourn::log::by_positions(&db, &tenant, 1, 1).await.expect("the log").remove(0);
    assert_eq!(behind.waiting_since, Some(first.recorded_at));

    let receiver = Receiver::open_at(&address, Duration::ZERO).await;
    until!("everything arrives", receiver.taken().len() >= 30);
    until!("all is well", problem().await.is_none() && lag(&db, &tenant).await.held == 0);
    running.stop().await;
    assert_eq!(versions(&receiver.taken()), all_of(&THINGS, 1..=10));
    let behind = lag(&db, &tenant).await;
    assert_eq!((behind.behind, behind.waiting_since, behind.dead_letters), (0, None, 0));
}

async fn too_many_held_back_stop_the_reading(db: Db) {
    const THINGS: [&str; 6] = ["anna", "berta", "carla", "dora", "emma", "frieda"];
    let tenant = tenant(&db).await;
    let receiver = Receiver::open().await;
    receiver.answers(|_| StatusCode::TOO_MANY_REQUESTS);
    let (subscription, _) =
        subscribe(&db, &tenant, "WEBHOOK", &receiver.url(), json!({ "maxAttempts": 100, "batchSize": 2 })).await;
    log_in_turns(&db, &tenant, &THINGS, 1..=3).await;
    // Nothing is tried more often than the clock moves, so nothing is given up however long this takes.
    let still = StillClock::at_dawn();
    let running = Running::start(&db, still.clock(), Settings { most_held: 3, ..QUICK });
    for attempts in 1..=3 {
        until!("four are held back", {
            let held = deliveries::held(&db, &tenant, &subscription.id).await.expect("what is held");
            held.len() == 4 && held.iter().all(|held| held.attempts == attempts)
        });
        still.advance(TimeDelta::seconds(1));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(reload(&db, &tenant, &subscription.id).await.position, 4);
    receiver.answers(|_| StatusCode::OK);
    until!("everything arrives", {
        still.advance(TimeDelta::seconds(1));
        receiver.taken().len() >= 18
    });
    running.stop().await;
    assert_eq!(versions(&receiver.taken()), all_of(&THINGS, 1..=3));
}

async fn a_paused_subscription_goes_on_where_it_stopped(db: Db) {
    let tenant = tenant(&db).await;
    let receiver = Receiver::open().await;
    let (subscription, _) = subscribe(&db, &tenant, "WEBHOOK", &receiver.url(), json!({})).await;
    let set = async |state| {
        let mut tx = db.begin().await.expect("a transaction");
        let set = subscriptions::set_state(&mut tx, &tenant, &subscription.id, state).await.expect("an answer");
        commit(tx).await.expect("it is written");
        set
    };
    let remove = async || {
        let mut tx = db.begin().await.expect("a transaction");
        let removed = subscriptions::remove(&mut tx, &tenant, &subscription.id).await.expect("an answer");
        commit(tx).await.expect("it is written");
        removed
    };
    let running = Running::start(&db, Clock::system(), QUICK);
    log_in_turns(&db, &tenant, &["anna"], 1..=2).await;
    until!("two arrive", receiver.taken().len() == 2);
    // What is under way is still delivered; what is logged meanwhile waits.
    receiver.lets_in(2);
    log_in_turns(&db, &tenant, &["anna"], 3..=3).await;
    until!("the third is under way", receiver.arrived() == 3);
    assert!(set(SubscriptionState::Paused).await);
    log_in_turns(&db, &tenant, &["anna"], 4..=5).await;
    receiver.lets_in(3);
    until!("the third was delivered", reload(&db, &tenant, &subscription.id).await.position == 3);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(receiver.calls().len(), 3);
    assert_eq!(lag(&db, &tenant).await.behind, 2);
    receiver.lets_in(5);
    assert!(set(SubscriptionState::Active).await);
    until!("the rest arrives", reload(&db, &tenant, &subscription.id).await.position == 5);

    log_in_turns(&db, &tenant, &["anna"], 6..=6).await;
    until!("the sixth is under way", receiver.arrived() == 6);
    assert!(remove().await);
    log_in_turns(&db, &tenant, &["anna"], 7..=7).await;
    receiver.lets_in(usize::MAX);
    until!("the sixth arrives", receiver.taken().len() == 6);
    tokio::time::sleep(Duration::from_millis(300)).await;
    running.stop().await;
    assert_eq!(versions(&receiver.calls()), all_of(&["anna"], 1..=6));
    assert!(!remove().await);
}

async fn only_what_is_wanted_is_sent(db: Db) {
    let (ours, theirs) = (tenant(&db).await, tenant(&db).await);
    let receiver = Receiver::open().await;
    let wanted = [
        json!({ "name": "types", "eventTypes": ["CLAIM_SETTLED", "CLAIM_OPENED"] }),
        json!({ "name": "things", "aggregateTypes": ["claim"] }),
        json!({ "name": "tags", "tags": ["CMS", "STAR"] }),
        json!({ "name": "all of it", "eventTypes": ["QUEUE_CALLED"], "aggregateTypes": ["visit"], "tags": ["HEDIS"] }),
    ];
    let claim = |version, event_type: &str| {
        let mut event = bare_happening("c", version);
        (event.aggregate_type, event.event_type) = ("claim".to_owned(), event_type.to_owned());
        event
    };
    let events = [claim(1, "CLAIM_OPENED"), happening("v", 1), claim(2, "CLAIM_NOTED"), bare_happening("v", 2)];
    append(&db, &ours, events).await;
    append(&db, &theirs, [happening("theirs", 1)]).await;
    let mut came = Vec::new();
    for beside in wanted {
        let (subscription, _) = subscribe(&db, &ours, "WEBHOOK", &receiver.url(), beside).await;
        let running = Running::start(&db, Clock::system(), QUICK);
        until!("it was served", reload(&db, &ours, &subscription.id).await.position == 4);
        running.stop().await;
        let taken = receiver.taken().into_iter().skip(came.iter().map(Vec::len).sum());
        came.push(taken.map(|call| call.place()).collect());
    }
    let place = |thing: &str, version: i64| (thing.to_owned(), version);
    assert_eq!(
        came,
        [vec![place("c", 1)], vec![place("c", 1), place("c", 2)], vec![place("v", 1)], vec![place("v", 1)]]
    );
}
