//! PostgreSQL stopped and started under load: the server says 503 meanwhile, and recovers by itself.

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use tokio::process::Command;

use super::cycles;
use super::server::{Hospital, Server};

/// What names a PostgreSQL server that nobody else uses, and how to stop and to start it.
const SPARE: [&str; 3] = ["SOJOURN_TEST_SPARE_POSTGRES", "SOJOURN_TEST_SPARE_STOP", "SOJOURN_TEST_SPARE_START"];

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_events_survive_a_database_that_is_stopped() {
    let [url, stop, start] = SPARE.map(|name| {
        env::var(name)
            .unwrap_or_else(|_| panic!("{name} is not set; run `cargo xtask test`, which starts a spare server"))
    });
    let hospital = Hospital::open(&url).await;
    let server = Server::start(&url).await;
    let stops = cycles().div_ceil(4);
    let time = Duration::from_secs(4) * stops as u32 + Duration::from_secs(2);
    let writers: Vec<_> = (0..4).map(|_| tokio::spawn(hospital.writer(&server.address).for_a_time(time))).collect();
    for _ in 0..stops {
        tokio::time::sleep(Duration::from_secs(2)).await;
        shell(&stop).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        shell(&start).await;
    }
    let (mut acknowledged, mut away) = (BTreeMap::new(), 0);
    for writer in writers {
        let told = writer.await.expect("the writer ends");
        acknowledged.extend(told.acknowledged);
        away += told.away;
    }
    let last = hospital.writer(&server.address).for_a_time(Duration::from_millis(500)).await.acknowledged;
    assert!(!last.is_empty(), "the server that stayed up writes again");
    acknowledged.extend(last);
    server.kill().await;
    let events = hospital.check(&acknowledged).await;
    println!("{stops} stops: {} events acknowledged, {events} in the log, {away} times 503", acknowledged.len());
    assert!(away > 0, "somebody met the database away");
    assert!(acknowledged.len() > 20, "there was load");
}

async fn shell(command: &str) {
    let done = Command::new("sh").args(["-c", command]).status().await.expect("a shell");
    assert!(done.success(), "{command}");
}
