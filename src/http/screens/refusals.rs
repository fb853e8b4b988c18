//! `/analytics/refused`: what was tried and refused, by rule and by the role of who tried.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use tr::tr;

use super::analytics::{LISTED, asked_for, moments, named, turned};
use crate::hospital::people;
use crate::http::desk::{Desk, Failure};
use crate::http::seen::Seen;
use crate::journey::ids::PersonId;
use crate::log::refused;
use crate::screens::analytics::asked::Asked;
use crate::screens::analytics::house::{self, Refusals};
use crate::screens::analytics::panel::Panel;
use crate::screens::analytics::refused::{Refused, Who, list};

/// How often a rule refused somebody.
struct Counted {
    code: String,
    person: PersonId,
    who: Who,
    attempts: usize,
}

/// Counts what was refused in the period: the panel's bars and the list behind each are of the same.
async fn counted(desk: &Desk, asked: &Asked) -> Result<Vec<Counted>, Failure> {
    let (db, tenant) = (desk.db(), &desk.tenant);
    let people = people::list(db, &tenant.id).await?;
    let people: BTreeMap<_, _> = people.into_iter().map(|person| (person.id, Who::of(&person.roles))).collect();
    let counts = refused::counts(db, &tenant.id, moments(tenant, asked.period)).await?;
    let counted = counts.into_iter().map(|(code, person, attempts)| {
        let who = people.get(&person).copied().unwrap_or(Who::Program);
        Counted { code, person, who, attempts: usize::try_from(attempts).unwrap_or_default() }
    });
    Ok(counted.collect())
}

/// Tells which rules refused which roles, the most often first.
pub(super) async fn panel(desk: &Desk, asked: &Asked) -> Result<Panel, Failure> {
    let mut refusals: BTreeMap<(String, Who), usize> = BTreeMap::new();
    for Counted { code, who, attempts, .. } in counted(desk, asked).await? {
        *refusals.entry((code, who)).or_default() += attempts;
    }
    let mut refusals: Refusals = refusals.into_iter().map(|((code, who), attempts)| (code, who, attempts)).collect();
    refusals.sort_by_key(|(.., attempts)| Reverse(*attempts));
    Ok(house::refusals(&refusals, asked))
}

/// Lists them.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    let (asked, names) = asked_for(&desk).await?;
    let (page, skipped) = turned(&desk);
    let (db, tenant) = (desk.db(), &desk.tenant);
    let mut counted = counted(&desk, &asked).await?;
    counted.retain(|one| asked.attempts.has(&one.code, one.who));
    let count: usize = counted.iter().map(|one| one.attempts).sum();
    let those: Vec<_> = counted.iter().map(|one| (one.code.as_str(), &one.person)).collect();
    let turn = (LISTED as i64, skipped as i64);
    let listed = refused::of(db, &tenant.id, &those, moments(tenant, asked.period), turn).await?;
    let visits: BTreeSet<_> = listed.iter().filter_map(|attempt| attempt.visit_id.as_ref()).collect();
    let known = named(&desk, &visits.into_iter().collect::<Vec<_>>()).await?;
    let tokens = known.into_iter().map(|(visit, known)| (visit, known.token)).collect();
    let data = Refused { tenant: tenant.clone(), asked, names, count, listed, tokens, skipped, page };
    desk.show(tr!("Refused attempts"), Seen::List, None, move || list(data)).await
}
