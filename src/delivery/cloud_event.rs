//! An event as CloudEvents 1.0 has it, in structured JSON, and the signature by which a receiver knows whom it is from.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use crate::journey::ids::{EventId, TenantId};
use crate::log::StoredEvent;

/// The media type of an event in structured mode.
pub const MEDIA_TYPE: &str = "application/cloudevents+json";

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a EventId,
    source: String,
    #[serde(rename = "type")]
    event_type: &'a str,
    subject: String,
    time: DateTime<Utc>,
    datacontenttype: &'static str,
    data: &'a StoredEvent,
}

/// Writes an event for a receiver outside.
pub fn write(tenant: &TenantId, stored: &StoredEvent) -> serde_json::Result<Bytes> {
    let event = &stored.event;
    let written = CloudEvent {
        specversion: "1.0",
        id: &event.id,
        source: format!("urn:sojourn:tenant:{tenant}"),
        event_type: &event.event_type,
        subject: format!("{}/{}", event.aggregate_type, event.aggregate_id),
        time: event.performed_at,
        datacontenttype: "application/json",
        data: stored,
    };
    serde_json::to_vec(&written).map(Bytes::from)
}

/// The signature of a body sent at a time, in seconds since 1970: `v1=` and the HMAC-SHA-256 of `TIMESTAMP.BODY` in hexadecimal.
pub fn sign(secret: &str, timestamp: i64, body: &[u8]) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().iter().fold("v1=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_openssl_computes() {
        // printf '1772330400.{"a":1}' | openssl dgst -sha256 -hmac 'a secret of some length'
        assert_eq!(
            sign("a secret of some length", 1_772_330_400, br#"{"a":1}"#),
            "v1=9ba6a38b06dde83d07c43c0c327cb11820fa20896486e09e500b0a9996d34fde"
        );
    }
}
