//! `sojourn subscription`: who is handed each event.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{DatabaseOptions, Error, the_system, the_tenant};
use crate::clock::Clock;
use crate::db::Db;
use crate::delivery::{self, NewSubscription};
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{EventId, Id};
use crate::log::deliveries::{self, Aggregate, DeadLetter};
use crate::log::subscriptions::{self, Subscription, SubscriptionState};
use crate::record::Recorder;

/// How many dead letters are read at once.
const PAGE: u32 = 1000;

/// What can be done with subscriptions.
#[derive(Debug, Subcommand)]
pub enum SubscriptionCommand {
    /// Subscribe a webhook or a NATS server; a secret that is made here is printed, once
    Add(AddSubscription),
    /// List the subscriptions, and how far each is behind
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Serve a subscription no more, until it is resumed
    Pause(One),
    /// Serve a paused subscription again, from where it stopped
    Resume(One),
    /// End a subscription, and forget its dead letters
    Remove(One),
    /// List the events that were given up
    DeadLetters(One),
    /// Have dead letters sent once more, by the server that serves the subscription
    Resend {
        #[command(flatten)]
        subscription: One,
        /// Which events, by their ids
        #[arg(required_unless_present = "all", value_parser = event_id, value_name = "EVENT")]
        events: Vec<EventId>,
        /// All of them
        #[arg(long, conflicts_with = "events")]
        all: bool,
    },
}

/// Where subscriptions are.
#[derive(Args, Debug)]
pub struct Place {
    /// The hospital, by its id or name, when there are several
    #[arg(long)]
    tenant: Option<String>,
    #[command(flatten)]
    database: DatabaseOptions,
}

/// One subscription.
#[derive(Args, Debug)]
pub struct One {
    /// What it is called, or its id
    subscription: String,
    #[command(flatten)]
    place: Place,
}

/// What is said of a new subscription.
#[derive(Args, Debug)]
pub struct AddSubscription {
    /// What it is called
    name: String,
    /// https://HOST/PATH for a webhook, nats://HOST:4222 for JetStream
    target: String,
    /// Only events of these types, such as VISIT_REGISTERED,VISIT_COMPLETED
    #[arg(long, value_delimiter = ',', value_name = "TYPES")]
    event_types: Vec<String>,
    /// Only what happens to these kinds of thing, such as visit,claim
    #[arg(long, value_delimiter = ',', value_name = "TYPES")]
    aggregate_types: Vec<String>,
    /// Only events that bear any of these tags
    #[arg(long, value_delimiter = ',')]
    tags: Vec<String>,
    /// How many events are read at once
    #[arg(long, value_name = "NUMBER")]
    batch_size: Option<i64>,
    /// How many deliveries are under way at once
    #[arg(long, value_name = "NUMBER")]
    concurrency: Option<i64>,
    /// After how many refusals an event is given up
    #[arg(long, value_name = "NUMBER")]
    max_attempts: Option<i64>,
    /// The position in the log after which to begin, 0 for everything [default: what comes from now on]
    #[arg(long, value_name = "POSITION")]
    after: Option<i64>,
    // No flag: what is typed as one is seen by everybody on the machine.
    #[arg(skip = std::env::var("SOJOURN_SUBSCRIPTION_SECRET").ok().map(Hidden))]
    secret: Option<Hidden>,
    #[command(flatten)]
    place: Place,
}

/// A secret from the environment.
pub struct Hidden(String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}

fn event_id(text: &str) -> Result<EventId, String> {
    EventId::parse(text).map_err(|error| error.to_string())
}

/// Does what was asked, and says so.
pub async fn run(command: SubscriptionCommand) -> Result<(), Error> {
    let place = match &command {
        SubscriptionCommand::Add(AddSubscription { place, .. }) | SubscriptionCommand::List { place } => place,
        SubscriptionCommand::Pause(one)
        | SubscriptionCommand::Resume(one)
        | SubscriptionCommand::Remove(one)
        | SubscriptionCommand::DeadLetters(one)
        | SubscriptionCommand::Resend { subscription: one, .. } => &one.place,
    };
    let db = place.database.open().await?;
    let done = match the_tenant(&db, place.tenant.as_deref()).await {
        Ok(tenant) => act(&db, &tenant, command).await,
        Err(error) => Err(error),
    };
    db.close().await;
    println!("{}", done?);
    Ok(())
}

