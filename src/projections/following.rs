//! Read models that follow the log at their own pace.
//!
//! Each is a [`Projection`] in a file of its own and a line in [`FOLLOWING`]. It takes in pages of events; its checkpoint moves in the
//! transaction of its rows, so no event counts twice however many processes follow. One task each: who fails or is paused holds
//! nobody back, and says so in its checkpoint.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::checkpoint::{self, Checkpoint, Condition};
use super::follow_ups::FollowUps;
use super::measures::VisitMeasures;
use super::statistics::EventStatistics;
use crate::clock::Clock;
use crate::db::beside::Table;
use crate::db::{Db, Tx, commit};
use crate::hospital::tenants::{self, Tenant};
use crate::journey::ids::TenantId;
use crate::log::{self, Occurrence};

/// Why a read model cannot take events in.
pub type Problem = Box<dyn Error + Send + Sync>;

/// A read model that follows the log.
#[async_trait::async_trait]
pub trait Projection: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// The version of what it makes of events; when it is raised, all rows are made anew.
    fn version(&self) -> i32;
    /// The tables that it alone writes; they are emptied together, with the checkpoint set back, or not at all.
    fn tables(&self) -> &'static [Table];
    /// How many events it takes in at once when it is rebuilt, which holds nobody up.
    fn page(&self) -> i64 {
        AT_ONCE
    }
    /// Takes in a page of a tenant's events, each once and in order.
    async fn apply(&self, tx: &mut Tx, tenant: &Tenant, events: Vec<Occurrence>) -> Result<(), Problem>;
}

/// A read model, wherever it is needed.
pub type Follower = &'static dyn Projection;

/// All read models that follow.
pub static FOLLOWING: &[Follower] = &[&EventStatistics, &VisitMeasures, &FollowUps];

/// How many events one may be behind and be as good as level.
const LEVEL: i64 = 1000;

/// How many events one takes in at once: rows that many of them touch are written once, and writers wait for no more than a moment.
const AT_ONCE: i64 = 5000;

/// How often the log is looked at when nobody says that it has grown.
const POLL: Duration = Duration::from_secs(1);

/// How long what is announced is gathered.
const GATHER: Duration = Duration::from_millis(100);

/// The longest wait after failures.
const LONGEST: Duration = Duration::from_secs(60);

/// How a read model does in a tenant's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Whose log.
    pub tenant: TenantId,
    /// Which read model.
    pub name: &'static str,
    /// The version that wrote its rows.
    pub version: i32,
    /// The last event in its rows.
    pub position: i64,
    /// The last event in the log.
    pub head: i64,
    /// How many events it has still to take in.
    pub lag: i64,
    /// What it does.
    pub state: Condition,
    /// Why it fails.
    pub error: Option<String>,
    /// Since when it does so; never, when it has not begun.
    pub since: Option<DateTime<Utc>>,
}

impl State {
    /// Whether it has begun, is of the present version, runs, and has all but the latest of the log.
    pub fn is_level(&self) -> bool {
        let is_present = named(self.name).is_some_and(|projection| projection.version() == self.version);
        let has_begun = self.position > 0 || self.head == 0;
        is_present && has_begun && self.state == Condition::Running && self.lag <= LEVEL
    }
}

/// The read model of a name.
pub fn named(name: &str) -> Option<Follower> {
    FOLLOWING.iter().copied().find(|projection| projection.name() == name)
}

/// How read models do in a tenant's log.
pub async fn states(db: &Db, tenant: &TenantId, followers: &[Follower]) -> sqlx::Result<Vec<State>> {
    let mut states = Vec::new();
    for projection in followers {
        let checkpoint = checkpoint::get(db, tenant, projection.name()).await?;
        // Asked for after the checkpoint, which is never ahead of it.
        let head = log::position(db, tenant).await?;
        let position = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.position);
        states.push(State {
            tenant: tenant.clone(),
            name: projection.name(),
            version: checkpoint.as_ref().map_or(projection.version(), |checkpoint| checkpoint.version),
            position,
            head,
            lag: head - position,
            state: checkpoint.as_ref().map_or(Condition::Running, |checkpoint| checkpoint.state),
            since: checkpoint.as_ref().map(|checkpoint| checkpoint.since),
            error: checkpoint.and_then(|checkpoint| checkpoint.error),
        });
    }
    Ok(states)
}

/// Whether a read model is level with a tenant's log.
pub async fn is_level(db: &Db, tenant: &TenantId, projection: Follower) -> sqlx::Result<bool> {
    Ok(states(db, tenant, &[projection]).await?.iter().all(State::is_level))
}

/// Stops a read model where it is.
pub async fn pause(db: &Db, tenant: &TenantId, projection: Follower, now: DateTime<Utc>) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    checkpoint::lock(&mut tx, tenant, projection.name(), projection.version(), now).await?;
    commit(tx).await?;
    checkpoint::turn(db, tenant, projection.name(), Condition::Paused, now).await
}

/// Lets a paused read model go on, and has a failing one try at once.
pub async fn resume(db: &Db, tenant: &TenantId, projection: Follower, now: DateTime<Utc>) -> sqlx::Result<()> {
    checkpoint::turn(db, tenant, projection.name(), Condition::Running, now).await
}

