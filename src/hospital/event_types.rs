//! The registry: what may happen to things that are no visits, each type of event with the schema that its metadata fits.
//!
//! A few types are the hospital's own and are logged by what they tell of; the rest a tenant adds. A type is never changed: a new
//! version stands beside the old one, and events keep the version they were written in.

use chrono::{DateTime, Utc};
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind as Misfit;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use super::own_types::{aggregate_of, is_own, own, own_tags, title};
use super::{Problem, WriteError, line};
use crate::db::keys::Statement;
use crate::db::{Db, Tx};
use crate::journey::events::EventType as Step;
use crate::journey::ids::{PersonId, TenantId};
use crate::journey::schema::FieldProblem;
use crate::journey::words::{Role, Word};
use crate::on;

/// The longest schema, in bytes of JSON.
const LONGEST_SCHEMA: usize = 64 * 1024;

/// A type of event.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[schema(as = RegisteredType)]
#[serde(rename_all = "camelCase")]
pub struct EventType {
    /// Its name: `booking.created`, `SIGNAL_SCORED`.
    pub event_type: String,
    /// The version of its schema, from 1.
    pub schema_version: i32,
    /// What kind of thing it happens to: `booking`, `signal`.
    pub aggregate_type: String,
    /// What people call it.
    pub title: String,
    /// The JSON Schema that its metadata fits.
    #[schema(value_type = Object)]
    pub schema: Value,
    /// Who may log it; anybody of the hospital when empty.
    #[sqlx(json)]
    pub roles: Vec<Role>,
    /// The tags that every such event bears.
    #[sqlx(json)]
    pub tags: Vec<String>,
}

/// A type as it is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewEventType {
    /// Its name.
    pub event_type: String,
    /// What kind of thing it happens to.
    pub aggregate_type: String,
    /// What people call it; its name, when left out.
    #[serde(default)]
    pub title: Option<String>,
    /// The JSON Schema of its metadata.
    pub schema: Value,
    /// Who may log it.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// The tags that every such event bears.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// Reads a schema; none when it is no JSON Schema, or refers to what stands elsewhere.
pub fn validator(schema: &Value) -> Result<Validator, String> {
    jsonschema::validator_for(schema).map_err(|error| error.to_string())
}

/// Everything that does not fit a schema, by field.
pub fn misfits(validator: &Validator, metadata: &Value) -> Vec<FieldProblem> {
    let texts = unkept(metadata).map(|path| FieldProblem::new(field_at(&path, None), "must not hold a NUL"));
    let problems = validator.iter_errors(metadata).take(50).flat_map(|error| {
        let (path, words) = (error.instance_path().to_string(), error.masked().to_string());
        match error.kind() {
            Misfit::Required { property } => {
                vec![FieldProblem::new(field_at(&path, property.as_str()), "is required")]
            }
            Misfit::AdditionalProperties { unexpected } | Misfit::UnevaluatedProperties { unexpected } => {
                let unknown =
                    |name: &String| FieldProblem::new(field_at(&path, Some(name)), "is not a field of this event");
                unexpected.iter().map(unknown).collect()
            }
            _ => vec![FieldProblem::new(field_at(&path, None), words)],
        }
    });
    texts.into_iter().chain(problems).collect()
}

/// A field by its path, or the one of this name in what stands there.
fn field_at(path: &str, name: Option<&str>) -> String {
    let path = path.trim_start_matches('/').replace('/', ".");
    match (path.is_empty(), name) {
        (true, None) => "metadata".to_owned(),
        (true, Some(name)) => name.to_owned(),
        (false, None) => path,
        (false, Some(name)) => format!("{path}.{name}"),
    }
}

/// Where a text stands that PostgreSQL does not keep; no name holds a NUL, whoever sends it.
fn unkept(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(place, item)| Some(format!("/{place}{}", unkept(item)?)))
        }
        Value::Object(members) => members.iter().find_map(|(name, value)| Some(format!("/{name}{}", unkept(value)?))),
        _ => None,
    }
}

