//! A disk that fails: nothing is acknowledged that is not kept.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sojourn::db::new_id;
use sojourn::journey::ids::{EventId, VisitId};
use tokio::process::Command;

use super::server::{Hospital, Server};
use crate::support::Database;

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_synced_is_not_acknowledged() {
    let database = Database::sqlite().await;
    let hospital = Hospital::open(&database.url).await;
    let mut command = Command::new("strace");
    // From some call on, the disk fails; the first ones are those of opening.
    let faults = "inject=fsync,fdatasync:error=EIO:when=60+";
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", faults]);
    command.arg(env!("CARGO_BIN_EXE_sojourn"));
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
