//! A NATS server of our own, with JetStream, for as long as a story needs it.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::{ConnectOptions, jetstream};
use serde_json::Value;
use tempfile::TempDir;

/// A running server; it is stopped and removed with this value.
pub struct NatsServer {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl NatsServer {
    /// Starts a server in a folder and on a port of its own.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut server = Self { folder, port: 0, process: None };
        // Somebody else may take a port in the moment before the server does.
        for _ in 0..10 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            server.port = free.expect("a free port").port();
            if server.answers() {
                return server;
            }
        }
        panic!("nats-server does not start");
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// What the stream of events holds, oldest first: subject, message id, event.
    pub async fn messages(&self) -> Vec<(String, String, Value)> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let options = ConnectOptions::new().connection_timeout(PATIENCE).request_timeout(Some(PATIENCE));
        let mut context = jetstream::new(options.connect(self.url()).await.expect("a connection"));
        context.set_timeout(PATIENCE);
        let stream = context.get_stream("SOJOURN").await.expect("the stream");
        let last = stream.get_info().await.expect("its state").state.last_sequence;
        let mut messages = Vec::new();
        for sequence in 1..=last {
            let message = stream.get_raw_message(sequence).await.expect("a message");
            let id = message.headers.get("Nats-Msg-Id").expect("an id").to_string();
            let event = serde_json::from_slice(&message.payload).expect("JSON");
            messages.push((message.subject.to_string(), id, event));
        }
        messages
    }

    /// Stops it at once; its streams stay on disk.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("the server is ours");
            process.wait().expect("it ends");
        }
    }

    /// Starts it again.
    pub fn go_on(&mut self) {
        assert!(self.answers(), "nats-server does not start again");
    }

    /// Runs the program, and says whether it serves its port.
    fn answers(&mut self) -> bool {
        let port = self.port.to_string();
        let mut process = Command::new(program())
            .args(["-js", "-a", "127.0.0.1", "-p", &port, "-sd"])
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server starts");
        let started = Instant::now();
        loop {
            std::thread::sleep(Duration::from_millis(20));
            if process.try_wait().expect("the server is ours").is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                self.process = Some(process);
                return true;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "nats-server does not answer");
        }
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Debian puts the server where only root looks.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nats-server")).find(|program| program.is_file()).unwrap_or_else(|| {
        panic!("nats-server is missing. Run `cargo xtask test`, which brings it, or `sudo apt-get install nats-server`")
    })
}
