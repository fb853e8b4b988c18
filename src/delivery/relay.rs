//! The relay of a server: takes the leases that nobody holds, and has each subscription served by a worker of its own.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Settings;
use super::lease::{term, while_held};
use super::worker::Worker;
use crate::clock::Clock;
use crate::db::{Db, new_id};
use crate::journey::ids::AttemptId;
use crate::log::subscriptions::{self, Lease};
use crate::record::Recorder;

/// Serves subscriptions until it is asked to stop.
#[derive(Clone, Debug)]
pub struct Relay {
    db: Db,
    clock: Clock,
    recorder: Recorder,
    settings: Settings,
    /// Who holds its leases.
    name: String,
}

impl Relay {
    /// A relay; it rests until it is run.
    pub fn new(db: Db, clock: Clock, recorder: Recorder, settings: Settings) -> Self {
        Self { db, clock, recorder, settings, name: new_id::<AttemptId>().to_string() }
    }

    /// Serves all active subscriptions that no other server serves, until `stopping` changes or its sender is gone.
    pub async fn run(self, mut stopping: watch::Receiver<()>) {
        let mut workers = JoinSet::new();
        loop {
            match self.acquire().await {
                Ok(leases) => {
                    for lease in leases {
                        workers.spawn(self.clone().serve(lease, stopping.clone()));
                    }
                }
                Err(error) => tracing::warn!(%error, "subscriptions could not be looked up"),
            }
            while workers.try_join_next().is_some() {}
            tokio::select! {
                _ = stopping.changed() => break,
                () = sleep(self.settings.poll) => {}
            }
        }
        while workers.join_next().await.is_some() {}
    }

    async fn acquire(&self) -> sqlx::Result<Vec<Lease>> {
        let mut leases = Vec::new();
        for tenant in crate::log::tenants(&self.db).await? {
            leases.extend(subscriptions::acquire(&self.db, &tenant, &self.name, term(self.settings.lease)).await?);
        }
        Ok(leases)
    }

    /// Serves one subscription until it is paused or removed, the lease is lost, or the server stops.
    async fn serve(self, lease: Lease, stopping: watch::Receiver<()>) {
        let mut worker =
            Worker::new(self.db.clone(), self.clock, self.recorder, self.settings, lease.clone(), stopping);
        match while_held(&self.db, &lease, self.settings.lease, worker.serve()).await {
            None => tracing::warn!(subscription = %lease.subscription, "another server serves this subscription now"),
            Some(()) => {
                let released = tokio::time::timeout(FAREWELL, subscriptions::release(&self.db, &lease)).await;
                if let Ok(Err(error)) = released {
                    tracing::warn!(%error, "a lease could not be given back");
                }
            }
        }
    }
}

/// How long giving a lease back may take.
const FAREWELL: Duration = Duration::from_secs(5);