async fn act(db: &Db, tenant: &Tenant, command: SubscriptionCommand) -> Result<String, Error> {
    match command {
        SubscriptionCommand::Add(new) => add(db, tenant, new).await,
        SubscriptionCommand::List { .. } => list(db, tenant).await,
        SubscriptionCommand::Pause(one) => set_state(db, tenant, one, SubscriptionState::Paused).await,
        SubscriptionCommand::Resume(one) => set_state(db, tenant, one, SubscriptionState::Active).await,
        SubscriptionCommand::Remove(one) => {
            let found = find(db, tenant, one).await?;
            recorder(db).remove_subscription(tenant, &the_system(db, tenant).await?, &found.id).await?;
            Ok(format!("{} is removed.", found.name))
        }
        SubscriptionCommand::DeadLetters(one) => {
            let found = find(db, tenant, one).await?;
            let letters = every_dead_letter(db, tenant, &found).await?;
            Ok(if letters.is_empty() { format!("{} has no dead letters.", found.name) } else { list_letters(&letters) })
        }
        SubscriptionCommand::Resend { subscription, events, all } => {
            let found = find(db, tenant, subscription).await?;
            let events = match all {
                true => {
                    every_dead_letter(db, tenant, &found).await?.into_iter().map(|letter| letter.event_id).collect()
                }
                false => events,
            };
            let now = Clock::system().now();
            for event in &events {
                if !deliveries::resend(db, &tenant.id, &found.id, event, now).await? {
                    return Err(Error::UnknownDeadLetter);
                }
            }
            Ok(format!("{} dead letters of {} will be sent again.", events.len(), found.name))
        }
    }
}

fn recorder(db: &Db) -> Recorder {
    Recorder::new(db.clone(), Clock::system())
}

async fn find(db: &Db, tenant: &Tenant, One { subscription: wanted, .. }: One) -> Result<Subscription, Error> {
    let found = subscriptions::list(db, &tenant.id).await?;
    let mut found = found.into_iter().filter(|found| found.name == wanted || found.id.as_str() == wanted);
    found.next().ok_or(Error::UnknownSubscription(wanted))
}

async fn add(db: &Db, tenant: &Tenant, new: AddSubscription) -> Result<String, Error> {
    let kind = if new.target.starts_with("http") { "WEBHOOK" } else { "NATS" };
    let given = json!({
        "name": new.name, "kind": kind, "target": new.target, "secret": new.secret.map(|Hidden(secret)| secret),
        "eventTypes": new.event_types, "aggregateTypes": new.aggregate_types, "tags": new.tags,
        "batchSize": new.batch_size, "concurrency": new.concurrency, "maxAttempts": new.max_attempts, "after": new.after,
    });
    let new = NewSubscription::read(given).map_err(Error::Invalid)?;
    let (added, secret) = delivery::add(&recorder(db), tenant, &the_system(db, tenant).await?, new).await?;
    let secret = secret.map(|secret| format!("\nIt signs with {}", secret.reveal())).unwrap_or_default();
    Ok(format!("{} ({}) is subscribed from position {}.{secret}", added.name, added.id, added.position))
}

async fn list(db: &Db, tenant: &Tenant) -> Result<String, Error> {
    let lags = deliveries::lags(db, &tenant.id).await?;
    let lines = subscriptions::list(db, &tenant.id).await?.into_iter().map(|found| {
        let lag = lags.iter().find(|lag| lag.subscription_id == found.id);
        let lag = lag.map(|lag| (lag.behind, lag.held, lag.dead_letters)).unwrap_or_default();
        let problem = found.problem.map(|problem| format!("\n    {problem}")).unwrap_or_default();
        format!(
            "{} ({}) to {}: {}, {} behind, {} held back, {} dead letters{problem}",
            found.name, found.id, found.target, found.state, lag.0, lag.1, lag.2
        )
    });
    let lines: Vec<_> = lines.collect();
    Ok(if lines.is_empty() { "Nobody subscribes.".to_owned() } else { lines.join("\n") })
}

async fn set_state(db: &Db, tenant: &Tenant, one: One, state: SubscriptionState) -> Result<String, Error> {
    let found = find(db, tenant, one).await?;
    recorder(db).set_subscription_state(tenant, &the_system(db, tenant).await?, &found.id, state).await?;
    Ok(format!("{} is {}.", found.name, state.label().to_lowercase()))
}

/// The dead letters of a subscription, in words.
fn list_letters(letters: &[DeadLetter]) -> String {
    let lines = letters.iter().map(|letter| {
        let Aggregate { aggregate_type, aggregate_id } = &letter.aggregate;
        format!(
            "{} {} of {aggregate_type} {aggregate_id} at position {}: given up {} after {} attempts; {}",
            letter.event_id, letter.event_type, letter.position, letter.given_up_at, letter.attempts, letter.problem
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn every_dead_letter(db: &Db, tenant: &Tenant, found: &Subscription) -> Result<Vec<DeadLetter>, Error> {
    let mut all: Vec<DeadLetter> = Vec::new();
    loop {
        let after = all.last().map(|letter| letter.position);
        let letters = deliveries::dead_letters(db, &tenant.id, &found.id, after, PAGE).await?;
        if letters.is_empty() {
            return Ok(all);
        }
        all.extend(letters);
    }
}
