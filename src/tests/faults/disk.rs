//! A disk that is full, and one that fails: nothing is acknowledged that is not kept, reading goes on.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use sojourn::db::new_id;
use sojourn::journey::ids::{EventId, VisitId};
use tokio::process::Command;

use super::server::{Hospital, PROGRAM, Server};
use crate::support::Database;

/// A small disk of its own for the server: a database copied onto it, and ballast that goes when a file appears elsewhere.
const SMALL_DISK: &str = r#"
mount -t tmpfs -o size=6m tmpfs "$DISK" && cp "$BEFORE"/* "$DISK" && head -c 4500000 /dev/zero > "$DISK/ballast"
(while [ ! -e "$BEFORE/free" ]; do sleep 0.1; done; rm "$DISK/ballast") &
exec "$@"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_recovers() {
    let before = tempfile::tempdir().expect("a folder");
    let disk = tempfile::tempdir().expect("a folder");
    let hospital = Hospital::open(&format!("sqlite:{}", before.path().join("story.sqlite").display())).await;
    hospital.house.db.close().await;

    let mut command = Command::new("unshare");
    // A user who is not root is root of a namespace of their own.
    command.args(["--map-root-user", "--mount", "sh", "-c", SMALL_DISK, "sh", PROGRAM]);
    command.env("DISK", disk.path()).env("BEFORE", before.path());
    let server = Server::run(command, &format!("sqlite:{}", disk.path().join("story.sqlite").display())).await;

    let writer = hospital.writer(&server.address);
    let mut acknowledged: BTreeMap<EventId, i64> = BTreeMap::new();
    let (mut full, mut free, started) = (0, false, Instant::now());
    let (mut visit, mut logged): (VisitId, usize) = (new_id(), 0);
    let mut readable: Option<VisitId> = None;
    while acknowledged.is_empty() || full == 0 || !free || logged < 5 {
        assert!(started.elapsed() < Duration::from_secs(120), "{} acknowledged, {full} refused", acknowledged.len());
        if logged >= 40 && full == 0 {
            (visit, logged) = (new_id(), 0);
        }
        let event: EventId = new_id();
        let answer = writer.log(&visit, &event, logged > 0).await.expect("the server stays up");
        match answer.status {
            201 => {
                acknowledged.insert(event, answer.body["position"].as_i64().expect("a position"));
                readable = Some(visit.clone());
                logged += 1;
                free |= full > 3;
            }
            507 => {
                full += 1;
                let known = readable.as_ref().expect("a visit from before the disk was full");
                assert_eq!(
                    writer.get(&format!("/visits/{known}")).await.expect("an answer").status,
                    200,
                    "reading goes on"
                );
                if full == 4 {
                    fs::write(before.path().join("free"), "").expect("room is made");
                    logged = 0;
                    visit = new_id();
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            429 => tokio::time::sleep(Duration::from_millis(50)).await,
            status => panic!("{status}: {}", answer.body),
        }
    }
    for (id, position) in &acknowledged {
        let mut answer = writer.get(&format!("/events/{id}")).await.expect("an answer");
        while answer.status == 429 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer = writer.get(&format!("/events/{id}")).await.expect("an answer");
        }
        assert_eq!((answer.status, answer.body["position"].as_i64()), (200, Some(*position)), "{id}");
        assert_eq!(answer.body["proof"]["intact"], true);
    }
    println!(
        "a full disk: {} events acknowledged and there, {full} refused with 507, then logged again",
        acknowledged.len()
    );
    server.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_synced_is_not_acknowledged() {
    let database = Database::sqlite().await;
    let hospital = Hospital::open(&database.url).await;
    let mut command = Command::new("strace");
    // From some call on, the disk fails; the first ones are those of opening.
    let faults = "inject=fsync,fdatasync:error=EIO:when=60+";
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", faults]);
    command.arg(PROGRAM);
    let server = Server::run(command, &hospital.url).await;
    let writer = hospital.writer(&server.address);
    let (mut acknowledged, mut failed): (BTreeMap<EventId, i64>, usize) = (BTreeMap::new(), 0);
    let (mut visit, mut registered): (VisitId, bool) = (new_id(), false);
    let started = Instant::now();
    while failed < 10 {
        assert!(started.elapsed() < Duration::from_secs(120), "{} acknowledged, {failed} failed", acknowledged.len());
        let event: EventId = new_id();
        let Ok(answer) = writer.log(&visit, &event, registered).await else { break };
        match answer.status {
            201 => {
                acknowledged.insert(event, answer.body["position"].as_i64().expect("a position"));
                registered = true;
            }
            500..600 => {
                failed += 1;
                (visit, registered) = (new_id(), false);
            }
            429 => tokio::time::sleep(Duration::from_millis(50)).await,
            status => panic!("{status}: {}", answer.body),
        }
    }
    assert!(!acknowledged.is_empty() && failed > 0, "{} acknowledged, {failed} failed", acknowledged.len());
    server.kill().await;
    let events = hospital.check(&acknowledged).await;
    println!("a failing disk: {} events acknowledged, {failed} failed, {events} in the log", acknowledged.len());
    hospital.house.db.close().await;
    database.remove().await;
}
