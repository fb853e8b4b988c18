//! PostgreSQL stopped and started under load: the server says 503 meanwhile, and recovers by itself.

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use futures::future::try_join_all;
use sojourn::db::Db;
use sqlx::{Connection, PgConnection};
use tokio::process::Command;

use super::cycles;
use super::server::{Hospital, Server};
use crate::support::Database;
use crate::support::house::House;

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

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_a_server_left_behind_are_replaced() {
    const END_ALL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let database = Database::postgres().await;
    let db = Db::open(&database.url).await.expect("the database opens");
    let mut other = PgConnection::connect(&database.url).await.expect("a connection");
    let house = House::open(&db, "City Hospital").await;
    let (own, before) = (db.of(&house.tenant.id), house.verified().await);
    for _ in 0..3 {
        let some = try_join_all((0..5).map(|_| own.begin_reading())).await.expect("connections");
        drop(some);
        house.register().await;
        sqlx::query(END_ALL).execute(&mut other).await.expect("they are ended");
        house.register().await;
    }
    // Who only reads is told once to come again; a connection that was idle longer is tried first.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(house.verified().await, before + 6);
    other.close().await.expect("it is closed");
    own.close().await;
    db.close().await;
    database.remove().await;
}

async fn shell(command: &str) {
    let done = Command::new("sh").args(["-c", command]).status().await.expect("a shell");
    assert!(done.success(), "{command}");
}
