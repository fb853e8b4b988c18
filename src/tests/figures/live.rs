//! What open boards cost a server, and how soon the last of them hears of a change.

use std::time::{Duration, Instant};

use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::passphrase::{Hasher, Passphrase};
use sojourn::hospital::people::{self, NewPerson};
use sojourn::journey::ids::{EventId, VisitId};
use sojourn::journey::words::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{line, percentile, time};
use crate::server::{Hospital, Server};
use crate::support::hospital::PASSPHRASE;

/// How many boards are open.
const BOARDS: usize = 500;
/// How many of them one person opens.
const OF_ONE: usize = 20;
/// How many changes are waited for.
const CHANGES: usize = 50;

pub async fn measure(url: &str) {
    let hospital = Hospital::open(url).await;
    staff(&hospital).await;
    let server = Server::start(url).await;
    let address = server.address.trim_start_matches("http://").to_owned();
    let mut cookies = Vec::new();
    for number in 0..BOARDS.div_ceil(OF_ONE) {
        cookies.push(sign_in(&address, number).await);
    }
    let writer = hospital.writer(&server.address);
    let visit: VisitId = new_id();
    writer.log(&visit, &new_id::<EventId>(), false).await.expect("a registration");
    let before = server.resident_memory();

    let (told, mut heard) = mpsc::unbounded_channel();
    let mut boards = JoinSet::new();
    let opened = Instant::now();
    for number in 0..BOARDS {
        let (mut connection, rest) = open(&address, &cookies[number / OF_ONE]).await;
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

/// Those who have the boards open; one passphrase is hashed for all of them.
async fn staff(hospital: &Hospital) {
    let passphrase = Passphrase::parse(PASSPHRASE, "nurse").expect("a good passphrase");
    let hash = Hasher::default().hash(passphrase).await.expect("a hash");
    let db: &Db = &hospital.house.db;
    let mut tx = db.begin().await.expect("a transaction");
    for number in 0..BOARDS.div_ceil(OF_ONE) {
        let name = format!("nurse{number}");
        let new = NewPerson {
            sign_in_name: name.parse().ok(),
            passphrase_hash: Some(hash.clone()),
            ..NewPerson::named(name.as_str(), [Role::Nurse])
        };
        people::add(&mut tx, &hospital.house.tenant.id, new).await.expect("a nurse");
    }
    commit(tx).await.expect("they are written");
}

async fn sign_in(address: &str, number: usize) -> String {
    let body = format!("name=nurse{number}&passphrase={}", PASSPHRASE.replace(' ', "+"));
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    connection.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("an answer");
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
    cookie.unwrap_or_else(|| panic!("nobody is let in: {answer}")).to_owned()
}

/// Opens a board, and waits for its first word.
async fn open(address: &str, cookie: &str) -> (TcpStream, Vec<u8>) {
    let mut connection = TcpStream::connect(address).await.expect("a connection");
    let request = format!(
        "GET /live?topics=queue/consultation HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\nCookie: {cookie}\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await.expect("a request");
    let mut text = Vec::new();
    while !contains(&text, b"event: changed") {
        assert!(connection.read_buf(&mut text).await.expect("an answer") > 0, "{}", String::from_utf8_lossy(&text));
    }
    text.clear();
    (connection, text)
}

fn contains(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len()).any(|window| window == words)
}
