//! A backup taken while others write: every event acknowledged before it began is there, and the chain verifies.

use std::collections::BTreeMap;
use std::time::Duration;

use sojourn::db::new_id;
use sojourn::journey::ids::EventId;
use tokio::process::Command;

use super::server::{Hospital, PROGRAM, Server, Told};
use crate::support::Database;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_sqlite_under_load_is_whole() {
    let other = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", other.path().join("restored.sqlite").display());
    whole(Database::sqlite().await, &url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_postgres_under_load_is_whole() {
    let other = Database::empty_postgres().await;
    whole(Database::postgres().await, &other.url).await;
    other.remove().await;
}

async fn sojourn(arguments: &[&str]) {
    let output = Command::new(PROGRAM).args(arguments).output().await.expect("it runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

async fn whole(database: Database, other: &str) {
    let hospital = Hospital::open(&database.url).await;
    let server = Server::start(&hospital.url).await;
    let before: Told = hospital.writer(&server.address).for_a_time(Duration::from_secs(1)).await;
    let meanwhile = hospital.writers(&server.address);
    let file = std::env::temp_dir().join(format!("{}.backup", new_id::<EventId>()));
    let path = file.display().to_string();
    sojourn(&["backup", &path, "--database-url", &hospital.url]).await;
    server.kill().await;
    let mut all: BTreeMap<_, _> = before.acknowledged.clone();
    for writer in meanwhile {
        all.extend(writer.await.expect("the writer ends").acknowledged);
    }
    sojourn(&["restore", &path, "--database-url", other]).await;
    hospital.house.db.close().await;
    let restored = Hospital { url: other.to_owned(), ..hospital };
    let events = restored.check(&before.acknowledged).await;
    println!("{} acknowledged before, {} in all, {events} in the backup", before.acknowledged.len(), all.len());
    assert!(all.len() > before.acknowledged.len(), "others were acknowledged meanwhile");
    assert!(events as usize <= all.len() + 8, "and nothing that was never asked for");
    std::fs::remove_file(&file).expect("the backup goes away");
    database.remove().await;
}
