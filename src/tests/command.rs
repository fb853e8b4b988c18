//! Stories of the command line, told by the real program.

use serde_json::{Value, json};
use sojourn::db::Db;
use tokio::process::Command;

use crate::support::Database;
use crate::support::hospital::hospital;

#[tokio::test(flavor = "multi_thread")]
async fn a_type_of_event_is_added_on_sqlite() {
    a_type_of_event_is_added(Database::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_of_event_is_added_on_postgres() {
    a_type_of_event_is_added(Database::postgres().await).await;
}

/// Runs the program on a database: what it says when it does its work, and why when it does not.
async fn run(arguments: &[&str], database: &Database) -> Result<String, String> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sojourn"));
    program.args(arguments).args(["--database-url", database.url.as_str()]);
    let output = program.output().await.expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

async fn a_type_of_event_is_added(database: Database) {
    let db = Db::open(&database.url).await.expect("the fresh database opens");
    hospital(&db, "City Hospital").await;
    db.close().await;
    let folder = tempfile::tempdir().expect("a folder");
    let add = async |kind: Value| {
        let file = folder.path().join("type.json");
        std::fs::write(&file, kind.to_string()).expect("the file is written");
        run(&["hospital", "add-event-type", &file.display().to_string()], &database).await
    };
    let kind = |event_type: &str| {
        json!({
            "eventType": event_type, "aggregateType": "claim", "title": "Claim settled", "schema": { "type": "object" },
        })
    };
    for version in 1..=2 {
        let added = format!("claim.settled is in the registry, in version {version}.\n");
        assert_eq!(add(kind("claim.settled")).await, Ok(added));
    }
    for (bad, words) in [
        (json!({ "eventType": "claim.settled", "aggregateType": "claim" }), "holds no type of event: missing field"),
        (json!([]), "holds no type of event"),
        (kind("booking.created"), "eventType is a type that the hospital logs by itself"),
    ] {
        let refused = add(bad.clone()).await.expect_err("a bad file");
        assert!(refused.contains(words), "{bad}: {refused}");
    }
    let refused = run(&["hospital", "add-event-type", "/nowhere/type.json"], &database).await;
    assert!(refused.is_err_and(|said| said.contains("/nowhere/type.json holds no type of event")));
    let listed = run(&["hospital", "event-types"], &database).await;
    assert_eq!(listed, Ok("claim.settled 1 Claim settled\nclaim.settled 2 Claim settled\n".to_owned()));
    database.remove().await;
}
