//! Live updates: whoever looks at a screen hears that what it shows has changed, and never what happened.
//!
//! | file | holds |
//! |---|---|
//! | `topic` | what screens show, and which events change it |
//! | `pace` | how soon what is logged shows |
//! | `ear` | one who listens: what they missed, what is new, and now and then a sign of life |
//!
//! One task of the process follows the logs of all tenants and tells those who listen what it reads there, so that a change is read
//! once however many look on. It is woken by this process's own recorder, by PostgreSQL's notifications from other processes, and
//! by the time that has passed: the first two are hints, and only the log is the truth.
//!
//! What is told lies in a short queue that all share. Who is too slow for it, or was away, reads the log instead from where they
//! were; so nobody costs more memory than anybody else, and nobody misses anything.

mod ear;
mod pace;
mod topic;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, broadcast, watch};
use tokio::time::sleep;

pub use self::ear::{Ear, Heard};
pub use self::pace::Pace;
pub use self::topic::Topic;

use crate::db::Db;
use crate::journey::ids::{PersonId, TenantId};
use crate::log::{self, Change, Hints};
use crate::record::Recorder;

/// How many changes are read at once.
const PAGE: i64 = 1000;

/// What live updates go by.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How often the log is looked at when nobody says that it grew.
    pub poll: Duration,
    /// How long what is announced is gathered.
    pub gather: Duration,
    /// How often who listens is given a sign of life.
    pub beat: Duration,
    /// How many pieces of news may wait for those who listen.
    pub queue: usize,
    /// How many seats there are for one person.
    pub seats: usize,
    /// How many seats there are for all who are not signed in, in each hospital.
    pub public_seats: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            gather: Duration::from_millis(25),
            beat: Duration::from_secs(15),
            queue: 256,
            seats: 20,
            public_seats: 100,
        }
    }
}

/// Live updates of a process; cheap to clone. They end when the last clone is gone.
#[derive(Clone, Debug)]
pub struct Live {
    hub: Arc<Hub>,
    stopping: Arc<watch::Sender<bool>>,
}

/// What the task and those who listen share.
#[derive(Debug)]
struct Hub {
    db: Db,
    settings: Settings,
    /// How far each log was told, at each pace.
    told: Mutex<BTreeMap<(TenantId, Pace), i64>>,
    news: broadcast::Sender<Arc<News>>,
    taken: Mutex<BTreeMap<(TenantId, Option<PersonId>), usize>>,
}

/// What changed in a tenant's log.
#[derive(Debug)]
struct News {
    tenant: TenantId,
    pace: Pace,
    changes: Vec<Change>,
}

impl Live {
    /// Follows the logs of a database from now on.
    pub fn follow(db: &Db, recorder: &Recorder, settings: Settings) -> Self {
        let hub = Arc::new(Hub {
            db: db.clone(),
            settings,
            told: Mutex::default(),
            news: broadcast::channel(settings.queue.max(1)).0,
            taken: Mutex::default(),
        });
        let stopping = watch::Sender::new(false);
        let woken = Arc::new(Notify::new());
        let announcements = recorder.subscribe();
        tokio::spawn(until(stopping.subscribe(), wake_by(announcements, Arc::clone(&woken))));
        tokio::spawn(until(stopping.subscribe(), hint(db.clone(), settings.poll, Arc::clone(&woken))));
        tokio::spawn(until(stopping.subscribe(), Arc::clone(&hub).work(woken)));
        Self { hub, stopping: Arc::new(stopping) }
    }

    /// Ends all live updates: the server is about to stop.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// How far a tenant's log was told at a pace: what is read after this is asked is no older.
    pub fn position(&self, tenant: &TenantId, pace: Pace) -> Option<i64> {
        self.hub.told(tenant, pace)
    }

