//! A foreign event log brought into a hospital of its own: conformance checking of a hospital's old data.
//!
//! Every row is held against the journey as it would have been at its time. What the journey refuses is reported and not written; what
//! it accepts is logged through the one way in.
//!
//! | file | holds |
//! |---|---|
//! | [`mapping`] | which activity is which event, and where a row's case, time and resource stand |
//! | [`rows`] | rows of CSV and XES |
//! | `completion` | what the journey needs and a foreign log does not say |
//! | [`conformance`] | each case replayed, and what is refused in it |

mod completion;
pub mod conformance;
mod house;
pub mod mapping;
pub mod rows;

use std::io;

use chrono::TimeDelta;

use self::conformance::{Conformance, judge};
use self::house::House;
use self::mapping::Mapping;
use self::rows::Row;
use crate::db::{Db, commit, new_id};
use crate::demo::deeds::{self, OwnClock};
use crate::hospital::WriteError;
use crate::hospital::tenants::{self, NewTenant, Tenant};
use crate::journey::policy::Policy;
use crate::record::{RecordError, Recorder};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The mapping cannot be read.
    #[error("the mapping cannot be read: {0}")]
    Mapping(String),
    /// The file cannot be read.
    #[error("the event log cannot be read: {0}")]
    File(#[from] io::Error),
    /// A row cannot be read.
    #[error("row {row} of the event log cannot be read: {problem}")]
    Row {
        /// Which row, from 1.
        row: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// Activities that the mapping says nothing of.
    #[error("the mapping says nothing of these activities; map each to an event, or to null to leave it out: {0}")]
    Unmapped(String),
    /// There is nothing to import.
    #[error("the event log has no rows")]
    Empty,
    /// The hospital is there already.
    #[error("there is a hospital called {0} already; name another in the mapping")]
    Exists(String),
    /// The hospital was not founded.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// An event was not logged.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Holds rows against the journey, and writes nothing.
pub fn check(mapping: &Mapping, rows: &[Row]) -> Result<Conformance, ImportError> {
    let house = House::of(mapping, rows)?;
    Ok(judge(&Policy::default(), mapping, &house, rows).0)
}

/// Founds a hospital of its own and logs what the journey accepts of the rows.
pub async fn import(
    db: &Db,
    mapping: &Mapping,
    rows: &[Row],
    mut progress: impl FnMut(usize),
) -> Result<(Tenant, Conformance), ImportError> {
    let name = &mapping.hospital.name;
    if tenants::list(db).await?.iter().any(|tenant| tenant.name == *name) {
        return Err(ImportError::Exists(name.clone()));
    }
    let house = House::of(mapping, rows)?;
    let new = NewTenant {
        name: name.clone(),
        currency: mapping.hospital.currency.clone(),
        time_zone: mapping.hospital.time_zone,
    };
    let founded = house.founded;
    let mut tx = db.begin().await?;
    let tenant = house.whole.found(&mut tx, new_id(), new, founded).await?;
    commit(tx).await?;
    let (conformance, mut deeds) = judge(&tenant.policy, mapping, &house, rows);
    deeds.sort_by_key(|deed| deed.wish.performed_at);
    let clock = OwnClock::at(founded);
    let recorder = Recorder::new(db.clone(), clock.clock());
    let mut logged = 0;
    for round in deeds.chunks(ROUND) {
        // A clock stands at the last that was done; what was done days before in the same round is not too old for it.
        let spans = round.chunk_by(|one, next| match (one.wish.performed_at, next.wish.performed_at) {
            (Some(one), Some(next)) => next - one < APART && one.timestamp() / DAY == next.timestamp() / DAY,
            _ => false,
        });
        for span in spans {
            if let Some(last) = span.last().and_then(|deed| deed.wish.performed_at) {
                clock.reach(last);
            }
            logged += deeds::log(&recorder, &tenant, deeds::requests(span.to_vec())).await?;
            progress(logged);
        }
    }
    Ok((tenant, conformance))
}

/// How many events are logged in one go at most.
const ROUND: usize = 2000;

/// Events further apart than this are logged apart.
const APART: TimeDelta = TimeDelta::hours(6);
const DAY: i64 = 86_400;
