//! Boards that are open on a server: connections that listen for what changes, as a browser has them.

use sojourn::db::{Db, commit};
use sojourn::hospital::passphrase::{Hasher, Passphrase};
use sojourn::hospital::people::{self, NewPerson};
use sojourn::journey::words::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::server::{Hospital, Server};
use crate::support::hospital::PASSPHRASE;

/// How many boards one person opens.
const OF_ONE: usize = 20;

/// Those who have boards open on a server.
pub struct Onlookers {
    address: String,
    cookies: Vec<String>,
}

impl Onlookers {
    /// Signs in as many people as so many boards need; one passphrase is hashed for all of them.
    pub async fn sign_in(hospital: &Hospital, server: &Server, boards: usize) -> Self {
        let passphrase = Passphrase::parse(PASSPHRASE, "nurse").expect("a good passphrase");
        let hash = Hasher::default().hash(passphrase).await.expect("a hash");
        let db: &Db = &hospital.house.db;
        let mut tx = db.begin().await.expect("a transaction");
        let people = 0..boards.div_ceil(OF_ONE);
        for number in people.clone() {
            let name = format!("nurse{number}");
            let new = NewPerson {
                sign_in_name: name.parse().ok(),
                passphrase_hash: Some(hash.clone()),
                ..NewPerson::named(name.as_str(), [Role::Nurse])
            };
            people::add(&mut tx, &hospital.house.tenant.id, new).await.expect("a nurse");
        }
        commit(tx).await.expect("they are written");
        let address = server.address.trim_start_matches("http://").to_owned();
        let mut cookies = Vec::new();
        for number in people {
            cookies.push(cookie(&address, number).await);
        }
        Self { address, cookies }
    }

    /// Opens the board of a number, and waits for its first word.
    pub async fn open(&self, number: usize) -> (TcpStream, Vec<u8>) {
        let (address, cookie) = (&self.address, &self.cookies[number / OF_ONE]);
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
}

async fn cookie(address: &str, number: usize) -> String {
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

/// Whether words stand in what was read.
pub fn contains(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len()).any(|window| window == words)
}
