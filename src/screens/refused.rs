//! Refused attempts, as the audit and the analytics list them.

use std::collections::BTreeMap;

use leptos::prelude::*;
use tr::tr;

use super::parts::Column::Words;
use super::parts::{day_and_time, table};
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::ids::{PersonId, VisitId};
use crate::journey::words::{Code, Word};
use crate::language::say;
use crate::log::refused::RefusedAttempt;

/// A table of attempts, called what the heading of an id says; with their visits for who may know these by their tokens.
pub fn list(
    heading: &'static str,
    tenant: &Tenant,
    names: &BTreeMap<PersonId, String>,
    attempts: &[RefusedAttempt],
    tokens: Option<&BTreeMap<VisitId, String>>,
) -> AnyView {
    let columns = [Words(tr!("When")), Words(tr!("Who")), Words(tr!("Tried")), Words(tr!("Why it was refused"))];
    let visit = tokens.map(|_| Words(tr!("Visit")));
    let rows = attempts.iter().map(|attempt| row(tenant, names, attempt, tokens)).collect_view();
    table(heading, columns.into_iter().chain(visit), rows)
}

fn row(
    tenant: &Tenant,
    names: &BTreeMap<PersonId, String>,
    attempt: &RefusedAttempt,
    tokens: Option<&BTreeMap<VisitId, String>>,
) -> AnyView {
    let tried =
        EventType::from_word(&attempt.event_type).map_or(attempt.event_type.clone(), |event| say(event.label()));
    // The visit may be one that does not exist.
    let visit = tokens.map(|tokens| {
        let known = attempt.visit_id.as_ref().and_then(|visit| Some((visit, tokens.get(visit)?)));
        let link = known.map(|(visit, token)| view! { <a href=format!("/visits/{visit}")>{token.clone()}</a> });
        view! { <td class="nowrap">{link}</td> }
    });
    view! {
        <tr>
            <td>{day_and_time(tenant, attempt.attempted_at)}</td>
            <th scope="row">{name(names, &attempt.person_id)}</th>
            <td>{tried}</td>
            <td>{rule(&attempt.code)} <span class="sub">{attempt.detail.clone()}</span></td>
            {visit}
        </tr>
    }
    .into_any()
}

/// What a rule is called.
pub fn rule(code: &str) -> String {
    Code::from_word(code).map_or(code.to_owned(), |code| say(code.label()))
}

/// What somebody is called.
pub fn name(names: &BTreeMap<PersonId, String>, person: &PersonId) -> String {
    names.get(person).cloned().unwrap_or_else(|| tr!("unknown"))
}
