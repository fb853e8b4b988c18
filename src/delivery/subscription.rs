//! What is said of a new subscription, and what is refused of it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::address;
use crate::db::new_id;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::schema::{Field, FieldProblem, Shape, check, check_text};
use crate::journey::words::Word;
use crate::log::subscriptions::{Limits, Subscription, SubscriptionKind, SubscriptionState, Wanted};
use crate::record::Recorder;
use crate::schemas::{Described, of_fields, stands};

/// What every secret that is made here begins with, so that one which leaked is known for what it is.
const PREFIX: &str = "sjw_";
/// The shortest secret that signs.
const SHORTEST_SECRET: usize = 16;
/// The most words in a list, and the longest of them.
const WORDS: usize = 100;
const LONGEST_WORD: usize = 100;

const FIELDS: &[Field] = &[
    Field { name: "name", shape: Shape::Text { max: 200 }, required: true },
    Field { name: "kind", shape: Shape::Choice(SubscriptionKind::CHOICES), required: true },
    Field { name: "target", shape: Shape::Text { max: 2000 }, required: true },
    Field { name: "secret", shape: Shape::Text { max: 200 }, required: false },
    Field { name: "batchSize", shape: Shape::Whole { min: 1, max: 1000 }, required: false },
    Field { name: "concurrency", shape: Shape::Whole { min: 1, max: 64 }, required: false },
    Field { name: "maxAttempts", shape: Shape::Whole { min: 1, max: 100 }, required: false },
    Field { name: "after", shape: Shape::Whole { min: 0, max: i64::MAX }, required: false },
];

/// The fields that are lists of words.
const LISTS: [&str; 3] = ["eventTypes", "aggregateTypes", "tags"];

/// A subscription as it is asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSubscription {
    name: String,
    kind: SubscriptionKind,
    target: String,
    secret: Option<Secret>,
    #[serde(default)]
    event_types: Vec<String>,
    #[serde(default)]
    aggregate_types: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    batch_size: Option<i32>,
    concurrency: Option<i32>,
    max_attempts: Option<i32>,
    after: Option<i64>,
}

/// What signs; it is shown once, to whoever made the subscription.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Makes a secret of 256 random bits.
    fn random() -> Self {
        let bits: [u8; 32] = rand::random();
        Self(bits.iter().fold(PREFIX.to_owned(), |text, byte| format!("{text}{byte:02x}")))
    }

    /// The secret as text, to be shown to whoever made it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl NewSubscription {
    /// Reads what was sent, and lists everything that is wrong with it.
    pub fn read(body: Value) -> Result<Self, Vec<FieldProblem>> {
        let Value::Object(members) = body else { return Err(vec![FieldProblem::new("body", "must be an object")]) };
        let (lists, scalars): (Map<_, _>, Map<_, _>) =
            members.into_iter().partition(|(name, _)| LISTS.contains(&name.as_str()));
        let lists: Map<_, _> = lists.into_iter().filter(|(_, list)| !list.is_null()).collect();
        let mut problems: Vec<_> =
            lists.iter().filter_map(|(name, list)| Some(FieldProblem::new(name, check_list(list).err()?))).collect();
        let mut body = Value::Object(scalars);
        problems.extend(check(FIELDS, &body).into_iter().map(|problem| {
            match FIELDS.iter().any(|field| field.name == problem.field) {
                true => problem,
                false => FieldProblem::new(problem.field, "is not a field of a subscription"),
            }
        }));
        if let Value::Object(members) = &mut body {
            members.extend(lists);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let new: Self = serde_json::from_value(body).map_err(|_| vec![FieldProblem::new("body", "cannot be read")])?;
        new.check()
    }

    fn check(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        self.name = self.name.trim().to_owned();
        let schemes = match self.kind {
            SubscriptionKind::Webhook => ["http", "https"],
            SubscriptionKind::Nats => ["nats", "tls"],
        };
        if let Err(problem) = address::read(&self.target, &schemes) {
            problems.push(FieldProblem::new("target", problem));
        }
        if self.secret.as_ref().is_some_and(|secret| !is_secret(secret.reveal())) {
            let problem = format!("must be {SHORTEST_SECRET} or more visible ASCII characters");
            problems.push(FieldProblem::new("secret", problem));
        }
        if problems.is_empty() { Ok(self) } else { Err(problems) }
    }
}

impl Described for NewSubscription {
    fn described() -> Value {
        let mut subscription = of_fields(FIELDS);
        for list in LISTS {
            let words = json!({ "type": "string", "minLength": 1, "maxLength": LONGEST_WORD });
            subscription["properties"][list] = json!({ "type": ["array", "null"], "items": words, "maxItems": WORDS });
        }
        subscription["description"] = json!("A subscription to add; an empty list of words asks nothing of an event.");
        subscription
    }
}

stands!(NewSubscription);

fn is_secret(text: &str) -> bool {
    text.len() >= SHORTEST_SECRET && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn check_list(list: &Value) -> Result<(), String> {
    let words = list.as_array().filter(|words| words.len() <= WORDS);
    let words = words.ok_or_else(|| format!("must be a list of at most {WORDS} texts"))?;
    words.iter().try_for_each(|word| check_text(word.as_str().ok_or("must be a list of texts")?, LONGEST_WORD))
}

/// Why a subscription was not added.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// Another one is called so.
    #[error("another subscription is called {0:?}; choose another name")]
    Taken(String),
    /// It would begin after events that have not happened yet, and leave them out.
    #[error("the log ends at {0}; begin there or before")]
    Beyond(i64),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl NewSubscription {
    /// What is made of it, active and from the beginning of the log, with what signs; a webhook without a secret gets one.
    pub fn made(self, now: DateTime<Utc>) -> (Subscription, Option<Secret>) {
        let secret = match (self.kind, self.secret) {
            (SubscriptionKind::Webhook, None) => Some(Secret::random()),
            (_, secret) => secret,
        };
        let made = Subscription {
            id: new_id(),
            name: self.name,
            kind: self.kind,
            target: self.target,
            wanted: Wanted { event_types: self.event_types, aggregate_types: self.aggregate_types, tags: self.tags },
            limits: Limits {
                batch_size: self.batch_size.unwrap_or(100),
                concurrency: self.concurrency.unwrap_or(8),
                max_attempts: self.max_attempts.unwrap_or(15),
            },
            state: SubscriptionState::Active,
            position: 0,
            problem: None,
            created_at: now,
        };
        (made, secret)
    }
}

/// Adds a subscription, active at once.
pub async fn add(
    recorder: &Recorder,
    tenant: &Tenant,
    actor: &Actor,
    new: NewSubscription,
) -> Result<(Subscription, Option<Secret>), NotAdded> {
    let (after, end) = (new.after, recorder.end(&tenant.id).await?);
    if after.is_some_and(|after| after > end) {
        return Err(NotAdded::Beyond(end));
    }
    let (made, secret) = new.made(recorder.now());
    let name = made.name.clone();
    let added = recorder.add_subscription(tenant, actor, made, after, secret.as_ref().map(Secret::reveal)).await?;
    Ok((added.ok_or(NotAdded::Taken(name))?, secret))
}
