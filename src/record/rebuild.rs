//! Read models made again from the log, beside the live ones, and put in their place in one step.
//!
//! The code that writes the live rows writes those beside, so a row that comes out otherwise was wrong. The prefix of a
//! department's tokens is that of today; where it was changed since, rows differ.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use tokio::task::JoinHandle;

use super::RecordError;
use super::replay::{About, PAGE, Stepped, Visits};
use crate::db::beside::Beside;
use crate::db::rows;
use crate::db::{Db, Source, Tx, commit};
use crate::hospital::tenants::Tenant;
use crate::journey::ids::TenantId;
use crate::log::{self, Occurrence, StoredEvent};
use crate::projections::checkpoint::{self, Checkpoint};
use crate::projections::following::{self, FOLLOWING, Follower, Problem};
use crate::projections::{Changes, TABLES};

/// What can be rebuilt.
#[derive(Clone, Copy)]
pub enum ReadModel {
    /// Visits, tests, bills and tokens, which are written with each event.
    Journey,
    /// One that follows the log.
    Following(Follower),
}

impl ReadModel {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Journey).chain(FOLLOWING.iter().copied().map(Self::Following))
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        if name == Self::Journey.name() { Some(Self::Journey) } else { following::named(name).map(Self::Following) }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Journey => "journey",
            Self::Following(projection) => projection.name(),
        }
    }
}

/// What a rebuild came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// How many events were taken in.
    pub events: i64,
    /// How many live rows were wrong, missing or too many.
    pub differed: u64,
}

/// Why a read model was not rebuilt; the live one is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The log holds something that cannot be read, or the database did not answer.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The read model cannot take an event in.
    #[error("the read model cannot take the log in: {0}")]
    Problem(Problem),
    /// A later version of the program makes it by now.
    #[error("version {0} of this read model is kept by a later version of Sojourn; rebuild it with that one")]
    Newer(i32),
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Record(error.into())
    }
}

/// Rebuilds a tenant's part of a read model while others append; says after each page how many events it had.
///
/// Only the switch holds writers up: it takes in what was logged last and writes the rows that differ, which are known by then.
pub async fn rebuild(
    db: &Db,
    tenant: &Tenant,
    model: ReadModel,
    now: DateTime<Utc>,
    progress: impl FnMut(u64) + Send,
) -> Result<Rebuilt, RebuildError> {
    let tables = match model {
        ReadModel::Journey => TABLES.to_vec(),
        ReadModel::Following(projection) => projection.tables().to_vec(),
    };
    let beside = Beside::make(db, tables).await?;
    let mut rebuild = Rebuild { db, tenant, model, visits: Visits::new(), position: 0, progress };
    let rebuilt = rebuild.run(&beside, now).await;
    beside.close().await;
    rebuilt
}

/// Events that a read model takes in together, with as much of them as it needs.
enum Page {
    Journey(Vec<StoredEvent>),
    Following(Follower, Vec<Occurrence>),
}

impl Page {
    async fn read(
        source: impl Into<Source<'_>>,
        tenant: &TenantId,
        model: ReadModel,
        first: i64,
        last: i64,
    ) -> sqlx::Result<Self> {
        Ok(match model {
            ReadModel::Journey => Self::Journey(log::by_positions(source, tenant, first, last).await?),
            ReadModel::Following(projection) => {
                Self::Following(projection, log::happened(source, tenant, first, last).await?)
            }
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Journey(page) => page.len(),
            Self::Following(_, page) => page.len(),
        }
    }

    /// The last position in it.
    fn end(&self) -> Option<i64> {
        match self {
            Self::Journey(page) => page.last().map(|stored| stored.position),
            Self::Following(_, page) => page.last().map(|happened| happened.position),
        }
    }

    /// What its events happened to.
    fn about(&self) -> BTreeSet<String> {
        match self {
            Self::Journey(page) => page.iter().map(|stored| stored.event.aggregate_id.clone()).collect(),
            Self::Following(_, page) => page.iter().map(|happened| happened.aggregate_id.clone()).collect(),
        }
    }
}

struct Rebuild<'a, P> {
    db: &'a Db,
    tenant: &'a Tenant,
    model: ReadModel,
    visits: Visits,
    /// The last event in the rows beside.
    position: i64,
    progress: P,
}

