//! What people do, on its way into the log: gathered into requests, and logged by a clock of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::clock::Clock;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::ids::{PersonId, VisitId};
use crate::record::{RecordError, Recorder, Wish};

/// How many requests are under way at once.
const IN_FLIGHT: usize = 1024;

/// A deed of somebody.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Who.
    pub by: Arc<Actor>,
    /// What, with its time.
    pub wish: Wish,
}

/// What one person does on one or more visits, logged in one go.
pub type Request = (Arc<Actor>, Vec<Wish>);

/// Gathers deeds, in the order they were done, into as few requests as keep the order on every visit.
pub fn requests(deeds: impl IntoIterator<Item = Deed>) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let mut of_person: BTreeMap<PersonId, usize> = BTreeMap::new();
    let mut of_visit: BTreeMap<VisitId, usize> = BTreeMap::new();
    for Deed { by, wish } in deeds {
        let earliest = wish.visit_id.as_ref().and_then(|visit| of_visit.get(visit)).copied().unwrap_or(0);
        let open = of_person.get(&by.id).copied().filter(|index| *index >= earliest);
        let index = open.unwrap_or(requests.len());
        if index == requests.len() {
            of_person.insert(by.id.clone(), index);
            requests.push((by, Vec::new()));
        }
        if let Some(visit) = &wish.visit_id {
            of_visit.insert(visit.clone(), index);
        }
        if let Some((_, wishes)) = requests.get_mut(index) {
            wishes.push(wish);
        }
    }
    requests
}

/// Logs requests in their order, many under way at once so that they are committed together; says how many events they were.
pub async fn log(recorder: &Recorder, tenant: &Tenant, requests: Vec<Request>) -> Result<usize, RecordError> {
    stream::iter(requests)
        .map(|(actor, wishes)| async move {
            let recorded = recorder.record(tenant, &actor, wishes, None).await?;
            Ok(recorded.events.len())
        })
        .buffered(IN_FLIGHT)
        .try_fold(0, async |sum, events| Ok(sum + events))
        .await
}

/// A clock that shows when the last of what is logged was done, so that days that are over can be lived through.
#[derive(Clone, Debug)]
pub struct OwnClock(Arc<AtomicI64>);

impl OwnClock {
    /// A clock that shows a moment.
    pub fn at(moment: DateTime<Utc>) -> Self {
        Self(Arc::new(AtomicI64::new(moment.timestamp_millis())))
    }

    /// Goes on to a moment; never back.
    pub fn reach(&self, moment: DateTime<Utc>) -> DateTime<Utc> {
        self.0.fetch_max(moment.timestamp_millis(), Ordering::Relaxed);
        self.now()
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// The clock for whoever asks the time.
    pub fn clock(&self) -> Clock {
        let own = self.clone();
        Clock::from_fn(move || own.now())
    }
}
