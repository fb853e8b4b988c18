//! The server as its own process, and programs that log events through its API and remember what was acknowledged.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use sojourn::db::{Db, commit, new_id};
use sojourn::hospital::tokens;
use sojourn::journey::ids::{EventId, VisitId};
use sojourn::journey::words::Role;
use sojourn::log;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::house::House;

/// The server.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_sojourn");

/// How many programs write at once.
const WRITERS: usize = 8;

/// A hospital, and programs that may write to it.
pub struct Hospital {
    pub url: String,
    pub house: House,
    /// For each writer, a receptionist's token and a nurse's.
    pub secrets: Vec<[String; 2]>,
}

impl Hospital {
    /// Opens a hospital in an empty database.
    pub async fn open(url: &str) -> Self {
        let db = Db::open(url).await.expect("the empty database opens");
        let house = House::open_now(&db, "City Hospital").await;
        let mut tx = db.begin().await.expect("a transaction");
        let mut secrets = Vec::new();
        for number in 0..WRITERS {
            let mut pair = [String::new(), String::new()];
            for (secret, role) in pair.iter_mut().zip([Role::Receptionist, Role::Nurse]) {
                let label = format!("writer {number}");
                let person = house.who(role).id.clone();
                let made = tokens::create(&mut tx, &house.tenant.id, &person, &label, house.now(), None).await;
                *secret = made.expect("a token").0.reveal().to_owned();
            }
            secrets.push(pair);
        }
        commit(tx).await.expect("the tokens are written");
        Self { url: url.to_owned(), house, secrets }
    }

    /// Whether every acknowledged event is in the log once, where it was said to be; and how many events there are.
    pub async fn check(&self, acknowledged: &BTreeMap<EventId, i64>) -> i64 {
        let db = Db::open(&self.url).await.expect("the database opens again");
        let tenant = &self.house.tenant.id;
        let events = log::verify(&db, tenant).await.expect("the chain holds").events;
        for (id, position) in acknowledged {
            let stored = log::event(&db, tenant, id).await.expect("a read");
            let stored = stored.unwrap_or_else(|| panic!("{id} was acknowledged at {position} and is lost"));
            assert_eq!(stored.position, *position, "{id} is where it was said to be");
        }
        db.close().await;
        events
    }

    /// Sets programs to write until the server no longer answers or `patient` ones are told to stop.
    pub fn writers(&self, address: &str) -> Vec<tokio::task::JoinHandle<Told>> {
        let write = |secrets: &[String; 2]| {
            tokio::spawn(Writer::new(address, secrets.clone(), self.house.patient.to_string()).until_cut_off())
        };
        self.secrets.iter().map(write).collect()
    }

    /// A program that writes what it is told.
    pub fn writer(&self, address: &str) -> Writer {
        Writer::new(address, self.secrets[0].clone(), self.house.patient.to_string())
    }
}

/// What a writer was told.
#[derive(Debug, Default)]
pub struct Told {
    /// What was acknowledged, and at which position.
    pub acknowledged: BTreeMap<EventId, i64>,
    /// How many answers said that the database was away; who is asked to go slower is not counted.
    pub away: usize,
}

/// The answer to one call.
pub struct Answer {
    pub status: u16,
    pub retry_after: bool,
    pub body: Value,
}

/// A program that logs events.
pub struct Writer {
    client: reqwest::Client,
    address: String,
    secrets: [String; 2],
    patient: String,
}

impl Writer {
    fn new(address: &str, secrets: [String; 2], patient: String) -> Self {
        // Only once for a process; a second time is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("a client");
        Self { client, address: address.to_owned(), secrets, patient }
    }

    /// Logs a registration, or vital signs when there is a visit.
    pub async fn log(&self, visit: &VisitId, event: &EventId, registered: bool) -> reqwest::Result<Answer> {
        let (secret, event_type, metadata) = match registered {
            false => (&self.secrets[0], "VISIT_REGISTERED", json!({ "patientId": self.patient })),
            true => (&self.secrets[1], "VITALS_RECORDED", json!({ "pulse": 72, "temperatureC": 37.5 })),
        };
        let body = json!({ "id": event, "eventType": event_type, "visitId": visit, "metadata": metadata });
        let request = self.client.post(format!("{}/api/v1/events", self.address)).bearer_auth(secret);
        let response = request.header("content-type", "application/json").body(body.to_string()).send().await?;
        Self::answer(response).await
    }

