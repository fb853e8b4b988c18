//! One subscription served: read the log, deliver, hold back, give up, move the checkpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt;
use futures::stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::sleep;

use super::nats::Nats;
use super::webhook::Webhook;
use super::{Outcome, Settings};
use crate::clock::Clock;
use crate::db::Db;
use crate::journey::ids::{EventId, TenantId};
use crate::log::deliveries::{self, Aggregate, DeadLetter, Held, Progress, Resent, Run};
use crate::log::subscriptions::{self, Lease, Subscription, SubscriptionKind, SubscriptionState};
use crate::log::{self, Filter, StoredEvent};
use crate::record::{Announcement, Recorder};

/// The way to a receiver.
enum Sender {
    Webhook(Webhook),
    Nats(Nats),
}

impl Sender {
    fn open(subscription: &Subscription, secret: Option<String>, settings: &Settings) -> Result<Self, String> {
        match subscription.kind {
            SubscriptionKind::Webhook => {
                let secret = secret.ok_or("there is no secret to sign with")?;
                Webhook::new(&subscription.target, secret, settings.plain_webhooks).map(Self::Webhook)
            }
            SubscriptionKind::Nats => Nats::new(&subscription.target, secret).map(Self::Nats),
        }
    }
}

/// Serves one subscription, as long as it holds the lease.
#[derive(Debug)]
pub struct Worker {
    db: Db,
    clock: Clock,
    recorder: Recorder,
    settings: Settings,
    lease: Lease,
    stopping: watch::Receiver<()>,
}

/// How a turn of the worker ended.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    /// There may be more to do at once.
    Busy,
    /// All that could be done was done; something is due after so long.
    Idle(Option<Duration>),
    /// The receiver is away.
    Away,
    /// There is nothing more to serve here.
    Over,
}

impl Worker {
    /// A worker for a lease.
    pub fn new(
        db: Db,
        clock: Clock,
        recorder: Recorder,
        settings: Settings,
        lease: Lease,
        stopping: watch::Receiver<()>,
    ) -> Self {
        Self { db, clock, recorder, settings, lease, stopping }
    }

    /// Serves until the subscription is paused or removed, another holds the lease, or the server stops.
    pub async fn serve(&mut self) {
        let mut announcements = self.recorder.subscribe();
        let mut sender = None;
        let mut failures = 0;
        loop {
            let turn = self.turn(&mut sender).await.unwrap_or_else(|error| {
                tracing::warn!(subscription = %self.lease.subscription, %error, "the database does not answer");
                Turn::Idle(None)
            });
            failures = if turn == Turn::Away { failures + 1 } else { 0 };
            let poll = self.settings.poll;
            let (wait, heedful) = match turn {
                Turn::Over => return,
                Turn::Busy => (Duration::ZERO, true),
                Turn::Idle(due) => (due.map_or(poll, |due| due.min(poll)), true),
                Turn::Away => (self.settings.reconnect.after(failures, rand::random()), false),
            };
            tokio::select! {
                biased;
                _ = self.stopping.changed() => return,
                () = sleep(wait) => {}
                () = announced(&mut announcements, &self.lease.tenant), if heedful => {}
            }
        }
    }

    async fn turn(&self, sender: &mut Option<Sender>) -> sqlx::Result<Turn> {
        let Lease { tenant, subscription: id, .. } = &self.lease;
        let subscription = subscriptions::by_id(&self.db, tenant, id).await?;
        let Some(subscription) = subscription.filter(|found| found.state == SubscriptionState::Active) else {
            return Ok(Turn::Over);
        };
        let sender = match sender {
            Some(sender) => sender,
            None => {
                let secret = subscriptions::secret(&self.db, tenant, id).await?;
                match Sender::open(&subscription, secret, &self.settings) {
                    Ok(opened) => sender.insert(opened),
                    Err(problem) => return self.report(&subscription, problem).await,
                }
            }
        };
        let sending = Sending { worker: self, subscription: &subscription, sender, away: OnceLock::new() };
        sending.turn().await
    }

    /// Says why nothing can be delivered.
    async fn report(&self, subscription: &Subscription, problem: String) -> sqlx::Result<Turn> {
        if subscription.problem.as_ref() == Some(&problem) {
            return Ok(Turn::Away);
        }
        let position = subscription.position;
        let progress = Progress { from: position, to: position, problem: Some(problem), ..Progress::default() };
        let kept = deliveries::keep(&self.db, &self.lease, &progress).await?;
        Ok(if kept { Turn::Away } else { Turn::Over })
    }

