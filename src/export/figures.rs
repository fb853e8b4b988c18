//! What the analytics make of visits: durations, variants and directly-follows counts, to hold other programs' against.
//!
//! They come of the rows and the functions that the screens use, so that whoever confirms them confirms what managers see.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{ExportError, Period};
use crate::analytics::facts::Shared;
use crate::analytics::{Among, Facts, journeys};
use crate::db::Db;
use crate::hospital::tenants::Tenant;
use crate::journey::words::Word as _;
use crate::projections::checkpoint;
use crate::projections::following::{self, Projection as _};
use crate::projections::measures::{self, VisitMeasures};

/// A variant: the events of a visit by name, and how many visits went so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variant {
    /// The events.
    pub path: Vec<&'static str>,
    /// How many visits.
    pub visits: usize,
}

/// How often one event came directly after another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DirectlyFollows {
    /// The earlier event.
    pub from: &'static str,
    /// The later event.
    pub to: &'static str,
    /// How often.
    pub times: usize,
}

/// The figures of the visits that ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// From each visit's registration to its outcome, in whole seconds.
    pub durations: BTreeMap<String, i64>,
    /// The variants, the most common first.
    pub variants: Vec<Variant>,
    /// The directly-follows counts.
    pub directly_follows: Vec<DirectlyFollows>,
}

impl Figures {
    /// What visits come to.
    pub fn of(visits: &[Facts]) -> Self {
        let ended = visits.iter().filter(|facts| Among::Ended.has(facts));
        let whole = ended.filter_map(|facts| Some((facts.visit_id.to_string(), facts.whole?)));
        let (mut variants, mut follows) = (Vec::new(), BTreeMap::<_, usize>::new());
        for (path, visits) in journeys::exact(visits.iter()) {
            let path: Vec<&'static str> = path.iter().map(|event| event.word()).collect();
            for pair in path.windows(2) {
                *follows.entry((pair[0], pair[1])).or_default() += visits;
            }
            variants.push(Variant { path, visits });
        }
        variants.sort_by_key(|variant| std::cmp::Reverse(variant.visits));
        let follows = follows.into_iter().map(|((from, to), times)| DirectlyFollows { from, to, times });
        Self { durations: whole.collect(), variants, directly_follows: follows.collect() }
    }
}

/// The figures of a period, once the rows are of all that was logged.
pub async fn figures(db: &Db, tenant: &Tenant, period: Period) -> Result<Figures, ExportError> {
    for state in following::states(db, &tenant.id, &[&VisitMeasures]).await? {
        if state.lag > 0 {
            return Err(ExportError::Behind(state.lag));
        }
    }
    let generation = async || -> sqlx::Result<Option<i32>> {
        Ok(checkpoint::get(db, &tenant.id, VisitMeasures.name()).await?.map(|checkpoint| checkpoint.generation))
    };
    let (begun, mut visits, mut shared) = (generation().await?, Vec::new(), Shared::default());
    let from = period.from.or(NaiveDate::from_ymd_opt(1, 1, 1)).unwrap_or_default();
    let to = period.to.or(NaiveDate::from_ymd_opt(9999, 12, 31)).unwrap_or_default();
    for day in measures::days(db, &tenant.id, from, to).await? {
        let rows = measures::of_day(db, &tenant.id, day).await?;
        visits.extend(rows.iter().map(|row| Facts::new(row, &mut shared)));
    }
    // Otherwise what was read is of both.
    if generation().await? != begun {
        return Err(ExportError::MadeAnew);
    }
    Ok(Figures::of(&visits))
}
