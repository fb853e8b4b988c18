//! The hash chain: what is hashed, in which form.
//!
//! - `body_digest = SHA-256(salt ‖ canonical {description, metadata})`
//! - `hash = SHA-256("sojourn-event-v1" ‖ prev_hash ‖ canonical header ‖ body_digest)`, where the header is every other column.
//!
//! Canonical: keys sorted, no spaces, numbers without exponent and without a fraction of zero. The form is the same for a value and for
//! what PostgreSQL's JSONB gives back for it.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::event::NewEvent;
use crate::journey::ids::{BranchId, EventId, PersonId, TenantId, VisitId};
use crate::journey::words::Word;

const DOMAIN: &[u8] = b"sojourn-event-v1";

/// A fixed number of bytes; people read them as hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bytes<const N: usize>(pub [u8; N]);

/// A SHA-256 digest.
pub type Digest = Bytes<32>;

/// What makes a body's digest unguessable.
pub type Salt = Bytes<16>;

impl Digest {
    /// What the first event of a log follows.
    pub const GENESIS: Self = Self([0; 32]);

    /// The SHA-256 digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of a value in its canonical form.
    pub fn of_json(value: &Value) -> Self {
        Self::of(Canonical(value).to_string().as_bytes())
    }
}

impl Salt {
    /// A fresh salt.
    pub fn random() -> Self {
        Self(rand::random())
    }
}

/// The digest of an event's body: in its canonical form, the object of its description and metadata.
pub fn body_digest(salt: &Salt, event: &NewEvent) -> Digest {
    let description = event.description.as_ref().map_or(Value::Null, |text| Value::String(text.clone()));
    let digest = Sha256::new()
        .chain_update(salt.0)
        .chain_update(format!("{{\"description\":{},\"metadata\":", Canonical(&description)))
        .chain_update(Canonical(&event.metadata).to_string())
        .chain_update("}")
        .finalize();
    Bytes(digest.into())
}

/// What an event's hash is of beside its body. Its members stand in the order of their names, as the canonical form has them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Header<'a> {
    actor_type: &'static str,
    aggregate_id: &'a str,
    aggregate_type: &'a str,
    branch_id: &'a Option<BranchId>,
    causation_id: &'a Option<String>,
    correlation_id: &'a Option<String>,
    event_type: &'a str,
    id: &'a EventId,
    // Left out where there is none: events from before it was known keep their hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: &'a Option<PersonId>,
    performed_at: String,
    performed_by: &'a PersonId,
    position: i64,
    recorded_at: String,
    schema_version: i32,
    tags: &'a [String],
    tenant_id: &'a TenantId,
    version: i64,
    visit_id: &'a Option<VisitId>,
}

/// The hash of an event: links it to the one before.
pub fn hash(
    tenant: &TenantId,
    position: i64,
    recorded_at: DateTime<Utc>,
    event: &NewEvent,
    prev_hash: &Digest,
    body_digest: &Digest,
) -> Digest {
    let header = Header {
        actor_type: event.actor_type.word(),
        aggregate_id: &event.aggregate_id,
        aggregate_type: &event.aggregate_type,
        branch_id: &event.branch_id,
        causation_id: &event.causation_id,
        correlation_id: &event.correlation_id,
        event_type: &event.event_type,
        id: &event.id,
        on_behalf_of: &event.on_behalf_of,
        performed_at: timestamp(event.performed_at),
        performed_by: &event.performed_by,
        position,
        recorded_at: timestamp(recorded_at),
        schema_version: event.schema_version,
        tags: &event.tags,
        tenant_id: tenant,
        version: event.version,
        visit_id: &event.visit_id,
    };
    let digest = Sha256::new()
        .chain_update(DOMAIN)
        .chain_update(prev_hash.0)
        // Text and whole numbers alone, which cannot fail to be written.
        .chain_update(serde_json::to_vec(&header).unwrap_or_default())
        .chain_update(body_digest.0)
        .finalize();
    Bytes(digest.into())
}

fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Displays a value in its canonical form.
pub struct Canonical<'a>(pub &'a Value);

impl fmt::Display for Canonical<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(512);
        write(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

fn write(value: &Value, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            text.push(b'{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                serde_json::to_writer(&mut *text, key)?;
                text.push(b':');
                write(value, text)?;
            }
            text.push(b'}');
        }
        Value::Array(items) => {
            text.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                write(item, text)?;
            }
            text.push(b']');
        }
        // JSONB forgets the sign of zero and writes exponents out.
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(0.0) | None => text.push(b'0'),
            Some(float) => text.extend(float.to_string().bytes()),
        },
        leaf => serde_json::to_writer(text, leaf)?,
    }
    Ok(())
}

/// Writes bytes as they stand in a column.
pub(super) fn column<S: Serializer, const N: usize>(bytes: &Bytes<N>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(&bytes.0)
}

impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        f.write_str(&digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect::<String>())
    }
}

impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<const N: usize, D: sqlx::Database> sqlx::Type<D> for Bytes<N>
where
    Vec<u8>: sqlx::Type<D>,
{
    fn type_info() -> D::TypeInfo {
        <Vec<u8> as sqlx::Type<D>>::type_info()
    }
    fn compatible(info: &D::TypeInfo) -> bool {
        <Vec<u8> as sqlx::Type<D>>::compatible(info)
    }
}

impl<'q, const N: usize, D: sqlx::Database> sqlx::Encode<'q, D> for Bytes<N>
where
    Vec<u8>: sqlx::Encode<'q, D>,
{
    fn encode_by_ref(&self, buffer: &mut D::ArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        self.0.to_vec().encode(buffer)
    }
}