impl NewEventType {
    fn checked(self) -> Result<Self, WriteError> {
        let mut problems = Vec::new();
        let mut problem = |field, text: String| problems.push(Problem { field, problem: text });
        let fits = |name: &str| {
            (1..=100).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
                && name.starts_with(|first: char| first.is_ascii_alphabetic())
        };
        let words = "must be 1 to 100 letters, digits, full stops, hyphens and underscores, and begin with a letter";
        if !fits(&self.event_type) {
            problem("eventType", words.to_owned());
        } else if Step::from_word(&self.event_type).is_some() || is_own(&self.event_type) {
            problem("eventType", "is a type that the hospital logs by itself".to_owned());
        }
        if !fits(&self.aggregate_type) {
            problem("aggregateType", words.to_owned());
        } else if self.aggregate_type == "visit" || own().iter().any(|own| own.aggregate_type == self.aggregate_type) {
            problem("aggregateType", "is one that the hospital keeps by itself".to_owned());
        }
        let is_tag = |tag: &String| {
            (1..=50).contains(&tag.len())
                && tag.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-'))
        };
        if self.tags.len() > 20 || !self.tags.iter().all(is_tag) {
            problem("tags", "must be at most 20 texts, each of 1 to 50 of A-Z 0-9 _ -".to_owned());
        }
        if self.schema.to_string().len() > LONGEST_SCHEMA {
            problem("schema", format!("must have at most {LONGEST_SCHEMA} bytes"));
        } else if unkept(&self.schema).is_some() {
            problem("schema", "must not hold a NUL".to_owned());
        } else if !self.schema.is_object() {
            problem("schema", "must be a JSON Schema that is an object".to_owned());
        } else if let Err(error) = validator(&self.schema) {
            problem("schema", format!("is no JSON Schema that can be used here: {error}"));
        }
        let title = self.title.unwrap_or_else(|| self.event_type.clone());
        let title = line("title", &title, 100).map_err(|wrong| problems.push(wrong)).unwrap_or_default();
        if problems.is_empty() { Ok(Self { title: Some(title), ..self }) } else { Err(WriteError::Invalid(problems)) }
    }
}

const LATEST_VERSION: &str = "SELECT MAX(schema_version) FROM event_types WHERE tenant_id = $1 AND event_type = $2";
const ADD: &str = "INSERT INTO event_types \
    (tenant_id, event_type, schema_version, aggregate_type, title, schema, roles, tags, registered_by, registered_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// Adds a type, or the next version of one, in a transaction that others wait for: which version is the next must not change.
pub async fn add(
    tx: &mut Tx,
    tenant: &TenantId,
    by: &PersonId,
    new: NewEventType,
    now: DateTime<Utc>,
) -> Result<EventType, WriteError> {
    let NewEventType { event_type, aggregate_type, title, schema, roles, tags } = new.checked()?;
    let latest: Option<i32> = on!(&mut *tx, connection => sqlx::query_scalar(LATEST_VERSION)
        .bind(tenant)
        .bind(&event_type)
        .fetch_one(&mut **connection)
        .await)?;
    let title = title.unwrap_or_else(|| event_type.clone());
    let schema_version = latest.unwrap_or(0) + 1;
    let added = EventType { event_type, schema_version, aggregate_type, title, schema, roles, tags };
    on!(tx, connection => sqlx::query(ADD)
        .bind(tenant)
        .bind(&added.event_type)
        .bind(added.schema_version)
        .bind(&added.aggregate_type)
        .bind(&added.title)
        .bind(&added.schema)
        .bind(sqlx::types::Json(&added.roles))
        .bind(sqlx::types::Json(&added.tags))
        .bind(by)
        .bind(now)
        .execute(&mut **connection)
        .await
        .map(drop))?;
    Ok(added)
}

const LIST: &str = "SELECT event_type, schema_version, aggregate_type, title, schema, roles, tags FROM event_types \
    WHERE tenant_id = $1 ORDER BY event_type, schema_version LIMIT 1000";

/// Every version of every type that a tenant has added.
pub async fn list(db: &Db, tenant: &TenantId) -> sqlx::Result<Vec<EventType>> {
    on!(&db.read, pool => sqlx::query_as(LIST).bind(tenant).fetch_all(pool).await)
}

const NAMED: Statement = Statement {
    sqlite: "SELECT event_type, schema_version, aggregate_type, title, schema, roles, tags FROM event_types \
        WHERE tenant_id = $1 AND event_type IN (SELECT value FROM json_each($2))",
    postgres: "SELECT event_type, schema_version, aggregate_type, title, schema, roles, tags FROM event_types \
        WHERE tenant_id = $1 AND event_type = ANY (ARRAY(SELECT jsonb_array_elements_text($2::text::jsonb)))",
};

/// Every version of the types of some names.
pub async fn named(tx: &mut Tx, tenant: &TenantId, names: &[&str]) -> sqlx::Result<Vec<EventType>> {
    NAMED.read(tx, tenant, names).await
}
