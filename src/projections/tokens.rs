//! Tokens: what a patient is called by, gapless for each queue prefix of a branch and day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::visits::Arrival;
use super::{Change, Tokens};
use crate::db::Tx;
use crate::db::keys::{Statement, listed};
use crate::journey::ids::{BranchId, DepartmentId, TenantId, VisitId};
use crate::journey::visit::Visit;
use crate::journey::words::VisitType;

macro_rules! prefixes {
    ($engine:ident) => {
        concat!("SELECT id, token_prefix FROM departments WHERE tenant_id = $1 AND id ", listed!($engine))
    };
}

const PREFIXES: Statement = Statement { sqlite: prefixes!(sqlite), postgres: prefixes!(postgres) };
const TAKE: Statement = Statement {
    sqlite: "INSERT INTO token_counters (tenant_id, branch_id, prefix, day, last) \
        SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($2) WHERE true \
        ON CONFLICT (tenant_id, branch_id, prefix, day) DO UPDATE SET last = token_counters.last + excluded.last \
        RETURNING branch_id, prefix, day, last",
    postgres: "INSERT INTO token_counters (tenant_id, branch_id, prefix, day, last) \
        SELECT $1, value ->> 0, value ->> 1, (value ->> 2)::date, (value ->> 3)::bigint FROM jsonb_array_elements($2::text::jsonb) AS asked(value) \
        ON CONFLICT (tenant_id, branch_id, prefix, day) DO UPDATE SET last = token_counters.last + excluded.last \
        RETURNING branch_id, prefix, day, last",
};

/// Somebody who arrived and is to be called by a token.
#[derive(Clone, Copy, Debug)]
struct Comer<'a> {
    /// Where.
    branch: Option<&'a BranchId>,
    /// The department to be visited.
    department: Option<&'a DepartmentId>,
    /// What kind of visit it is.
    visit_type: VisitType,
    /// On which day of the hospital's calendar.
    day: NaiveDate,
}

/// Gives everybody who was registered a token, in the order of the log.
pub(super) async fn of(tx: &mut Tx, tenant: &TenantId, visits: &BTreeMap<VisitId, Change>) -> sqlx::Result<Tokens> {
    let arrival = |(id, change)| {
        let Change { after, arrival, .. }: &Change = change;
        Some((arrival.as_ref()?, id, after))
    };
    let mut arrivals: Vec<(&Arrival, &VisitId, &Arc<Visit>)> = visits.iter().filter_map(arrival).collect();
    arrivals.sort_unstable_by_key(|(arrival, ..)| arrival.position);
    let comers = arrivals.iter().map(|(Arrival { branch_id, day, .. }, _, visit)| Comer {
        branch: branch_id.as_ref(),
        department: visit.department_id.as_ref(),
        visit_type: visit.visit_type,
        day: *day,
    });
    let tokens = give(tx, tenant, &comers.collect::<Vec<_>>()).await?;
    Ok(arrivals.into_iter().map(|(_, id, _)| id.clone()).zip(tokens).collect())
}

/// Gives out the next tokens in the order of those who came: `C-027`.
async fn give(tx: &mut Tx, tenant: &TenantId, comers: &[Comer<'_>]) -> sqlx::Result<Vec<String>> {
    let departments: BTreeSet<_> = comers.iter().filter_map(|comer| comer.department).collect();
    let prefixes: Vec<(DepartmentId, String)> =
        PREFIXES.read(tx, tenant, &departments.into_iter().collect::<Vec<_>>()).await?;
    let prefixes: BTreeMap<_, _> = prefixes.into_iter().collect();
    let queue = |comer: &Comer<'_>| {
        let prefix = match (comer.department.and_then(|department| prefixes.get(department)), comer.visit_type) {
            (Some(prefix), _) => prefix,
            (None, VisitType::LabOnly) => "L",
            (None, _) => "V",
        };
        (comer.branch.map(ToString::to_string).unwrap_or_default(), prefix.to_owned(), comer.day)
    };
    let queues: Vec<_> = comers.iter().map(queue).collect();
    let mut lengths: BTreeMap<_, i64> = BTreeMap::new();
    for queue in &queues {
        *lengths.entry(queue).or_default() += 1;
    }
    let asked: Vec<_> = lengths.iter().map(|((branch, prefix, day), length)| (branch, prefix, day, length)).collect();
    let taken: Vec<(String, String, NaiveDate, i64)> = TAKE.read(tx, tenant, &asked).await?;
    // The last token given out in each queue, before these.
    let mut last: BTreeMap<_, _> = taken
        .into_iter()
        .map(|(branch, prefix, day, last)| {
            let queue = (branch, prefix, day);
            let before = last - lengths.get(&queue).copied().unwrap_or_default();
            (queue, before)
        })
        .collect();
    let token = |queue: &(String, String, NaiveDate)| {
        let last = last.get_mut(queue).ok_or(sqlx::Error::RowNotFound)?;
        *last += 1;
        Ok(format!("{}-{last:03}", queue.1))
    };
    queues.iter().map(token).collect()
}
