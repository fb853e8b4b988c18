//! Delivery: each event of a log is handed to whoever subscribes, at least once, in order per aggregate (a visit is one).
//!
//! | file | holds |
//! |---|---|
//! | [`subscription`] | what is said of a new subscription, and what is refused of it |
//! | [`relay`] | which subscriptions this server serves: a worker for each lease it holds |
//! | [`worker`] | one subscription served: read the log, deliver, hold back, give up, move the checkpoint |
//! | [`lease`] | a lease kept while the work goes on; the work ends when it is lost |
//! | [`webhook`], [`nats`] | the two ways an event travels |
//! | [`cloud_event`] | an event as CloudEvents 1.0 has it, and its signature |
//! | [`address`] | which addresses may be called at all |
//! | [`backoff`] | how long to wait after a failure |
//!
//! The log is the outbox. Positions are gapless and in commit order, so a subscription needs no more than a checkpoint:
//! - What is read after it is delivered, several aggregates at once, each in order. Then the checkpoint moves, in one transaction with
//!   all that follows here; who crashes before that delivers the batch again, so receivers know events by their id.
//! - An event that is refused is tried again, each time later. Its aggregate is held back meanwhile: the later events of the same
//!   aggregate wait, all others go on.
//! - After the last attempt it becomes a dead letter, and the later events of its aggregate go on without it. A dead letter can be looked
//!   at, and sent once more; it then comes after events that it once preceded.
//! - A receiver that cannot be reached at all has refused nothing: nothing is given up, the log is read no further, and the
//!   subscription says why. The same holds while too many aggregates are held back.
//! - A worker holds a lease with an epoch, and the checkpoint moves only in that epoch: two servers never serve a subscription at once,
//!   and one that lost its lease without knowing writes nothing.

pub mod address;
pub mod backoff;
pub mod cloud_event;
pub mod lease;
pub mod nats;
pub mod relay;
pub mod subscription;
pub mod webhook;
pub mod worker;

use std::time::Duration;

use crate::db::Db;
use crate::journey::ids::TenantId;
use crate::log::deliveries::{self, Lag};

pub use self::backoff::Backoff;
pub use self::relay::Relay;
pub use self::subscription::{NewSubscription, NotAdded, add};

/// What all deliveries of a server go by.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a lease lasts when it is not renewed.
    pub lease: Duration,
    /// How often the log is looked at when nobody says that it grew.
    pub poll: Duration,
    /// How long to wait before a refused event is tried again.
    pub retry: Backoff,
    /// How long to wait before a receiver that is away is called again.
    pub reconnect: Backoff,
    /// How many aggregates may be held back before the log is read no further.
    pub most_held: usize,
    /// Whether webhooks may go to the internet without TLS.
    pub plain_webhooks: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            poll: Duration::from_secs(1),
            retry: Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(3600) },
            reconnect: Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(60) },
            most_held: 1000,
            plain_webhooks: false,
        }
    }
}

/// What a receiver made of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has it.
    Delivered,
    /// It would not take it, or did not say that it did.
    Refused(String),
    /// Nobody was there to take it.
    Away(String),
}

/// How far every subscription of every tenant is behind.
pub async fn lags(db: &Db) -> sqlx::Result<Vec<(TenantId, Lag)>> {
    let mut all = Vec::new();
    for tenant in crate::log::tenants(db).await? {
        let lags = deliveries::lags(db, &tenant).await?;
        all.extend(lags.into_iter().map(|lag| (tenant.clone(), lag)));
    }
    Ok(all)
}
