//! Stories of leases: who serves a subscription serves it alone.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::json;
use sojourn::clock::Clock;
use sojourn::db::{Db, new_id};
use sojourn::log::deliveries::{self, Aggregate, DeadLetter, Held, Progress, Run};
use sojourn::log::subscriptions::{self, Lease};

use super::{FLEETING, QUICK, Running, all_of, dead_letters, log_in_turns, reload, subscribe, versions};
use crate::support::events::tenant;
use crate::support::receiver::Receiver;
use crate::support::{stories, until};

stories! {
    a_stale_holder_is_fenced,
    two_servers_share_the_work_and_deliver_once,
    a_lease_is_kept_while_a_batch_takes_long,
}

async fn acquire(db: &Db, tenant: &sojourn::journey::ids::TenantId, owner: &str, term: TimeDelta) -> Vec<Lease> {
    subscriptions::acquire(db, tenant, owner, term).await.expect("an answer")
}

async fn a_stale_holder_is_fenced(db: Db) {
    let tenant = tenant(&db).await;
    let (subscription, _) = subscribe(&db, &tenant, "WEBHOOK", "https://hooks.example/", json!({})).await;
    log_in_turns(&db, &tenant, &["anna"], 1..=4).await;
    let hour = TimeDelta::hours(1);

    let stale = acquire(&db, &tenant, "one", hour).await.remove(0);
    assert_eq!(acquire(&db, &tenant, "two", hour).await, [], "it is taken");
    assert!(subscriptions::renew(&db, &stale, TimeDelta::seconds(1)).await.expect("an answer"));
    let mut taken_over = Vec::new();
    until!("the lease runs out", {
        taken_over.extend(acquire(&db, &tenant, "two", hour).await);
        !taken_over.is_empty()
    });
    let fresh = taken_over.remove(0);
    assert_eq!((stale.epoch, fresh.epoch), (1, 2));

    // Whatever the stale holder achieved, it writes nothing of it.
    let aggregate = Aggregate { aggregate_type: "visit".to_owned(), aggregate_id: "anna".to_owned() };
    let (position, now) = (2, Utc::now());
    let held =
        Held { aggregate: aggregate.clone(), position, recorded_at: now, attempts: 1, due_at: now, problem: None };
    let dead = DeadLetter {
        event_id: new_id(),
        position: 1,
        event_type: "QUEUE_CALLED".to_owned(),
        aggregate: aggregate.clone(),
        attempts: 1,
        problem: "no".to_owned(),
        given_up_at: now,
        resend_at: None,
    };
    let run = Run { aggregate, held: Some(held), dead: vec![dead] };
    let progress = Progress { from: 0, to: 3, runs: vec![run], ..Progress::default() };
    assert!(!deliveries::keep(&db, &stale, &progress).await.expect("an answer"));
    assert_eq!(reload(&db, &tenant, &subscription.id).await.position, 0);
    assert_eq!(deliveries::held(&db, &tenant, &subscription.id).await.expect("what is held"), []);
    assert_eq!(dead_letters(&db, &tenant, &subscription.id).await, []);
    assert!(!subscriptions::renew(&db, &stale, hour).await.expect("an answer"));
    subscriptions::release(&db, &stale).await.expect("nothing to give back");
    assert_eq!(acquire(&db, &tenant, "three", hour).await, [], "the second still holds it");

    // The holder does, once: the checkpoint it rests on is gone then.
    assert!(deliveries::keep(&db, &fresh, &progress).await.expect("an answer"));
    assert!(!deliveries::keep(&db, &fresh, &progress).await.expect("an answer"));
    assert_eq!(reload(&db, &tenant, &subscription.id).await.position, 3);
    assert_eq!(deliveries::held(&db, &tenant, &subscription.id).await.expect("what is held").len(), 1);
    assert_eq!(dead_letters(&db, &tenant, &subscription.id).await.len(), 1);
    subscriptions::release(&db, &fresh).await.expect("it is given back");
    assert_eq!(acquire(&db, &tenant, "three", hour).await.remove(0).epoch, 3);
}

async fn two_servers_share_the_work_and_deliver_once(db: Db) {
    const THINGS: [&str; 3] = ["anna", "berta", "carla"];
    let tenant = tenant(&db).await;
    let receivers = [Receiver::open().await, Receiver::open().await, Receiver::open().await];
    for receiver in &receivers {
        subscribe(&db, &tenant, "WEBHOOK", &receiver.url(), json!({ "batchSize": 5 })).await;
    }
    let one = Running::start(&db, Clock::system(), QUICK);
    let other = Running::start(&db, Clock::system(), QUICK);
    for turn in 0..10 {
        log_in_turns(&db, &tenant, &THINGS, turn * 2 + 1..=turn * 2 + 2).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    // One ends as it should; the other takes over without waiting for a lease to run out.
    one.stop().await;
    log_in_turns(&db, &tenant, &THINGS, 21..=25).await;
    for receiver in &receivers {
        until!("everything arrives", receiver.calls().len() >= 75);
    }
    other.stop().await;
    for receiver in &receivers {
        assert_eq!(versions(&receiver.calls()), all_of(&THINGS, 1..=25), "everything once, in order");
    }
}

async fn a_lease_is_kept_while_a_batch_takes_long(db: Db) {
    let tenant = tenant(&db).await;
    // All five, one after the other, take longer than the lease lasts, and no call takes too long.
    let receiver = Receiver::open_at("127.0.0.1:0", FLEETING.lease / 3).await;
    subscribe(&db, &tenant, "WEBHOOK", &receiver.url(), json!({})).await;
    log_in_turns(&db, &tenant, &["anna"], 1..=5).await;
    let one = Running::start(&db, Clock::system(), FLEETING);
    let other = Running::start(&db, Clock::system(), FLEETING);
    until!("all arrive", receiver.calls().len() >= 5);
    one.stop().await;
    other.stop().await;
    assert_eq!(versions(&receiver.calls()), all_of(&["anna"], 1..=5));
}
