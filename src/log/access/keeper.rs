//! Keeps accesses without anybody waiting for it: they are written in groups, a moment after they happened.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{Access, KEEP, Row};
use crate::db::{Db, commit};
use crate::journey::ids::TenantId;

/// How long an access may wait to be written.
const PAUSE: Duration = Duration::from_millis(200);
/// How many accesses may wait.
const ROOM: usize = 4096;
/// How many accesses are written at once.
const GROUP: usize = 512;
/// How long to wait for the database when asked to write at once.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long to wait before a group that could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Keeps who saw what; cheap to clone.
#[derive(Clone, Debug)]
pub struct AccessLog {
    db: Db,
    sender: mpsc::Sender<Message>,
}

#[derive(Debug)]
enum Message {
    Keep(TenantId, Box<Access>),
    /// Asks to write what waits, and to say when that is done.
    Flush(oneshot::Sender<()>),
}

impl AccessLog {
    /// An access log in a database; it works on the runtime it is opened on.
    pub fn open(db: Db) -> Self {
        let (sender, receiver) = mpsc::channel(ROOM);
        tokio::spawn(keep(db.clone(), receiver));
        Self { db, sender }
    }

    /// Keeps an access, soon; when too many wait already, at once.
    pub async fn keep(&self, tenant: &TenantId, access: Access) -> sqlx::Result<()> {
        match self.sender.try_send(Message::Keep(tenant.clone(), Box::new(access))) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(message) | mpsc::error::TrySendError::Closed(message)) => {
                let Message::Keep(tenant, access) = message else { return Ok(()) };
                write(&self.db, &BTreeMap::from([(tenant, vec![*access])])).await
            }
        }
    }

    /// Waits until everything kept so far is written; not for long when it cannot be.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        let written = async {
            if self.sender.send(Message::Flush(done)).await.is_ok() {
                // The keeper is gone when it never answers.
                let _ = flushed.await;
            }
        };
        if timeout(PATIENCE, written).await.is_err() {
            tracing::error!("who saw what is not written yet");
        }
    }
}

type Group = BTreeMap<TenantId, Vec<Access>>;

async fn write(db: &Db, group: &Group) -> sqlx::Result<()> {
    // The last to go leave nothing behind, and the database may be closed by then.
    if group.is_empty() {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    for (tenant, accesses) in group {
        let rows: Vec<_> = accesses.iter().map(Row::from).collect();
        KEEP.write(&mut tx, tenant, &rows).await?;
    }
    commit(tx).await
}

/// Gathers accesses and writes them, until nobody is left to send any.
async fn keep(db: Db, mut receiver: mpsc::Receiver<Message>) {
    let (mut group, mut waiting) = (Group::new(), Vec::new());
    let mut open = true;
    while open {
        let mut message = receiver.recv().await;
        let due = Instant::now() + PAUSE;
        let mut count = 0;
        loop {
            match message {
                Some(Message::Keep(tenant, access)) => group.entry(tenant).or_default().push(*access),
                Some(Message::Flush(done)) => waiting.push(done),
                None => open = false,
            }
            count += 1;
            if !open || !waiting.is_empty() || count >= GROUP {
                break;
            }
            match timeout_at(due, receiver.recv()).await {
                Ok(next) => message = next,
                Err(_) => break,
            }
        }
        // Nothing more is taken in meanwhile: when too many wait, whoever reads hears that the database is away.
        while let Err(error) = write(&db, &group).await {
            tracing::error!(%error, "who saw what could not be written; it is tried again");
            waiting.clear();
            if receiver.is_closed() {
                break;
            }
            sleep(RETRY).await;
        }
        group.clear();
        for done in waiting.drain(..) {
            // Who asked may have gone.
            let _ = done.send(());
        }
    }
}
