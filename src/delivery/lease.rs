//! A lease kept while work goes on, and the work ended when it is lost.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::{Instant, sleep, timeout};

use crate::db::Db;
use crate::log::subscriptions::{self, Lease};

/// A duration as the database reckons.
pub fn term(lease: Duration) -> TimeDelta {
    TimeDelta::from_std(lease).unwrap_or(TimeDelta::MAX)
}

/// Works as long as the lease is held; gives nothing when it was lost on the way.
pub async fn while_held<T>(db: &Db, lease: &Lease, lasting: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = until_lost(db, lease, lasting) => None,
    }
}

/// Renews a lease in good time, until it is lost or may have been: a database that does not answer lets it run out.
async fn until_lost(db: &Db, lease: &Lease, lasting: Duration) {
    let mut renewed = Instant::now();
    loop {
        sleep(lasting / 3).await;
        let asked = Instant::now();
        match timeout(lasting / 3, subscriptions::renew(db, lease, term(lasting))).await {
            Ok(Ok(true)) => renewed = asked,
            Ok(Ok(false)) => return,
            Ok(Err(error)) => tracing::warn!(%error, "a lease could not be renewed"),
            Err(_) => tracing::warn!("a lease could not be renewed in time"),
        }
        // Ends before others may take it.
        if renewed.elapsed() >= lasting * 2 / 3 {
            return;
        }
    }
}
