//! Boards that nobody reads, and boards closed unread: the server's memory stays bounded, and who listens hears all.
//!
//! That a listener who is behind is caught up at once, and not sent all it missed, is a story of the screens.

use std::time::Duration;

use sojourn::db::new_id;
use sojourn::journey::ids::{EventId, VisitId};
use tokio::io::AsyncReadExt;
use tokio::time::{sleep, timeout};

use super::boards::{Onlookers, contains};
use super::server::{Hospital, Server, Writer};
use crate::support::Database;

/// How many boards are open that nobody reads.
const UNREAD: usize = 500;
/// How much memory one of them may cost the server, in kB: what it costs to be open, and not what it has not read.
const EACH: u64 = 150;
/// How many changes there are meanwhile.
const CHANGES: usize = 300;
/// How long the server may take to see and to tell, on a machine that stands still now and then.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn boards_unread_and_closed_unread_cost_little_on_sqlite() {
    bear(Database::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_unread_and_closed_unread_cost_little_on_postgres() {
    bear(Database::postgres().await).await;
}

async fn bear(database: Database) {
    let hospital = Hospital::open(&database.url).await;
    let server = Server::start(&hospital.url).await;
    let onlookers = Onlookers::sign_in(&hospital, &server, UNREAD + 1).await;
    let writer = hospital.writer(&server.address);
    let visit: VisitId = new_id();
    writer.log(&visit, &new_id::<EventId>(), false).await.expect("a registration");
    let before = server.resident_memory();

    let mut unread = Vec::new();
    for number in 0..UNREAD {
        unread.push(onlookers.open(number).await.0);
    }
    let (mut read, mut heard) = onlookers.open(UNREAD).await;
    assert_eq!(listening(&writer).await, UNREAD + 1);
    change(&writer, &visit).await;
    let after = server.resident_memory();
    println!("{UNREAD} unread boards, {CHANGES} changes: {} MB before, {} MB after", before / 1024, after / 1024);
    println!("by a server with {} processors", server.processors());
    assert!(after < before + EACH * UNREAD as u64, "{before} kB, then {after} kB");

    // Closed unread, while things change.
    drop(unread);
    change(&writer, &visit).await;
    let gone = async {
        while listening(&writer).await > 1 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("the server sees that they are gone");

    let last = writer.log(&visit, &new_id::<EventId>(), true).await.expect("a step").body["position"].to_string();
    let words = format!("id: {last}\n");
    let hears = async {
        while !contains(&heard, words.as_bytes()) {
            assert!(read.read_buf(&mut heard).await.expect("what is heard") > 0, "the connection stays");
        }
    };
    timeout(PATIENCE, hears).await.expect("who reads hears of the last change");
    server.kill().await;
    hospital.house.db.close().await;
    database.remove().await;
}

async fn change(writer: &Writer, visit: &VisitId) {
    for _ in 0..CHANGES {
        let step = new_id::<EventId>();
        let mut answer = writer.log(visit, &step, true).await.expect("a step");
        // A quick machine makes more calls a second than one token may.
        while answer.status == 429 {
            sleep(Duration::from_millis(20)).await;
            answer = writer.log(visit, &step, true).await.expect("a step");
        }
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
}

/// How many boards the server knows of.
async fn listening(writer: &Writer) -> usize {
    let figures = writer.figures().await.expect("the figures");
    let line = figures.lines().find_map(|line| line.strip_prefix("sojourn_live_connections "));
    line.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no count of those who listen:\n{figures}"))
}
