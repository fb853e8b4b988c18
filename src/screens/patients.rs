//! Finding patients: the search, and those it finds with their latest visit.

use chrono::{DateTime, NaiveDate, Utc};
use leptos::prelude::*;
use tr::tr;

use super::icon::{Icon, icon};
use super::layout::initials;
use super::parts::{age_and_sex, empty, status_tag};
use crate::hospital::patients::Patient;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::PatientId;
use crate::journey::words::Sex;
use crate::language::date;
use crate::projections::visits::VisitCard;

/// A patient who was found.
pub struct Found {
    id: PatientId,
    name: String,
    mrn: String,
    sex: Option<Sex>,
    birth_date: Option<NaiveDate>,
    phone: Option<String>,
    latest: Option<VisitCard>,
    everywhere: bool,
}

impl Found {
    /// A patient with their latest visit, of every branch or of those of one alone.
    pub fn new(patient: Patient, latest: Option<VisitCard>, everywhere: bool) -> Self {
        let Patient { id, name, mrn, sex, birth_date, phone, .. } = patient;
        Self { id, name, mrn, sex, birth_date, phone, latest, everywhere }
    }
}

impl From<VisitCard> for Found {
    fn from(card: VisitCard) -> Self {
        Self {
            id: card.visit.patient_id.clone(),
            name: card.patient_name.clone(),
            mrn: card.patient_mrn.clone(),
            sex: card.patient_sex,
            birth_date: card.patient_birth_date,
            phone: card.patient_phone.clone(),
            latest: Some(card),
            everywhere: false,
        }
    }
}

/// What the search shows.
pub struct Search {
    /// The hospital.
    pub tenant: Tenant,
    /// Who looks at it.
    pub actor: Actor,
    /// What was searched for.
    pub query: Option<String>,
    /// Who was found; without a query, today's patients.
    pub found: Vec<Found>,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// Shows the search.
pub fn search(search: Search) -> impl IntoView {
    let Search { tenant, actor, query, found, now } = search;
    let count = found.len();
    let (title, lead) = match &query {
        Some(query) => (tr!("Found"), matches(count, query)),
        None => (tr!("Today"), tr!("{count} came today", count)),
    };
    let body = if found.is_empty() {
        match query {
            Some(_) => nobody(),
            None => empty(
                Icon::IdCard,
                tr!("Nobody has come yet today"),
                tr!("Search for a patient by name, phone or MRN."),
            ),
        }
    } else {
        results(&tenant, &actor, found, now)
    };
    view! {
        <main class="page stack" id="main">
            <div class="page-head">
                <div>
                    <h1>{tr!("Patients")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
                <div class="actions">{new_patient(&actor)}</div>
            </div>
            <section class="card" aria-label=tr!("Search")>{search_form("/patients", query.unwrap_or_default())}</section>
            <section class="card card-flush" aria-labelledby="found" data-found-before>
                <div class="card-head"><h2 id="found">{title}</h2></div>
                {body}
            </section>
        </main>
    }
}

/// How many match, in words.
pub fn matches(count: usize, query: &str) -> String {
    match count {
        0 => tr!("Nobody matches “{query}”", query),
        20 => tr!("The first 20 patients that match “{query}”; add a word to narrow it", query),
        count => tr!("1 patient matches “{query}”" | "{n} patients match “{query}”" % count, query),
    }
}

/// Says that nobody was found, and what helps.
pub fn nobody() -> AnyView {
    empty(
        Icon::Search,
        tr!("Nobody was found"),
        tr!("Try the beginning of a name, the last four digits of the phone, or the MRN."),
    )
}

/// Who is found while somebody types: the list alone, to stand below the search.
pub fn found_now(tenant: &Tenant, actor: &Actor, query: &str, found: Vec<Found>, now: DateTime<Utc>) -> AnyView {
    let words = matches(found.len(), query);
    let list = if found.is_empty() { nobody() } else { results(tenant, actor, found, now) };
    view! { <p class="secondary small">{words}</p> <div class="list-inset">{list}</div> }.into_any()
}

/// The large search box.
pub fn search_form(action: &'static str, query: String) -> AnyView {
    view! {
        <form class="search search-large" role="search" aria-label=tr!("Patients") action=action data-lookup="/patients/found">
            <div class="search-box">
                {icon(Icon::Search)}
                <input type="search" name="q" value=query placeholder=tr!("Name, phone or MRN") aria-label=tr!("Search by name, phone or MRN")/>
            </div>
            <button class="button button-primary">{tr!("Search")}</button>
            <div class="search-found" data-found data-failed=tr!("Could not search; press Enter to try again.") role="status"></div>
        </form>
    }
    .into_any()
}

/// The way to the form for a new patient, for who may register.
pub fn new_patient(actor: &Actor) -> AnyView {
    actor
        .may_log(EventType::VisitRegistered, None)
        .then(|| {
            view! {
                <a class="button" href="/reception?register=new" data-key="n">{icon(Icon::UserPlus)} {tr!("New patient")}</a>
            }
        })
        .into_any()
}

/// The patients who were found.
pub fn results(tenant: &Tenant, actor: &Actor, found: Vec<Found>, now: DateTime<Utc>) -> AnyView {
    let rows = found.into_iter().map(|found| result(tenant, actor, found, now)).collect_view();
    view! { <ul class="list">{rows}</ul> }.into_any()
}

fn result(tenant: &Tenant, actor: &Actor, found: Found, now: DateTime<Utc>) -> AnyView {
    let today = tenant.local_day(now);
    let here = found.latest.as_ref().filter(|card| card.visit.ended_at.is_none());
    let mut details = vec![age_and_sex(found.birth_date, found.sex, today), format!("MRN {}", found.mrn)];
    details.extend(found.phone);
    details.push(match &found.latest {
        Some(card) if card.visit.day == today => tr!("today, token {token}", token = card.visit.token),
        Some(card) => tr!("last visit {day}", day = date(card.visit.day, "%-d %b %Y")),
        None if found.everywhere => tr!("no visit yet"),
        None => tr!("no visit at this branch yet"),
    });
    let action = match here {
        Some(card) => {
            let href = format!("/visits/{}", card.visit.visit_id);
            view! { <a class="button button-compact" href=href>{icon(Icon::Route)} {tr!("Open the visit")}</a> }
                .into_any()
        }
        None if actor.may_log(EventType::VisitRegistered, None) => {
            let href = format!("/reception?register={}", found.id);
            let booking = format!("/bookings?patient={}", found.id);
            view! {
                <a class="button button-compact button-quiet" href=booking>{icon(Icon::CalendarPlus)} {tr!("Book")}</a>
                <a class="button button-compact" href=href>{icon(Icon::ClipboardPlus)} {tr!("Register visit")}</a>
            }
            .into_any()
        }
        None => ().into_any(),
    };
    view! {
        <li class="list-row">
            <span class="avatar" aria-hidden="true">{initials(&found.name)}</span>
            <div class="list-main">
                <p class="list-title">
                    <a href=format!("/patients/{}", found.id)>{found.name.clone()}</a>
                    " "
                    {here.map(|card| status_tag(card.visit.status))}
                </p>
                <p class="list-detail">{details.join(" · ")}</p>
            </div>
            {action}
        </li>
    }
    .into_any()
}
