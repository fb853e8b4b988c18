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
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::event::NewEvent;
use crate::journey::ids::TenantId;
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
}

impl Salt {
    /// A fresh salt.
    pub fn random() -> Self {
        Self(rand::random())
    }
}

/// The digest of an event's body.
pub fn body_digest(salt: &Salt, event: &NewEvent) -> Digest {
    let body = json!({ "description": event.description, "metadata": event.metadata });
    Bytes(Sha256::new().chain_update(salt.0).chain_update(Canonical(&body).to_string()).finalize().into())
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
    let header = json!({
        "tenantId": tenant,
        "position": position,
        "id": event.id,
        "visitId": event.visit_id,
        "aggregateType": event.aggregate_type,
        "aggregateId": event.aggregate_id,
        "version": event.version,
        "eventType": event.event_type,
        "schemaVersion": event.schema_version,
        "tags": event.tags,
        "actorType": event.actor_type.word(),
        "performedBy": event.performed_by,
        "performedAt": timestamp(event.performed_at),
        "recordedAt": timestamp(recorded_at),
        "branchId": event.branch_id,
        "correlationId": event.correlation_id,
        "causationId": event.causation_id,
    });
    let digest = Sha256::new()
        .chain_update(DOMAIN)
        .chain_update(prev_hash.0)
        .chain_update(Canonical(&header).to_string())
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
        match self.0 {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(key, _)| *key);
                f.write_str("{")?;
                for (index, (key, value)) in members.into_iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{}", Value::from(key.as_str()), Canonical(value))?;
                }
                f.write_str("}")
            }
            Value::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}", Canonical(item))?;
                }
                f.write_str("]")
            }
            // JSONB forgets the sign of zero and writes exponents out.
            Value::Number(number) if number.is_f64() => match number.as_f64() {
                Some(0.0) | None => f.write_str("0"),
                Some(float) => write!(f, "{float}"),
            },
            leaf => write!(f, "{leaf}"),
        }
    }
}

impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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
