//! What open boards cost a server, and how soon the last of them hears of a change.

use std::process::Stdio;
use std::time::{Duration, Instant};

use sojourn::db::new_id;
use sojourn::journey::ids::{EventId, VisitId};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{line, percentile, time};
use crate::boards::{Onlookers, contains};
use crate::server::{Hospital, PROGRAM, Server};

/// How many boards are open.
const BOARDS: usize = 500;
/// How many changes are waited for.
const CHANGES: usize = 50;

pub async fn measure(url: &str) {
    let hospital = Hospital::open(url).await;
    let server = small_server(url).await;
    line("processors of the server", &server.processors().to_string());
    let onlookers = Onlookers::sign_in(&hospital, &server, BOARDS).await;
    let writer = hospital.writer(&server.address);
    let visit: VisitId = new_id();
    writer.log(&visit, &new_id::<EventId>(), false).await.expect("a registration");
    let before = server.resident_memory();

    let (told, mut heard) = mpsc::unbounded_channel();
    let mut boards = JoinSet::new();
    let opened = Instant::now();
    for number in 0..BOARDS {
        let (mut connection, rest) = onlookers.open(number).await;
        let told = told.clone();
        boards.spawn(async move {
            let mut text = rest;
            while connection.read_buf(&mut text).await.is_ok_and(|length| length > 0) {
                if contains(&text, b"event: changed") && text.ends_with(b"\n\n\r\n") {
                    let _ = told.send(Instant::now());
                    text.clear();
                }
            }
        });
    }
    line("opened", &format!("{BOARDS} boards in {}", time(opened.elapsed())));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = server.resident_memory();
    let each = after.saturating_sub(before) as f64 / BOARDS as f64;
    line("memory", &format!("{each:.1} kB per connection, {} MB in all", after / 1024));

    let (mut firsts, mut lasts) = (Vec::new(), Vec::new());
    for _ in 0..CHANGES {
        let begun = Instant::now();
        writer.log(&visit, &new_id::<EventId>(), true).await.expect("a step");
        let mut times = Vec::with_capacity(BOARDS);
        while times.len() < BOARDS {
            let at = tokio::time::timeout(Duration::from_secs(10), heard.recv()).await.expect("all hear of it");
            times.push(at.expect("a board") - begun);
        }
        firsts.extend(times.iter().min());
        lasts.extend(times.iter().max());
    }
    for (what, times) in [("first board has heard", &mut firsts), ("last board has heard", &mut lasts)] {
        times.sort_unstable();
        let (half, most) = (time(percentile(times, 50)), time(percentile(times, 99)));
        line(what, &format!("p50 {half:>8}   p99 {most:>8}   after the step was sent"));
    }
    boards.abort_all();
    server.kill().await;
    hospital.house.db.close().await;
}

/// Starts a server of the size that the figures are promised for, two processors, where the machine lets us choose.
async fn small_server(url: &str) -> Server {
    const TWO: [&str; 2] = ["-c", "0,1"];
    let tried =
        Command::new("taskset").args(TWO).arg("true").stdout(Stdio::null()).stderr(Stdio::null()).status().await;
    if tried.is_ok_and(|status| status.success()) {
        let mut command = Command::new("taskset");
        command.args(TWO).arg(PROGRAM);
        Server::run(command, url).await
    } else {
        Server::start(url).await
    }
}