impl<'r, const N: usize, D: sqlx::Database> sqlx::Decode<'r, D> for Bytes<N>
where
    Vec<u8>: sqlx::Decode<'r, D>,
{
    fn decode(value: D::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        let bytes = <Vec<u8> as sqlx::Decode<'r, D>>::decode(value)?;
        <[u8; N]>::try_from(bytes).map(Self).map_err(|bytes| format!("{} bytes where {N} belong", bytes.len()).into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::journey::ids::Id;
    use crate::journey::words::ActorType;

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn id<I: Id>(bits: u128) -> I {
        I::from_bits(bits)
    }

    /// The expected digests were computed by another program from the text in the comments.
    #[test]
    fn the_form_never_changes() {
        let event = NewEvent {
            id: id(2),
            visit_id: Some(id(3)),
            aggregate_type: "visit".to_owned(),
            aggregate_id: "00000000000000000000000003".to_owned(),
            version: 3,
            event_type: "QUEUE_CALLED".to_owned(),
            schema_version: 1,
            description: Some("Called \"twice\"; é".to_owned()),
            metadata: json!({ "b": "x", "a": [1, 0.5, 100.0, null, true] }),
            tags: vec!["STAR".to_owned(), "HEDIS".to_owned()],
            actor_type: ActorType::Human,
            performed_by: id(4),
            on_behalf_of: None,
            performed_at: time("2026-01-02T03:04:05.006Z"),
            branch_id: None,
            correlation_id: Some("call 7".to_owned()),
            causation_id: None,
        };
        let salt = Bytes(std::array::from_fn(|index| index as u8));
        // salt, then {"description":"Called \"twice\"; é","metadata":{"a":[1,0.5,100,null,true],"b":"x"}}
        let body = body_digest(&salt, &event);
        assert_eq!(body.to_string(), "c5bc725d6b092cc6e51898f56053f4b0f5a56244ce6c270875c7975904e8c2c9");
        // sojourn-event-v1, 32 zero bytes, then
        // {"actorType":"HUMAN","aggregateId":"00000000000000000000000003","aggregateType":"visit",
        // "branchId":null,"causationId":null,"correlationId":"call 7","eventType":"QUEUE_CALLED",
        // "id":"00000000000000000000000002","performedAt":"2026-01-02T03:04:05.006Z",
        // "performedBy":"00000000000000000000000004","position":7,"recordedAt":"2026-01-02T03:04:06.000Z",
        // "schemaVersion":1,"tags":["STAR","HEDIS"],"tenantId":"00000000000000000000000001","version":3,
        // "visitId":"00000000000000000000000003"}
        // on one line, then the body's digest
        let hash = hash(&id(1), 7, time("2026-01-02T03:04:06Z"), &event, &Digest::GENESIS, &body);
        assert_eq!(hash.to_string(), "93556680c6b61bcb5c401ece0fe00a44c61449c9244af232c0b61c925e998ab0");
    }

    #[test]
    fn the_header_is_in_its_canonical_form() {
        let event = NewEvent {
            id: id(2),
            visit_id: None,
            aggregate_type: "claim \"é\"\n".to_owned(),
            aggregate_id: "7\u{1}".to_owned(),
            version: 1,
            event_type: "claim.settled".to_owned(),
            schema_version: 2,
            description: None,
            metadata: Value::Null,
            tags: Vec::new(),
            actor_type: ActorType::Ai,
            performed_by: id(4),
            on_behalf_of: Some(id(5)),
            performed_at: time("2026-01-02T03:04:05Z"),
            branch_id: Some(id(6)),
            correlation_id: None,
            causation_id: Some("8".to_owned()),
        };
        let header = json!({
            "tenantId": "00000000000000000000000001",
            "position": 9,
            "id": event.id,
            "visitId": null,
            "aggregateType": event.aggregate_type,
            "aggregateId": event.aggregate_id,
            "version": 1,
            "eventType": event.event_type,
            "schemaVersion": 2,
            "tags": [],
            "actorType": "AI",
            "performedBy": event.performed_by,
            "onBehalfOf": event.on_behalf_of,
            "performedAt": "2026-01-02T03:04:05.000Z",
            "recordedAt": "2026-01-02T03:04:06.000Z",
            "branchId": event.branch_id,
            "correlationId": null,
            "causationId": "8",
        });
        let (before, body) = (Digest::of(b"before"), Digest::of(b"body"));
        let expected = [DOMAIN, &before.0, Canonical(&header).to_string().as_bytes(), &body.0].concat();
        assert_eq!(hash(&id(1), 9, time("2026-01-02T03:04:06Z"), &event, &before, &body), Digest::of(&expected));
    }

    #[test]
    fn numbers_have_one_form() {
        let cases = [
            ("0.0", "0"),
            ("-0.0", "0"),
            ("-1", "-1"),
            ("1.50", "1.5"),
            ("1e3", "1000"),
            ("1e16", "10000000000000000"),
            ("1E-7", "0.0000001"),
            ("18446744073709551615", "18446744073709551615"),
            ("1e21", "1000000000000000000000"),
        ];
        for (written, canonical) in cases {
            let value: Value = serde_json::from_str(written).expect(written);
            assert_eq!(Canonical(&value).to_string(), canonical);
        }
    }

    proptest! {
        #[test]
        fn a_number_keeps_its_form_when_written_and_read(float in any::<f64>()) {
            let written = json!([float]);
            let canonical = Canonical(&written).to_string();
            let read: Value = serde_json::from_str(&written.to_string()).expect("JSON");
            prop_assert_eq!(&Canonical(&read).to_string(), &canonical);
            // As JSONB writes it: without exponent.
            let read: Value = serde_json::from_str(&canonical).expect("JSON");
            prop_assert_eq!(Canonical(&read).to_string(), canonical);
        }

        #[test]
        fn the_form_of_a_text_is_json(text in any::<String>()) {
            let value = json!({ text.as_str(): text.as_str() });
            let read: Value = serde_json::from_str(&Canonical(&value).to_string()).expect("JSON");
            prop_assert_eq!(read, value);
        }
    }
}
