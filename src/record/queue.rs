//! Where the writers of a process meet: one takes what waits, commits it together, and answers after the commit.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::timeout;

use super::group::{self, Begun, Memory, Outcome};
use super::{Announcement, RecordError, Recorded, Wish};
use crate::clock::Clock;
use crate::db::{Db, Kept};
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::ids::{BranchId, TenantId, VisitId};
use crate::{log, projections};

/// How many requests may wait; whoever comes after them is told to come again.
const PLACES: usize = 2048;

/// The most requests that are committed together.
const GROUP: usize = 256;

/// For how long a connection is kept while nobody writes.
const LULL: Duration = Duration::from_millis(500);

/// A request on its way to the writer.
#[derive(Debug)]
pub(super) struct Request {
    /// Whose log.
    pub tenant: Tenant,
    /// Who asks.
    pub actor: Actor,
    /// What for.
    pub wishes: Vec<Wish>,
    /// What is to them as if it did not exist.
    pub hidden: Hidden,
    /// What makes a retry of it known.
    pub key: Option<log::Request>,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Result<Recorded, RecordError>>,
}

/// What somebody may not read, of all that their wishes name.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    /// Visits of other branches.
    pub visits: BTreeSet<VisitId>,
    /// The other branches themselves.
    pub branches: BTreeSet<BranchId>,
}

/// The queue's end where requests come in; the writer stops when the last clone is gone.
#[derive(Clone, Debug)]
pub(super) struct Queue(mpsc::Sender<Request>);

impl Queue {
    /// Opens a queue and sets its writer to work, which keeps the state of a visit every so many events.
    pub fn open(
        db: Db,
        clock: Clock,
        announcements: broadcast::Sender<Announcement>,
        snapshot_every: NonZeroU32,
    ) -> Self {
        let (sender, waiting) = mpsc::channel(PLACES);
        let (memory, kept) = (Memory::default(), None);
        let writer = Writer { db, clock, announcements, snapshot_every, memory, kept };
        tokio::spawn(writer.work(waiting));
        Self(sender)
    }

    /// Joins the queue, unless it is full.
    pub fn join(&self, request: Request) -> Result<(), RecordError> {
        self.0.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => RecordError::Busy,
            mpsc::error::TrySendError::Closed(_) => RecordError::Interrupted,
        })
    }
}

/// The one writer of a process.
struct Writer {
    db: Db,
    clock: Clock,
    announcements: broadcast::Sender<Announcement>,
    snapshot_every: NonZeroU32,
    memory: Memory,
    /// The connection of the last group, and whose it was.
    kept: Option<(TenantId, Kept)>,
}

impl Writer {
    async fn work(mut self, mut waiting: mpsc::Receiver<Request>) {
        let mut requests = Vec::with_capacity(GROUP);
        while self.receive(&mut waiting, &mut requests).await > 0 {
            let Some(first) = requests.first().map(|request| request.tenant.id.clone()) else { continue };
            let begun = self.begin(&first).await;
            // Who came while the log was being locked joins.
            gather(&mut waiting, &mut requests).await;
            let mut tenants: BTreeMap<TenantId, Vec<Request>> = BTreeMap::new();
            for request in requests.drain(..) {
                tenants.entry(request.tenant.id.clone()).or_default().push(request);
            }
            if let Some(group) = tenants.remove(&first) {
                self.settle(group, begun).await;
            }
            for (tenant, group) in tenants {
                let begun = self.begin(&tenant).await;
                self.settle(group, begun).await;
            }
        }
    }

    /// Waits for requests; a connection is not kept for long while none come.
    async fn receive(&mut self, waiting: &mut mpsc::Receiver<Request>, requests: &mut Vec<Request>) -> usize {
        if self.kept.is_some() {
            match timeout(LULL, waiting.recv_many(requests, GROUP)).await {
                Ok(received) => return received,
                Err(_) => self.kept = None,
            }
        }
        waiting.recv_many(requests, GROUP).await
    }

    async fn begin(&mut self, tenant: &TenantId) -> Result<Begun, RecordError> {
        let kept = self.kept.take().filter(|(whose, _)| whose == tenant).map(|(_, kept)| kept);
        Ok(guarded(Begun::new(&self.db, tenant, kept.unwrap_or_default())).await??)
    }

