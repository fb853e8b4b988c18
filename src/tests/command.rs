//! Stories of the command line, told with the program itself.

use std::process::Output;

use chrono::TimeDelta;
use serde_json::{Value, json};
use sojourn::db::{Db, new_id};
use sojourn::journey::events::EventType::QueueJoined;
use sojourn::journey::ids::{EventId, Id};
use sojourn::journey::words::Role;
use sojourn::log::deliveries::{Aggregate, DeadLetter, Progress, Run};
use sojourn::log::{deliveries, subscriptions};
use sojourn::record::replay::replay;
use tokio::process::Command;

use crate::support::Database;
use crate::support::hospital::hospital;
use crate::support::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_read_again_to_the_same_digest_on_sqlite() {
    read_again(Database::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_read_again_to_the_same_digest_on_postgres() {
    read_again(Database::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_kept_from_the_command_line_on_sqlite() {
    subscribe(Database::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_kept_from_the_command_line_on_postgres() {
    subscribe(Database::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_of_event_is_added_on_sqlite() {
    a_type_of_event_is_added(Database::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_of_event_is_added_on_postgres() {
    a_type_of_event_is_added(Database::postgres().await).await;
}

#[tokio::test]
async fn a_snapshot_every_no_event_is_refused() {
    let database = Database::sqlite().await;
    // Nobody can listen there: the program ends either way.
    let refused = refused(&database, &["serve", "--listen", "192.0.2.1:1", "--snapshot-every", "0"]).await;
    assert!(refused.contains("--snapshot-every"), "{refused}");
    database.remove().await;
}

async fn run(database: &Database, arguments: &[&str]) -> Output {
    let mut sojourn = Command::new(env!("CARGO_BIN_EXE_sojourn"));
    sojourn.args(arguments).args(["--database-url", database.url.as_str()]).env_remove("SOJOURN_SUBSCRIPTION_SECRET");
    sojourn.output().await.expect("it runs")
}

/// What the program says when it has done what it is told.
async fn told(database: &Database, arguments: &[&str]) -> String {
    succeeded(run(database, arguments).await)
}

/// What it says when it does not.
async fn refused(database: &Database, arguments: &[&str]) -> String {
    failed(run(database, arguments).await)
}

fn succeeded(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn failed(output: Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).expect("text")
}

/// The line of a replay that tells of something.
fn line<'a>(told: &'a str, of: &str) -> &'a str {
    told.lines().find(|line| line.starts_with(of)).unwrap_or_else(|| panic!("nothing of {of}: {told}"))
}

/// The digest that it ends with.
fn digest<'a>(told: &'a str, of: &str) -> &'a str {
    line(told, of).rsplit_once(" digest ").expect("a digest").1
}

async fn read_again(database: Database) {
    const CITY: [&str; 3] = ["replay", "--tenant", "City Hospital"];
    let db = Db::open(&database.url).await.expect("the empty database opens");
    let (city, lake) = (House::open(&db, "City Hospital").await, House::open(&db, "Lake Hospital").await);
    for _ in 0..3 {
        let visit = city.register().await;
        city.log(Role::Receptionist, &visit, QueueJoined, json!({})).await;
    }
    lake.register().await;

    let all = told(&database, &["replay"]).await;
    assert_eq!(all.lines().count(), 3, "{all}");
    assert!(line(&all, "City Hospital").starts_with("City Hospital: 6 events, 3 visits, "), "{all}");
    assert!(line(&all, "Lake Hospital").starts_with("Lake Hospital: 1 events, 1 visits, "), "{all}");
    let speed = line(&all, "City Hospital").split(", ").find_map(|part| part.strip_suffix(" events/s"));
    assert!(speed.is_some_and(|speed| speed.parse::<u64>().is_ok()), "{all}");
    let folded = replay(&db, &city.tenant.id, 1, 6, |_| {}).await.expect("the log is read").digest.to_string();
    assert_eq!(digest(&all, "City Hospital"), folded);
    let again = told(&database, &["replay"]).await;
    for name in ["City Hospital", "Lake Hospital", "All 2 hospitals"] {
        assert_eq!(digest(&again, name), digest(&all, name), "{name}");
    }

    let one = told(&database, &CITY).await;
    assert_eq!((one.lines().count(), digest(&one, "City Hospital")), (1, folded.as_str()));
    let part = async |from: &str, to: &str| {
        let range = ["--from", from, "--to", to];
        told(&database, &[CITY.as_slice(), range.as_slice()].concat()).await
    };
    let whole = part("1", "6").await;
    assert_eq!(digest(&whole, "City Hospital"), folded);
    let first = part("1", "4").await;
    assert!(first.starts_with("City Hospital: 4 events, 2 visits, "), "{first}");
    assert_ne!(digest(&first, "City Hospital"), folded);
    // The last visit's second event is folded on its first, whether or not that was asked for.
    let (last, half) = (part("5", "6").await, part("6", "6").await);
    assert!(last.starts_with("City Hospital: 2 events, 1 visits, "), "{last}");
    assert!(half.starts_with("City Hospital: 1 events, 1 visits, "), "{half}");
    assert_eq!(digest(&half, "City Hospital"), digest(&last, "City Hospital"));

    let rebuilt = told(&database, &["replay", "--projection", "journey"]).await;
    assert_eq!(rebuilt.lines().count(), 2, "{rebuilt}");
    let of_city = line(&rebuilt, "City Hospital");
    assert!(of_city.starts_with("City Hospital: journey rebuilt from 6 events, "), "{rebuilt}");
    assert!(of_city.ends_with(" 0 rows differed"), "{rebuilt}");
    refused(&database, &["replay", "--from", "0"]).await;
    refused(&database, &["replay", "--projection", "journey", "--to", "4"]).await;
    refused(&database, &["replay", "--projection", "nothing"]).await;
    refused(&database, &["replay", "--tenant", "Hill Hospital"]).await;
    db.close().await;
    database.remove().await;
}

async fn subscribe(database: Database) {
    let db = Db::open(&database.url).await.expect("the empty database opens");
    let house = House::open(&db, "City Hospital").await;
    house.register().await;
    house.register().await;
    let tenant = &house.tenant.id;
    assert_eq!(told(&database, &["subscription", "list"]).await, "Nobody subscribes.\n");
    let add = ["subscription", "add", "Analytics", "https://hooks.example/sojourn", "--after", "0"];
    let beside = ["--event-types", "VISIT_REGISTERED,QUEUE_CALLED", "--max-attempts", "3"];
    let added = told(&database, &[add.as_slice(), beside.as_slice()].concat()).await;
    assert!(added.starts_with("Analytics (") && added.contains(") is subscribed from position 0."), "{added}");
    assert!(added.contains("It signs with sjw_"), "{added}");
    let made = subscriptions::list(&db, tenant).await.expect("an answer").remove(0);
    assert_eq!(made.wanted.event_types, ["VISIT_REGISTERED", "QUEUE_CALLED"]);
    assert_eq!((made.limits.max_attempts, made.position), (3, 0));
    // Two registrations, and the subscription itself.
    let list = told(&database, &["subscription", "list"]).await;
    assert!(list.contains("Analytics (") && list.contains(", 3 behind, 0 held back, 0 dead letters"), "{list}");
    assert!(!list.contains("sjw_"), "the secret is shown once: {list}");
    assert!(refused(&database, &add).await.contains("choose another name"));

    assert_eq!(told(&database, &["subscription", "pause", "Analytics"]).await, "Analytics is paused.\n");
    let list = told(&database, &["subscription", "list"]).await;
    assert!(list.contains("https://hooks.example/sojourn: ") && list.to_lowercase().contains("paused"), "{list}");
    assert_eq!(told(&database, &["subscription", "resume", "Analytics"]).await, "Analytics is active.\n");
    let unknown = refused(&database, &["subscription", "pause", "Nobody"]).await;
    assert!(unknown.contains("no subscription is called \"Nobody\""), "{unknown}");

    let letters = ["subscription", "dead-letters", "Analytics"];
    assert_eq!(told(&database, &letters).await, "Analytics has no dead letters.\n");
    let aggregate = Aggregate { aggregate_type: "visit".to_owned(), aggregate_id: "v".to_owned() };
    let letter = |position| DeadLetter {
        event_id: new_id(),
        position,
        event_type: "QUEUE_CALLED".to_owned(),
        aggregate: aggregate.clone(),
        attempts: 3,
        problem: "the receiver answered 410 Gone".to_owned(),
        given_up_at: house.now(),
        resend_at: None,
    };
    let dead = vec![letter(1), letter(2)];
    let lease = subscriptions::acquire(&db, tenant, "test", TimeDelta::seconds(30)).await.expect("leases").remove(0);
    let run = Run { aggregate: aggregate.clone(), held: None, dead: dead.clone() };
    let progress = Progress { from: 0, to: 2, runs: vec![run], ..Progress::default() };
    assert!(deliveries::keep(&db, &lease, &progress).await.expect("an answer"));
    let listed = told(&database, &letters).await;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    for letter in &dead {
        let said = line(&listed, letter.event_id.as_str());
        assert!(said.contains(" QUEUE_CALLED of visit v at position "), "{said}");
        assert!(said.ends_with(" after 3 attempts; the receiver answered 410 Gone"), "{said}");
    }

    let (first, nothing) = (dead[0].event_id.to_string(), new_id::<EventId>().to_string());
    let asked = async || deliveries::to_resend(&db, tenant, &made.id, 10).await.expect("an answer");
    let resend = async |what: &str| told(&database, &["subscription", "resend", "Analytics", what]).await;
    assert_eq!(resend(first.as_str()).await, "1 dead letters of Analytics will be sent again.\n");
    assert_eq!(asked().await, [dead[0].event_id.clone()]);
    assert_eq!(resend("--all").await, "2 dead letters of Analytics will be sent again.\n");
    assert_eq!(asked().await.len(), 2);
    let unknown = refused(&database, &["subscription", "resend", "Analytics", &nothing]).await;
    assert!(unknown.contains("no such dead letter"), "{unknown}");

    assert_eq!(told(&database, &["subscription", "remove", "Analytics"]).await, "Analytics is removed.\n");
    assert_eq!(told(&database, &["subscription", "list"]).await, "Nobody subscribes.\n");
    db.close().await;
    database.remove().await;
}

async fn a_type_of_event_is_added(database: Database) {
    let db = Db::open(&database.url).await.expect("the fresh database opens");
    hospital(&db, "City Hospital").await;
    db.close().await;
    let folder = tempfile::tempdir().expect("a folder");
    let add = async |kind: Value| {
        let file = folder.path().join("type.json");
        std::fs::write(&file, kind.to_string()).expect("the file is written");
        run(&database, &["hospital", "add-event-type", &file.display().to_string()]).await
    };
    let kind = |event_type: &str| {
        json!({
            "eventType": event_type, "aggregateType": "claim", "title": "Claim settled", "schema": { "type": "object" },
        })
    };
    for version in 1..=2 {
        let added = format!("claim.settled is in the registry, in version {version}.\n");
        assert_eq!(succeeded(add(kind("claim.settled")).await), added);
    }
    for (bad, words) in [
        (json!({ "eventType": "claim.settled", "aggregateType": "claim" }), "holds no type of event: missing field"),
        (json!([]), "holds no type of event"),
        (kind("booking.created"), "eventType is a type that the hospital logs by itself"),
    ] {
        let refused = failed(add(bad.clone()).await);
        assert!(refused.contains(words), "{bad}: {refused}");
    }
    let nowhere = refused(&database, &["hospital", "add-event-type", "/nowhere/type.json"]).await;
    assert!(nowhere.contains("/nowhere/type.json holds no type of event"), "{nowhere}");
    let listed = told(&database, &["hospital", "event-types"]).await;
    assert_eq!(listed, "claim.settled 1 Claim settled\nclaim.settled 2 Claim settled\n");
    database.remove().await;
}
