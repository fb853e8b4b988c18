//! NATS JetStream: an event published to a stream, which keeps it once however often it is sent.

use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{self, Context};
use async_nats::{ConnectOptions, HeaderMap};
use tokio::sync::Mutex;

use super::{Outcome, address, cloud_event};
use crate::journey::ids::TenantId;
use crate::log::StoredEvent;

/// The stream that is made when none takes our subjects.
pub const STREAM: &str = "SOJOURN";

/// How long the server may take to connect or to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// For how long the stream knows an event again.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// A JetStream server.
pub struct Nats {
    target: String,
    token: Option<String>,
    stream: Mutex<Option<Context>>,
}

impl Nats {
    /// Gets ready to call a server; a token signs in.
    pub fn new(target: &str, token: Option<String>) -> Result<Self, String> {
        address::read(target, &["nats", "tls"]).map_err(|problem| format!("the target {problem}"))?;
        Ok(Self { target: target.to_owned(), token, stream: Mutex::new(None) })
    }

    /// Publishes an event, and waits until the stream has it.
    pub async fn send(&self, tenant: &TenantId, stored: &StoredEvent) -> Outcome {
        let payload = match cloud_event::write(tenant, stored) {
            Ok(payload) => payload,
            Err(error) => return Outcome::Refused(format!("the event cannot be written: {error}")),
        };
        let subject = subject(tenant, &stored.event.aggregate_type, &stored.event.event_type);
        let stream = match self.stream(&subject).await {
            Ok(stream) => stream,
            Err(problem) => return Outcome::Away(problem),
        };
        let mut headers = HeaderMap::new();
        headers.insert("Content-Type", cloud_event::MEDIA_TYPE);
        let message = PublishMessage::build().headers(headers).message_id(stored.event.id.to_string()).payload(payload);
        let published = async { stream.send_publish(subject, message).await?.await };
        match published.await {
            Ok(_) => Outcome::Delivered,
            // Nothing else that a stream complains of is about one event.
            Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => Outcome::Refused(error.to_string()),
            Err(error) => {
                if error.kind() == PublishErrorKind::StreamNotFound {
                    // It was removed: the next call makes it again.
                    *self.stream.lock().await = None;
                }
                Outcome::Away(format!("the stream did not take the event: {error}"))
            }
        }
    }

    /// The connection, with a stream behind it that takes our subjects.
    async fn stream(&self, subject: &str) -> Result<Context, String> {
        let mut stream = self.stream.lock().await;
        if let Some(context) = &*stream {
            // The client connects again by itself; what it is given meanwhile would only wait.
            return match context.client().connection_state() {
                State::Connected => Ok(context.clone()),
                State::Pending | State::Disconnected => Err("the NATS server is away".to_owned()),
            };
        }
        let options = ConnectOptions::new().name("Sojourn").connection_timeout(PATIENCE);
        let options = match &self.token {
            Some(token) => options.token(token.clone()),
            None => options,
        };
        let client = options
            .connect(self.target.as_str())
            .await
            .map_err(|error| format!("the NATS server could not be reached: {error}"))?;
        let mut context = jetstream::new(client);
        context.set_timeout(PATIENCE);
        if context.stream_by_subject(subject).await.is_err() {
            let wanted = Config {
                name: STREAM.to_owned(),
                description: Some("Events of Sojourn".to_owned()),
                subjects: vec!["sojourn.>".to_owned()],
                storage: StorageType::File,
                duplicate_window: REMEMBERED,
                ..Config::default()
            };
            let made = context.get_or_create_stream(wanted).await;
            made.map_err(|error| format!("the stream {STREAM} could not be made: {error}"))?;
        }
        *stream = Some(context.clone());
        Ok(context)
    }
}

/// Where an event is published: `sojourn.{tenant}.{aggregate type}.{event type}`. A type of event may have several parts.
fn subject(tenant: &TenantId, aggregate_type: &str, event_type: &str) -> String {
    let token = |text: &str| -> String {
        let plain = |character: char| match character {
            '*' | '>' | '.' => '_',
            character if character.is_whitespace() || character.is_control() => '_',
            character => character,
        };
        if text.is_empty() { "_".to_owned() } else { text.chars().map(plain).collect() }
    };
    let event_type: Vec<_> = event_type.split('.').map(token).collect();
    format!("sojourn.{tenant}.{}.{}", token(aggregate_type), event_type.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::ids::Id;

    #[test]
    fn a_subject_has_no_wildcards_and_no_empty_part() {
        let tenant = TenantId::from_bits(1);
        for (aggregate_type, event_type, tail) in [
            ("visit", "QUEUE_CALLED", "visit.QUEUE_CALLED"),
            ("pricing", "pricing.rule.changed", "pricing.pricing.rule.changed"),
            ("a.b", "x..y.", "a_b.x._.y._"),
            ("*", "> all", "_.__all"),
            ("", "\u{0}\n", "_.__"),
        ] {
            assert_eq!(subject(&tenant, aggregate_type, event_type), format!("sojourn.{tenant}.{tail}"));
        }
    }
}
