//! A hospital to try things on: a discrete-event simulation of visits, logged through the one way in by the journey's own rules.
//!
//! Patients arrive by the hour, wait for doctors with sessions and paces of their own, queue at counters, have specimens run in
//! batches, and sometimes do not answer, leave, come again, pay in parts or are paid back. Everything is drawn from one seed: ids and
//! times too, so that the same seed brings about the same log, but for the salts of its hashes.
//!
//! | file | holds |
//! |---|---|
//! | `cast` | who works there, what is offered and who may come |
//! | `agenda`, `chance`, `desks` | what happens next, by what chance, and lines before desks |
//! | `stay` | a visit that is going on |
//! | `world` | the hospital as it is at a moment, and what happens in it |
//! | `arriving`, `consulting`, `paying`, `testing`, `leaving` | the stretches of a visit |

mod agenda;
mod arriving;
mod cast;
mod chance;
mod consulting;
mod desks;
mod leaving;
mod paying;
mod stay;
mod testing;
mod world;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tokio::sync::mpsc;

use self::cast::Cast;
use self::chance::Chance;
use self::world::World;
use crate::db::{Db, commit};
use crate::demo::deeds::{self, Deed, OwnClock};
use crate::hospital::WriteError;
use crate::hospital::demo;
use crate::hospital::passphrase::{HashError, Hasher};
use crate::hospital::tenants::{self, Tenant};
use crate::record::{RecordError, Recorder};

/// How long a round lasts: what is done in it is logged together, at its end.
const ROUND: TimeDelta = TimeDelta::minutes(5);

/// How many rounds may wait to be logged.
const ROUNDS_AHEAD: usize = 32;

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many visits an average day has.
    pub visits_per_day: u32,
    /// How many days patients arrive.
    pub days: u32,
    /// The first of them.
    pub from: NaiveDate,
    /// What chance comes from.
    pub seed: u64,
}

/// How far a simulation has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many visits have begun.
    pub visits: u64,
    /// How many events are logged.
    pub events: u64,
}

/// What was simulated.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// The hospital.
    pub tenant: Tenant,
    /// All that happened in it.
    pub progress: Progress,
}

/// Why nothing, or not all, was simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The database is somebody's.
    #[error("this database holds {0} already; name a new database with --database-url")]
    RealData(String),
    /// The passphrase could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The hospital was not founded.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// An event was not logged.
    #[error("the simulation was not logged: {0}")]
    Record(#[from] RecordError),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What was done in a few minutes.
struct Round {
    /// When it ended.
    end: DateTime<Utc>,
    /// How many visits have begun since the first round.
    visits: u64,
    /// What was done.
    deeds: Vec<Deed>,
}

/// Founds the hospital in an empty database and has it live through its days; says now and then how far it is.
pub async fn simulate(
    db: &Db,
    hasher: &Hasher,
    plan: &Plan,
    mut tell: impl FnMut(Progress),
) -> Result<Simulated, SimulateError> {
    if let Some(there) = tenants::list(db).await?.pop() {
        return Err(SimulateError::RealData(there.name));
    }
    let mut chance = Chance::new(plan.seed);
    let founded = (plan.from.and_time(chrono::NaiveTime::MIN) - TimeDelta::days(1)).and_utc();
    let mut cast = Cast::draw(plan, founded, &mut chance);
    cast.whole.passphrase = Some(demo::passphrase(hasher).await?);
    let mut tx = db.begin().await?;
    let tenant = cast.whole.found(&mut tx, demo::tenant_id(), demo::new_tenant(), founded).await?;
    commit(tx).await?;

    let clock = OwnClock::at(founded);
    let recorder = Recorder::new(db.clone(), clock.clock());
    let (sender, mut rounds) = mpsc::channel(ROUNDS_AHEAD);
    let living = tokio::task::spawn_blocking({
        let (plan, tenant) = (*plan, tenant.clone());
        move || live(&plan, &tenant, Arc::new(cast), chance, &sender)
    });
    let mut progress = Progress::default();
    while let Some(Round { end, visits, deeds }) = rounds.recv().await {
        // One moment for all of a round, however its requests are grouped: the same log every time.
        let last = deeds.iter().filter_map(|deed| deed.wish.performed_at).max();
        clock.reach(last.map_or(end, |last| last.max(end)));
        progress.events += deeds::log(&recorder, &tenant, deeds::requests(deeds)).await? as u64;
        progress.visits = visits;
        tell(progress);
    }
    living.await.map_err(|_| RecordError::Interrupted)?;
    Ok(Simulated { tenant, progress })
}

/// Lives through all days, round by round, until everybody has gone or nobody listens.
fn live(plan: &Plan, tenant: &Tenant, cast: Arc<Cast>, chance: Chance, rounds: &mpsc::Sender<Round>) {
    let mut world = World::open(plan, tenant, &cast, chance);
    while let Some(round) = world.next_round(ROUND) {
        if rounds.blocking_send(round).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
