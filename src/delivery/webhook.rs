//! Webhooks: an event posted to a receiver, signed.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::Url;

use super::{Outcome, address, cloud_event};
use crate::journey::ids::TenantId;
use crate::log::StoredEvent;

/// When it was sent, in seconds since 1970.
pub const TIMESTAMP: &str = "Sojourn-Timestamp";
/// Who sent it: [`cloud_event::sign`].
pub const SIGNATURE: &str = "Sojourn-Signature";

/// How long a receiver may take, from the call to the end of its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(5);
/// How much of an answer is read, so that the connection can serve again; nothing in it counts.
const ANSWER: usize = 64 * 1024;

/// A receiver of webhooks.
pub struct Webhook {
    client: Client,
    url: Url,
    secret: String,
}

impl Webhook {
    /// Gets ready to call a receiver.
    pub fn new(target: &str, secret: String, plain: bool) -> Result<Self, String> {
        let url = address::read(target, &["http", "https"]).map_err(|problem| format!("the target {problem}"))?;
        let near_only = url.scheme() == "http" && !plain;
        if near_only && address::literal(&url).is_some_and(|address| !address::is_near(address)) {
            return Err(FAR.to_owned());
        }
        // The process has one already when somebody was here before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(CONNECTING)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .user_agent(concat!("Sojourn/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Resolver { near_only });
        // Without TLS nobody's certificates are needed, and a machine may have none.
        let client = if url.scheme() == "http" { client.tls_certs_only([]) } else { client };
        let client = client.build().map_err(|error| format!("webhooks cannot be sent: {}", chain(&error)))?;
        Ok(Self { client, url, secret })
    }

    /// Posts an event.
    pub async fn send(&self, tenant: &TenantId, stored: &StoredEvent, now: DateTime<Utc>) -> Outcome {
        let body = match cloud_event::write(tenant, stored) {
            Ok(body) => body,
            Err(error) => return Outcome::Refused(format!("the event cannot be written: {error}")),
        };
        self.post(cloud_event::MEDIA_TYPE, body, now).await
    }

    /// Posts anything, signed.
    pub async fn post(&self, kind: &'static str, body: Bytes, now: DateTime<Utc>) -> Outcome {
        let timestamp = now.timestamp();
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, kind)
            .header(TIMESTAMP, timestamp.to_string())
            .header(SIGNATURE, cloud_event::sign(&self.secret, timestamp, &body))
            .body(body);
        match request.send().await {
            Ok(answer) => judge(answer).await,
            // Who was never reached cannot have refused this event.
            Err(error) if error.is_connect() => Outcome::Away(chain(&error)),
            Err(error) => Outcome::Refused(chain(&error)),
        }
    }
}

/// What an answer says: any 2xx is a yes, and a redirect is not followed.
async fn judge(mut answer: Response) -> Outcome {
    let status = answer.status();
    let mut read = 0;
    while read < ANSWER {
        match answer.chunk().await {
            Ok(Some(part)) => read += part.len(),
            Ok(None) | Err(_) => break,
        }
    }
    if status.is_success() { Outcome::Delivered } else { Outcome::Refused(format!("the receiver answered {status}")) }
}

const FAR: &str = "the target is outside this house, and without TLS everybody on the way could read what is sent; \
    use https, or start the server with --plain-webhooks";

/// Finds the addresses behind a name, and leaves out those that are not called.
struct Resolver {
    near_only: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let near_only = self.near_only;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let callable: Vec<SocketAddr> = found.filter(|found| address::may_be_called(found.ip())).collect();
            if callable.is_empty() {
                return Err("the target's name stands for no address that may be called".into());
            }
            let near: Vec<_> = callable.iter().copied().filter(|found| address::is_near(found.ip())).collect();
            let addresses = if near_only { near } else { callable };
            if addresses.is_empty() { Err(FAR.into()) } else { Ok(Box::new(addresses.into_iter()) as Addrs) }
        })
    }
}

/// An error with all that brought it about, without the URL.
fn chain(error: &reqwest::Error) -> String {
    let mut text =
        if error.is_timeout() { "the receiver took too long" } else { "the receiver could not be called" }.to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
