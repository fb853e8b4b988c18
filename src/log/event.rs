//! An event before and after it is stored.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::chain::{Digest, Salt};
use super::lift::{lifted, version_today};
use crate::journey::ids::{BranchId, EventId, PersonId, VisitId};
use crate::journey::words::ActorType;

/// An event as its writer makes it.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewEvent {
    /// Its name, once and for all.
    pub id: EventId,
    /// The journey it belongs to, if any.
    pub visit_id: Option<VisitId>,
    /// What kind of thing it happened to: `visit`, `booking`, `claim` …
    pub aggregate_type: String,
    /// Which thing it happened to.
    pub aggregate_id: String,
    /// Its place in the life of that thing, from 1.
    pub version: i64,
    /// What happened.
    pub event_type: String,
    /// The version of the metadata's shape, from 1.
    pub schema_version: i32,
    /// What the performer wrote about it.
    pub description: Option<String>,
    /// What is known about it, as it was logged; null for who may not read it.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>, required)]
    pub metadata: Value,
    /// Labels to find it by.
    #[sqlx(json)]
    pub tags: Vec<String>,
    /// Whether a person, an AI or the system acted.
    pub actor_type: ActorType,
    /// Who acted.
    pub performed_by: PersonId,
    /// The human for whom an AI or a program acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<PersonId>,
    /// When it happened.
    pub performed_at: DateTime<Utc>,
    /// Where it happened.
    pub branch_id: Option<BranchId>,
    /// The conversation it is part of.
    pub correlation_id: Option<String>,
    /// What brought it about.
    pub causation_id: Option<String>,
}

impl NewEvent {
    /// What is known about it, as it would be written today: whoever reads a meaning out of it reads this.
    pub fn today(&self) -> Cow<'_, Value> {
        lifted(&self.event_type, self.schema_version, Cow::Borrowed(&self.metadata))
    }

    /// The version of the shape that [`today`](Self::today) has.
    pub fn version_today(&self) -> i32 {
        // A hospital's own types, and what a later server wrote, are not lifted.
        version_today(&self.event_type).max(self.schema_version)
    }
}

/// An event as the log holds it.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredEvent {
    /// What its writer made.
    #[serde(flatten)]
    #[sqlx(flatten)]
    pub event: NewEvent,
    /// Its place in the tenant's log, from 1, without gaps, in the order of commits.
    pub position: i64,
    /// When it was logged.
    pub recorded_at: DateTime<Utc>,
    /// Keeps the body from being guessed by its digest.
    #[serde(skip)]
    pub salt: Salt,
    /// The digest of description and metadata.
    #[serde(skip)]
    pub body_digest: Digest,
    /// The hash of the event before it.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub prev_hash: Digest,
    /// Links it to all before it.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub hash: Digest,
}

/// What an event says, without what proves it: enough to fold the life of a thing.
///
/// Its fields stand in the order in which a page of the log is read: as arrays, without names.
#[derive(Clone, Debug, Deserialize, sqlx::FromRow)]
pub struct Occurrence {
    /// Its place in the tenant's log.
    pub position: i64,
    /// What kind of thing it happened to.
    pub aggregate_type: String,
    /// Which thing it happened to.
    pub aggregate_id: String,
    /// Its place in the life of that thing, from 1.
    pub version: i64,
    /// What happened.
    pub event_type: String,
    /// The version of the metadata's shape, from 1.
    pub schema_version: i32,
    /// What is known about it, as it is written: whoever folds it reads it once.
    #[sqlx(json)]
    pub metadata: Box<RawValue>,
    /// Who acted.
    pub performed_by: PersonId,
    /// When it happened.
    pub performed_at: DateTime<Utc>,
    /// When it was logged.
    pub recorded_at: DateTime<Utc>,
    /// Where it happened.
    pub branch_id: Option<BranchId>,
}

impl Occurrence {
    /// What is known about it, as it would be written today.
    pub fn today(&self) -> serde_json::Result<Value> {
        let metadata = serde_json::from_str(self.metadata.get())?;
        Ok(lifted(&self.event_type, self.schema_version, Cow::Owned(metadata)).into_owned())
    }
}

/// Cuts a time to the milliseconds that both engines keep; a leap second, which PostgreSQL does not, is the second after it.
pub fn to_milliseconds(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(time.timestamp_millis()).unwrap_or(time)
}