impl<P: FnMut(u64) + Send> Rebuild<'_, P> {
    async fn run(&mut self, beside: &Beside, now: DateTime<Utc>) -> Result<Rebuilt, RebuildError> {
        if let Some(live) = self.live(self.db).await? {
            self.refuse_newer(&live)?;
        }
        // What is logged meanwhile is caught up with, until little is left to do under the lock.
        loop {
            let goal = self.goal(self.db).await?;
            let behind = goal - self.position;
            let mut next = self.read(goal);
            while self.position < goal {
                let page = next.await.map_err(|_| RecordError::Interrupted)??;
                // The next page is read while this one is taken in.
                self.position = page.end().unwrap_or(goal);
                next = self.read(goal);
                let mut tx = beside.begin().await?;
                self.take(&mut tx, page).await?;
                commit(tx).await?;
            }
            if behind <= PAGE {
                break;
            }
        }
        let compared = self.compare(beside).await?;
        let (turn, mut tx) = beside.begin_switch().await?;
        let goal = match self.model {
            ReadModel::Journey => log::lock_head(&mut tx, &self.tenant.id).await?.position(),
            ReadModel::Following(projection) => {
                let (name, version) = (projection.name(), projection.version());
                let live = checkpoint::lock(&mut tx, &self.tenant.id, name, version, now).await?;
                self.refuse_newer(&live)?;
                // What was made anew in the meantime, or gone on with otherwise than here, is not what was compared.
                if compared.is_some_and(|before| {
                    [before.version, before.generation] != [live.version, live.generation]
                        || live.version != version && before.position != live.position
                }) {
                    beside.compare(&mut tx, &self.tenant.id).await?;
                }
                // What a follower of another version wrote since must not stay either.
                live.position.max(self.position)
            }
        };
        while self.position < goal {
            let visits = self.page(&mut tx, goal).await?;
            beside.note(&mut tx, &self.tenant.id, &visits.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        }
        let differed = beside.switch(&mut tx, &self.tenant.id).await?;
        if let ReadModel::Following(projection) = self.model {
            let (name, version) = (projection.name(), projection.version());
            checkpoint::restart(&mut tx, &self.tenant.id, name, version, self.position, now).await?;
        }
        commit(tx).await?;
        drop(turn);
        Ok(Rebuilt { events: self.position, differed })
    }

    /// Looks for what differs at one moment, so that under the lock only that is looked at, and what was logged since.
    ///
    /// Gives the checkpoint of that moment, if there was one.
    async fn compare(&mut self, beside: &Beside) -> Result<Option<Checkpoint>, RebuildError> {
        let mut tx = beside.begin().await?;
        let live = self.live(&mut tx).await?;
        let goal = self.goal(&mut tx).await?;
        while self.position < goal {
            self.page(&mut tx, goal).await?;
        }
        beside.compare(&mut tx, &self.tenant.id).await?;
        commit(tx).await?;
        Ok(live)
    }

    /// Leaves alone what a later version of the program keeps.
    fn refuse_newer(&self, live: &Checkpoint) -> Result<(), RebuildError> {
        match self.model {
            ReadModel::Following(projection) if live.version > projection.version() => {
                Err(RebuildError::Newer(live.version))
            }
            _ => Ok(()),
        }
    }

    /// The checkpoint of the live one, if it follows and has begun.
    async fn live(&self, source: impl Into<Source<'_>>) -> sqlx::Result<Option<Checkpoint>> {
        match self.model {
            ReadModel::Journey => Ok(None),
            ReadModel::Following(projection) => checkpoint::get(source, &self.tenant.id, projection.name()).await,
        }
    }

    /// How far the live one has got: what it has not taken in yet is no difference.
    async fn goal(&self, source: impl Into<Source<'_>>) -> sqlx::Result<i64> {
        let mut source = source.into();
        if let ReadModel::Following(projection) = self.model
            && let Some(live) = self.live(source.again()).await?
            && live.version == projection.version()
        {
            return Ok(live.position);
        }
        log::position(source, &self.tenant.id).await
    }

    /// The last position of the next page, which is not beyond the goal.
    fn end(&self, goal: i64) -> i64 {
        let size = match self.model {
            ReadModel::Journey => PAGE,
            ReadModel::Following(projection) => projection.page(),
        };
        goal.min(self.position + size)
    }

    /// Begins to read the next page.
    fn read(&self, goal: i64) -> JoinHandle<sqlx::Result<Page>> {
        let (db, tenant, model) = (self.db.clone(), self.tenant.id.clone(), self.model);
        let (first, last) = (self.position + 1, self.end(goal));
        tokio::spawn(async move { Page::read(&db, &tenant, model, first, last).await })
    }

    /// Takes the next page in, not beyond the goal, and says what it is about.
    async fn page(&mut self, tx: &mut Tx, goal: i64) -> Result<BTreeSet<String>, RebuildError> {
        let last = self.end(goal);
        let page = Page::read(&mut *tx, &self.tenant.id, self.model, self.position + 1, last).await?;
        self.position = last;
        let visits = page.about();
        self.take(tx, page).await?;
        Ok(visits)
    }

    async fn take(&mut self, tx: &mut Tx, page: Page) -> Result<(), RebuildError> {
        let events = page.len() as u64;
        match page {
            Page::Journey(page) => self.journeys(tx, &page).await?,
            Page::Following(projection, page) => {
                projection.apply(tx, self.tenant, page).await.map_err(RebuildError::Problem)?;
            }
        }
        (self.progress)(events);
        Ok(())
    }

    async fn journeys(&mut self, tx: &mut Tx, page: &[StoredEvent]) -> Result<(), RebuildError> {
        let about: Vec<_> = page.iter().map(About::from).collect();
        self.visits.recall(tx, &self.tenant.id, &about, |_, _| {}).await?;
        let mut changes = Changes::default();
        for stored in page {
            let Some(Stepped { visit_id, before, after }) = self.visits.step(stored)? else { continue };
            changes.apply(self.tenant, &visit_id, before.as_ref(), &after, stored);
        }
        rows::write_all(tx, &self.tenant.id, [changes.batches().collect()]).await?;
        Ok(changes.register(tx, &self.tenant.id).await?)
    }
}