    fn is_stopping(&self) -> bool {
        self.stopping.has_changed().unwrap_or(true)
    }
}

/// Ends when an event of the tenant was logged.
async fn announced(announcements: &mut broadcast::Receiver<Announcement>, tenant: &TenantId) {
    loop {
        match announcements.recv().await {
            Ok(announcement) if announcement.tenant_id != *tenant => {}
            Ok(_) | Err(RecvError::Lagged(_)) => break,
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
    // One look at the log answers all that were made so far.
    *announcements = announcements.resubscribe();
}

/// One turn: at most one batch of each kind of work.
struct Sending<'a> {
    worker: &'a Worker,
    subscription: &'a Subscription,
    sender: &'a Sender,
    /// Why the receiver cannot be reached, once that was found.
    away: OnceLock<String>,
}

impl Sending<'_> {
    async fn turn(&self) -> sqlx::Result<Turn> {
        let (db, Lease { tenant, subscription: id, .. }) = (&self.worker.db, &self.worker.lease);
        let batch = self.subscription.limits.batch_size;
        let mut busy = false;

        let to_resend = deliveries::to_resend(db, tenant, id, batch).await?;
        let held = deliveries::held(db, tenant, id).await?;
        let now = self.worker.clock.now();
        let due: Vec<_> = held.iter().filter(|held| held.due_at <= now).take(batch as usize).cloned().collect();
        if !to_resend.is_empty() || !due.is_empty() {
            let mut progress = self.standing_still();
            for event_id in to_resend {
                progress.resent.extend(self.resend(event_id).await?);
            }
            let runs = stream::iter(due).map(|held| self.go_on(held)).buffer_unordered(self.concurrency());
            let runs: Vec<sqlx::Result<Run>> = runs.collect().await;
            progress.runs = runs.into_iter().collect::<sqlx::Result<_>>()?;
            if !self.keep(progress).await? {
                return Ok(Turn::Over);
            }
            busy = true;
        }
        if self.halted() {
            return Ok(if self.away.get().is_some() { Turn::Away } else { Turn::Idle(None) });
        }

        let held = if busy { deliveries::held(db, tenant, id).await? } else { held };
        if held.len() < self.worker.settings.most_held {
            let position = self.subscription.position;
            let events = log::page(db, tenant, &Filter::All, Some(position), batch as u32).await?;
            if let Some(last) = events.last() {
                let progress = Progress { to: last.position, ..self.standing_still() };
                let runs = self.deliver(&held, events).await;
                if !self.keep(Progress { runs, ..progress }).await? {
                    return Ok(Turn::Over);
                }
                busy = true;
            }
        }
        Ok(if self.away.get().is_some() {
            Turn::Away
        } else if busy {
            Turn::Busy
        } else {
            let next = held.iter().map(|held| held.due_at - now).min();
            Turn::Idle(next.map(|due| due.to_std().unwrap_or_default()))
        })
    }

    /// Delivers what was read of the log, but for the aggregates that are held back, whose events wait there.
    async fn deliver(&self, held: &[Held], events: Vec<StoredEvent>) -> Vec<Run> {
        let held: BTreeSet<_> = held.iter().map(|held| &held.aggregate).collect();
        let mut wanted: BTreeMap<Aggregate, Vec<StoredEvent>> = BTreeMap::new();
        for event in events.into_iter().filter(|event| self.subscription.wanted.takes(event)) {
            let aggregate = Aggregate::of(&event);
            if !held.contains(&aggregate) {
                wanted.entry(aggregate).or_default().push(event);
            }
        }
        let runs = stream::iter(wanted).map(async |(aggregate, events)| self.run(aggregate, &events, 0).await);
        // Of those that are done there is nothing to keep.
        let runs = runs.buffer_unordered(self.concurrency());
        runs.filter(|run| std::future::ready(run.held.is_some() || !run.dead.is_empty())).collect().await
    }

    /// Goes on with an aggregate that was held back, up to the checkpoint.
    async fn go_on(&self, held: Held) -> sqlx::Result<Run> {
        let aggregate = held.aggregate;
        let Aggregate { aggregate_type, aggregate_id } = aggregate.clone();
        let filter = Filter::Aggregate { aggregate_type, aggregate_id };
        let limit = self.subscription.limits.batch_size as u32;
        let events =
            log::page(&self.worker.db, &self.worker.lease.tenant, &filter, Some(held.position - 1), limit).await?;
        // What stands after the checkpoint comes with the next batch.
        let events: Vec<_> =
            events.into_iter().take_while(|event| event.position <= self.subscription.position).collect();
        let last = events.last().filter(|_| events.len() == limit as usize);
        let rest = last.map(|event| (event.position + 1, event.recorded_at));
        let wanted: Vec<_> = events.into_iter().filter(|event| self.subscription.wanted.takes(event)).collect();
        let mut run = self.run(aggregate, &wanted, held.attempts).await;
        if let (None, Some((position, recorded_at))) = (&run.held, rest) {
            let (aggregate, due_at) = (run.aggregate.clone(), self.worker.clock.now());
            run.held = Some(Held { aggregate, position, recorded_at, attempts: 0, due_at, problem: None });
        }
        Ok(run)
    }

    /// Delivers events of one aggregate, one after the other, until one has to be tried again later.
    async fn run(&self, aggregate: Aggregate, events: &[StoredEvent], mut attempts: i32) -> Run {
        let mut run = Run { aggregate, held: None, dead: Vec::new() };
        for event in events {
            let outcome = if self.halted() { None } else { Some(self.send(event).await) };
            let (problem, wait) = match outcome {
                Some(Outcome::Delivered) => {
                    attempts = 0;
                    continue;
                }
                Some(Outcome::Refused(problem)) if attempts + 1 >= self.subscription.limits.max_attempts => {
                    run.dead.push(self.dead_letter(event, attempts + 1, problem));
                    attempts = 0;
                    continue;
                }
                Some(Outcome::Refused(problem)) => {
                    attempts += 1;
                    (Some(problem), self.worker.settings.retry.after(attempts.unsigned_abs(), rand::random()))
                }
                // It was not tried, or nobody was there: that counts for nothing.
                Some(Outcome::Away(_)) | None => (None, Duration::ZERO),
            };
            let due_at = self.worker.clock.now() + TimeDelta::from_std(wait).unwrap_or_default();
            let (position, recorded_at) = (event.position, event.recorded_at);
            run.held =
                Some(Held { aggregate: run.aggregate.clone(), position, recorded_at, attempts, due_at, problem });
            break;
        }
        run
    }

    /// Sends a dead letter once more.
    async fn resend(&self, event_id: EventId) -> sqlx::Result<Option<Resent>> {
        if self.halted() {
            return Ok(None);
        }
        let event = log::event(&self.worker.db, &self.worker.lease.tenant, &event_id).await?;
        let refused = match event {
            None => Some("the log has no such event".to_owned()),
            Some(event) => match self.send(&event).await {
                Outcome::Delivered => None,
                Outcome::Refused(problem) => Some(problem),
                Outcome::Away(_) => return Ok(None),
            },
        };
        Ok(Some(Resent { event_id, refused }))
    }

    async fn send(&self, event: &StoredEvent) -> Outcome {
        let tenant = &self.worker.lease.tenant;
        let outcome = match self.sender {
            Sender::Webhook(webhook) => webhook.send(tenant, event, self.worker.clock.now()).await,
            Sender::Nats(nats) => nats.send(tenant, event).await,
        };
        if let Outcome::Away(problem) = &outcome {
            // The first to find out says why.
            let _ = self.away.set(problem.clone());
        }
        outcome
    }

    fn dead_letter(&self, event: &StoredEvent, attempts: i32, problem: String) -> DeadLetter {
        DeadLetter {
            event_id: event.event.id.clone(),
            position: event.position,
            event_type: event.event.event_type.clone(),
            aggregate: Aggregate::of(event),
            attempts,
            problem,
            given_up_at: self.worker.clock.now(),
            resend_at: None,
        }
    }

    /// Whether nothing more is to be sent in this turn.
    fn halted(&self) -> bool {
        self.away.get().is_some() || self.worker.is_stopping()
    }

    fn standing_still(&self) -> Progress {
        let position = self.subscription.position;
        Progress { from: position, to: position, ..Progress::default() }
    }

    async fn keep(&self, progress: Progress) -> sqlx::Result<bool> {
        let progress = Progress { problem: self.away.get().cloned(), ..progress };
        deliveries::keep(&self.worker.db, &self.worker.lease, &progress).await
    }

    fn concurrency(&self) -> usize {
        self.subscription.limits.concurrency.unsigned_abs() as usize
    }
}