    /// Commits a group and answers it; what the database refuses of a group is tried request by request, so that none spoils another.
    async fn settle(&mut self, group: Vec<Request>, begun: Result<Begun, RecordError>) {
        let Err((group, error)) = self.attempt(group, begun).await else { return };
        if group.len() == 1 || !is_of_the_rows(&error) {
            refuse(group, error);
            return;
        }
        for request in group {
            let begun = self.begin(&request.tenant.id).await;
            if let Err((alone, error)) = self.attempt(vec![request], begun).await {
                refuse(alone, error);
            }
        }
    }

    async fn attempt(
        &mut self,
        group: Vec<Request>,
        begun: Result<Begun, RecordError>,
    ) -> Result<(), (Vec<Request>, RecordError)> {
        let begun = match begun {
            Ok(begun) => begun,
            Err(error) => return Err((group, error)),
        };
        let whose = begun.tenant().clone();
        let work = group::commit(begun, &self.clock, &mut self.memory, self.snapshot_every, &group);
        match guarded(work).await.flatten() {
            Ok(Outcome { answers, announcements, ends, kept, left }) => {
                self.kept = Some((whose, kept));
                for announcement in announcements {
                    // Nobody listening is no failure.
                    let _ = self.announcements.send(announcement);
                }
                let answered = group.into_iter().zip(answers).map(|(request, answer)| {
                    // Whoever asked may be gone.
                    let _ = request.answer.send(answer);
                    request.wishes
                });
                // What nobody waits for comes after all answers.
                let wishes: Vec<_> = answered.collect();
                self.memory.keep(left);
                drop(wishes);
                if has_doubled(ends) {
                    tokio::spawn(count(self.db.clone()));
                }
                Ok(())
            }
            Err(error) => Err((group, error)),
        }
    }
}

/// Does some work: a fault of ours in it must not end the writing of all.
async fn guarded<T>(work: impl Future<Output = T>) -> Result<T, RecordError> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_| RecordError::Interrupted)
}

/// Whether a young log has come to twice what it was, and to more than a few events.
fn has_doubled([before, now]: [i64; 2]) -> bool {
    const FEW: i64 = 512;
    // From here on plans stay the same, and the server counts the tables itself as they grow.
    const MANY: i64 = 16_384;
    now >= FEW && before < MANY && now.ilog2() > before.max(1).ilog2()
}

/// Has the tables counted: plans that were made for empty ones would be kept while the first thousands of events come in.
async fn count(db: Db) {
    for statement in [log::COUNT, projections::COUNT] {
        if let Err(error) = db.count(statement).await {
            tracing::warn!(%error, "the tables were not counted; PostgreSQL counts them itself a little later");
        }
    }
}

/// Lets those who were answered just now come again: a commit costs the same for one as for all of them.
async fn gather(waiting: &mut mpsc::Receiver<Request>, requests: &mut Vec<Request>) {
    let mut before = 0;
    while requests.len() > before && requests.len() < GROUP {
        before = requests.len();
        tokio::task::yield_now().await;
        while requests.len() < GROUP
            && let Ok(request) = waiting.try_recv()
        {
            requests.push(request);
        }
    }
}

/// Whether the database refused something that was written, so that another request may fare better.
fn is_of_the_rows(error: &RecordError) -> bool {
    match error {
        RecordError::Database(error) => error.as_database_error().is_some_and(|error| {
            use sqlx::error::ErrorKind::*;
            matches!(error.kind(), UniqueViolation | ForeignKeyViolation | NotNullViolation | CheckViolation)
                || error.code().is_some_and(|code| code.starts_with("22"))
        }),
        RecordError::Interrupted | RecordError::Unreadable(_) => true,
        RecordError::Refused(_) | RecordError::IdempotencyMismatch | RecordError::Busy => false,
    }
}

/// Tells everyone of a group why nothing was logged.
fn refuse(group: Vec<Request>, error: RecordError) {
    tracing::error!(%error, requests = group.len(), "nothing of a group was logged");
    let database = match &error {
        RecordError::Database(error) => Some(Arc::clone(error)),
        _ => None,
    };
    for request in group {
        let _ = request.answer.send(Err(database.clone().map_or(RecordError::Interrupted, RecordError::Database)));
    }
}
