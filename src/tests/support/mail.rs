//! A mail server on a port of its own, which speaks enough SMTP to be sent to and keeps what it is sent.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A mail as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub from: String,
    pub to: String,
    pub text: String,
}

/// The server; it is away when this is dropped.
pub struct MailServer {
    pub url: String,
    sent: Arc<Mutex<Vec<Sent>>>,
    server: JoinHandle<()>,
}

impl MailServer {
    /// Opens a server that takes mail for everybody but whom it does not know.
    pub async fn open(unknown: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let sent: Arc<Mutex<Vec<Sent>>> = Arc::default();
        let kept = sent.clone();
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a caller");
                tokio::spawn(converse(stream, unknown, kept.clone()));
            }
        });
        Self { url, sent, server }
    }

    /// All mail so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().expect("the mail").clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn converse(stream: TcpStream, unknown: &str, kept: Arc<Mutex<Vec<Sent>>>) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut mail = Sent::default();
    writer.write_all(b"220 mail.test ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let answer = match line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => "250-mail.test\r\n250 8BITMIME\r\n",
            "MAIL" => {
                mail.from = address(&line);
                "250 OK\r\n"
            }
            "RCPT" if address(&line) == unknown => "550 no such mailbox\r\n",
            "RCPT" => {
                mail.to = address(&line);
                "250 OK\r\n"
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await?;
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    mail.text.push_str(&line);
                    mail.text.push('\n');
                }
                kept.lock().expect("the mail").push(std::mem::take(&mut mail));
                "250 kept\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            "RSET" | "NOOP" => "250 OK\r\n",
            _ => "502 not known here\r\n",
        };
        writer.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

/// What stands between the brackets of `MAIL FROM:<…>` and `RCPT TO:<…>`.
fn address(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}