    /// Reads, as the receptionist.
    pub async fn get(&self, path: &str) -> reqwest::Result<Answer> {
        let request = self.client.get(format!("{}/api/v1{path}", self.address)).bearer_auth(&self.secrets[0]);
        Self::answer(request.send().await?).await
    }

    /// The server's figures of this moment, which it tells programs on its own machine.
    pub async fn figures(&self) -> reqwest::Result<String> {
        self.client.get(format!("{}/metrics", self.address)).send().await?.text().await
    }

    async fn answer(response: reqwest::Response) -> reqwest::Result<Answer> {
        let status = response.status().as_u16();
        let retry_after = response.headers().contains_key("retry-after");
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        Ok(Answer { status, retry_after, body })
    }

    async fn until_cut_off(self) -> Told {
        let mut told = Told::default();
        let mut visit: VisitId = new_id();
        let mut logged = 0;
        loop {
            let event: EventId = new_id();
            let Ok(answer) = self.log(&visit, &event, logged > 0).await else { return told };
            match answer.status {
                201 => {
                    let position = answer.body["position"].as_i64().expect("a position");
                    assert_eq!(told.acknowledged.insert(event, position), None);
                    logged += 1;
                }
                status @ (429 | 503) => {
                    told.away += usize::from(status == 503);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                status => panic!("{status}: {}", answer.body),
            }
            if logged == 20 {
                (visit, logged) = (new_id(), 0);
            }
        }
    }

    /// Logs events until the time is over, each again and again until it is acknowledged.
    pub async fn for_a_time(self, time: Duration) -> Told {
        let (started, mut told) = (std::time::Instant::now(), Told::default());
        let mut visit: VisitId = new_id();
        for number in 0.. {
            if started.elapsed() > time {
                break;
            }
            if number % 20 == 0 {
                visit = new_id();
            }
            let event: EventId = new_id();
            loop {
                match self.log(&visit, &event, number % 20 != 0).await {
                    Ok(answer) if matches!(answer.status, 200 | 201) => {
                        let position = answer.body["position"].as_i64().expect("a position");
                        assert_eq!(told.acknowledged.insert(event, position), None);
                        break;
                    }
                    Ok(answer) => {
                        assert!(matches!(answer.status, 429 | 503), "{}: {}", answer.status, answer.body);
                        assert!(answer.retry_after, "who is turned away is told when to come again");
                        told.away += usize::from(answer.status == 503);
                    }
                    Err(error) => panic!("the server itself stays up: {error}"),
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        told
    }
}

/// A process's memory by the system's name for it, in kB; none once the process is gone.
pub fn memory(process: u32, name: &str) -> Option<u64> {
    status(process, name)?.split_whitespace().next()?.parse().ok()
}

/// What the system says of a process.
fn status(process: u32, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let said = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    said.map(|said| said.trim().to_owned())
}

/// The server, as its own process.
pub struct Server {
    child: Child,
    /// Where it is.
    pub address: String,
}

impl Server {
    /// Starts it on a database, and waits until it is open.
    pub async fn start(url: &str) -> Self {
        Self::run(Command::new(PROGRAM), url).await
    }

    /// Starts it by another program, which is given its command line.
    pub async fn run(mut command: Command, url: &str) -> Self {
        command.args(["serve", "--listen", "127.0.0.1:0", "--database-url", url]);
        // A group of its own, so that whoever it was started by dies with it.
        let mut child =
            command.stdout(Stdio::piped()).process_group(0).kill_on_drop(true).spawn().expect("the server starts");
        let stdout = child.stdout.take().expect("its output");
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await;
        let line = line.expect("it opens within a minute").expect("its output is text").expect("it says where it is");
        let address = line.split_whitespace().last().expect("an address").to_owned();
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, address }
    }

    /// How much memory it holds, in kB.
    pub fn resident_memory(&self) -> u64 {
        self.child.id().and_then(|id| memory(id, "VmRSS")).unwrap_or_default()
    }

    /// How many processors it may use.
    pub fn processors(&self) -> u32 {
        // One bit for each.
        let mask = self.child.id().and_then(|id| status(id, "Cpus_allowed")).unwrap_or_default();
        mask.chars().filter_map(|digit| digit.to_digit(16)).map(u32::count_ones).sum()
    }

    /// Kills it: no farewell.
    pub async fn kill(mut self) {
        self.kill_group();
        self.child.wait().await.expect("it dies");
    }

    fn kill_group(&self) {
        if let Some(id) = self.child.id() {
            let group = format!("-{id}");
            // Gone already is as good.
            let _ = std::process::Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill_group();
    }
}