/// What came of a try to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Went {
    /// There may be more.
    On,
    /// There is nothing to do, or it is not ours to do.
    Nowhere,
}

/// Read models at work.
#[derive(Debug)]
pub struct Following {
    stop: watch::Sender<()>,
    tasks: JoinSet<()>,
}

impl Following {
    /// Sets a task to work for each read model, woken by whatever `wake` announces.
    pub fn start<T: Clone + Send + 'static>(
        db: &Db,
        clock: &Clock,
        followers: &[Follower],
        wake: impl Fn() -> broadcast::Receiver<T>,
    ) -> Self {
        let (stop, mut tasks) = (watch::Sender::new(()), JoinSet::new());
        for projection in followers {
            let task =
                Task { db: db.clone(), clock: clock.clone(), projection: *projection, failures: BTreeMap::new() };
            tasks.spawn(task.work(wake(), stop.subscribe()));
        }
        Self { stop, tasks }
    }

    /// Stops when the pages being taken in are done.
    pub async fn stop(self) {
        drop(self.stop);
        self.tasks.join_all().await;
    }
}

/// One read model, following the logs of all tenants.
struct Task {
    db: Db,
    clock: Clock,
    projection: Follower,
    /// Where it failed: how often, and when it tries again.
    failures: BTreeMap<TenantId, (u32, Instant)>,
}

impl Task {
    async fn work<T: Clone + Send + 'static>(
        mut self,
        mut wake: broadcast::Receiver<T>,
        mut stop: watch::Receiver<()>,
    ) {
        loop {
            if let Err(error) = self.round(&stop).await {
                tracing::warn!(%error, projection = self.projection.name(), "a read model could not follow the log");
            }
            tokio::select! {
                _ = stop.changed() => return,
                () = sleep(POLL) => {}
                () = woken(&mut wake) => {}
            }
        }
    }

    /// Takes in what every tenant's log holds by now.
    async fn round(&mut self, stop: &watch::Receiver<()>) -> sqlx::Result<()> {
        for tenant in tenants::list(&self.db).await? {
            while stop.has_changed().is_ok() {
                let checkpoint = checkpoint::get(&self.db, &tenant.id, self.projection.name()).await?;
                let fails = checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.state == Condition::Failing);
                let early = self.failures.get(&tenant.id).is_some_and(|(_, again)| Instant::now() < *again);
                if fails && early {
                    break;
                }
                match self.go_on(&tenant, checkpoint.as_ref()).await {
                    Ok(Went::On) => drop(self.failures.remove(&tenant.id)),
                    Ok(Went::Nowhere) => break,
                    Err(problem) => {
                        self.failed(&tenant, checkpoint.map_or(0, |checkpoint| checkpoint.position), &problem).await?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes in the next page of a tenant's events.
    async fn go_on(&self, tenant: &Tenant, checkpoint: Option<&Checkpoint>) -> Result<Went, Problem> {
        let (name, version, now) = (self.projection.name(), self.projection.version(), self.clock.now());
        let checkpoint = match checkpoint {
            Some(checkpoint) if checkpoint.state == Condition::Paused || checkpoint.version > version => {
                return Ok(Went::Nowhere);
            }
            Some(checkpoint) if checkpoint.version == version => checkpoint,
            _ => {
                let mut tx = self.db.begin().await?;
                let found = checkpoint::lock(&mut tx, &tenant.id, name, version, now).await?;
                if found.version < version {
                    for table in self.projection.tables() {
                        table.clear.execute(&mut tx, &tenant.id).await?;
                    }
                    checkpoint::restart(&mut tx, &tenant.id, name, version, 0, now).await?;
                }
                commit(tx).await?;
                return Ok(Went::On);
            }
        };
        // What is in the log stays as it is, so it need not be read in the transaction.
        let first = checkpoint.position + 1;
        let events = log::happened(&self.db, &tenant.id, first, checkpoint.position + AT_ONCE).await?;
        let Some(last) = events.last().map(|last| last.position) else { return Ok(Went::Nowhere) };
        let mut tx = self.db.begin().await?;
        if !checkpoint::advance(&mut tx, &tenant.id, name, checkpoint, last, now).await? {
            return Ok(Went::Nowhere);
        }
        self.projection.apply(&mut tx, tenant, events).await?;
        commit(tx).await?;
        Ok(Went::On)
    }

    async fn failed(&mut self, tenant: &Tenant, position: i64, problem: &Problem) -> sqlx::Result<()> {
        let (times, again) = self.failures.entry(tenant.id.clone()).or_insert((0, Instant::now()));
        *times += 1;
        *again = Instant::now() + LONGEST.min(Duration::from_millis(500) * 2_u32.pow((*times).min(8)));
        tracing::warn!(%problem, projection = self.projection.name(), tenant = %tenant.id, position, "a read model fails");
        let error = problem.to_string();
        checkpoint::fail(&self.db, &tenant.id, self.projection.name(), position, &error, self.clock.now()).await
    }
}

/// Ends when something was announced; never once nobody can announce anything.
async fn woken<T: Clone>(wake: &mut broadcast::Receiver<T>) {
    match wake.recv().await {
        Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {
            // What else is announced in a moment is looked at together: a page costs a commit, however few events it has.
            sleep(GATHER).await;
            while !matches!(
                wake.try_recv(),
                Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed)
            ) {}
        }
        Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
    }
}
