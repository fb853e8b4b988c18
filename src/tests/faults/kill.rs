//! kill -9 under load: every acknowledged event is there once, and the chain verifies.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::Rng;

use super::cycles;
use super::server::{Hospital, Server};
use crate::support::Database;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_events_survive_a_kill_on_sqlite() {
    survive(Database::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_events_survive_a_kill_on_postgres() {
    survive(Database::postgres().await).await;
}

async fn survive(database: Database) {
    let hospital = Hospital::open(&database.url).await;
    let mut acknowledged = BTreeMap::new();
    for _ in 0..cycles() {
        let server = Server::start(&hospital.url).await;
        let writers = hospital.writers(&server.address);
        let moment = rand::rng().random_range(50..500);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        server.kill().await;
        for writer in writers {
            for (id, position) in writer.await.expect("the writer ends").acknowledged {
                assert_eq!(acknowledged.insert(id, position), None);
            }
        }
        // At every return, not only at the last: what one crash hides the next may bury.
        hospital.check(&acknowledged).await;
    }
    let events = hospital.check(&acknowledged).await;
    println!("{} kills: {} events acknowledged, {events} in the log, none lost", cycles(), acknowledged.len());
    assert!(acknowledged.len() > cycles(), "there was load");
    hospital.house.db.close().await;
    database.remove().await;
}