    /// Takes a seat for a person, or for one of the public; none when they have too many.
    pub fn seat(&self, tenant: &TenantId, person: Option<&PersonId>) -> Option<Seat> {
        let Settings { seats, public_seats, .. } = self.hub.settings;
        let most = if person.is_some() { seats } else { public_seats };
        let owner = (tenant.clone(), person.cloned());
        let mut taken = self.hub.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(owner.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat { hub: Arc::clone(&self.hub), owner })
    }

    /// How many seats are taken.
    pub fn taken(&self) -> usize {
        self.hub.taken.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Listens for topics of a tenant, from a position of its log on; without one, all of them count as changed.
    pub fn listen(&self, tenant: TenantId, topics: Vec<Topic>, after: Option<i64>) -> Ear {
        Ear::new(Arc::clone(&self.hub), self.stopping.subscribe(), tenant, topics, after)
    }
}

/// A seat, given back when it is dropped.
#[derive(Debug)]
pub struct Seat {
    hub: Arc<Hub>,
    owner: (TenantId, Option<PersonId>),
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.hub.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.owner) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.owner);
            }
        }
    }
}

impl Hub {
    /// Tells what the logs hold, as they grow.
    async fn work(self: Arc<Self>, woken: Arc<Notify>) {
        let mut first = true;
        loop {
            match self.round(first).await {
                Ok(()) => first = false,
                Err(error) => tracing::warn!(%error, "live updates could not follow the log"),
            }
            tokio::select! {
                () = sleep(self.settings.poll) => {}
                // What comes in a moment is told together.
                () = woken.notified() => sleep(self.settings.gather).await,
            }
        }
    }

    /// Tells what every log holds by now; in the first round nobody listens yet.
    async fn round(&self, first: bool) -> sqlx::Result<()> {
        for (tenant, head) in log::positions(&self.db).await? {
            for pace in Pace::ALL {
                if self.told(&tenant, pace) != Some(head) {
                    self.tell(&tenant, pace, first).await?;
                }
            }
        }
        Ok(())
    }

    /// Tells what shows of a log by now.
    async fn tell(&self, tenant: &TenantId, pace: Pace, first: bool) -> sqlx::Result<()> {
        let end = pace.end(&self.db, tenant).await?;
        let mut told = self.told(tenant, pace).unwrap_or(if first { end } else { 0 });
        while told < end {
            let mut changes = log::changes(&self.db, tenant, told, PAGE).await?;
            changes.retain(|change| change.position <= end);
            let Some(last) = changes.last() else { break };
            told = last.position;
            // Nobody listening is no failure.
            let _ = self.news.send(Arc::new(News { tenant: tenant.clone(), pace, changes }));
            self.keep_told(tenant, pace, told);
        }
        // An end that went back is that of another log, put in its place, or of a read model that is made anew.
        self.keep_told(tenant, pace, told.min(end));
        Ok(())
    }

    fn told(&self, tenant: &TenantId, pace: Pace) -> Option<i64> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).get(&(tenant.clone(), pace)).copied()
    }

    fn keep_told(&self, tenant: &TenantId, pace: Pace, position: i64) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).insert((tenant.clone(), pace), position);
    }
}

/// Works until the server is about to stop, or nobody is left to work for.
async fn until(mut stopping: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        _ = stopping.changed() => {}
        () = work => {}
    }
}

/// Wakes whenever this process has logged something.
async fn wake_by<T: Clone>(mut announcements: broadcast::Receiver<T>, woken: Arc<Notify>) {
    while !matches!(announcements.recv().await, Err(broadcast::error::RecvError::Closed)) {
        woken.notify_one();
    }
}

/// Wakes whenever another process says that it has logged something.
async fn hint(db: Db, pause: Duration, woken: Arc<Notify>) {
    loop {
        let failed = match Hints::open(&db).await {
            Ok(mut hints) => loop {
                match hints.next().await {
                    Ok(()) => woken.notify_one(),
                    Err(error) => break error,
                }
            },
            Err(error) => error,
        };
        tracing::debug!(error = %failed, "no hints of other processes; the log is looked at instead");
        sleep(pause).await;
    }
}
