//! A patient: who they are, every visit, the documents of all visits.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::layout::initials;
use super::parts::{age_and_sex, clock_time, day_and_time, empty, priority_tag, status_tag};
use crate::hospital::patients::Patient;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::wording::human_duration;
use crate::projections::timeline::DocumentRow;
use crate::projections::visits::VisitCard;

/// What the patient's page shows.
pub struct PatientPage {
    /// The hospital.
    pub tenant: Tenant,
    /// Who looks at it.
    pub actor: Actor,
    /// The patient.
    pub patient: Patient,
    /// Their visits, the latest first.
    pub visits: Vec<VisitCard>,
    /// The documents of these visits, the latest first.
    pub documents: Vec<DocumentRow>,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// Shows the patient.
pub fn patient(page: PatientPage) -> impl IntoView {
    let PatientPage { tenant, actor, patient, visits, documents, now } = page;
    let today = tenant.local_day(now);
    let open = visits.iter().find(|card| card.visit.ended_at.is_none());
    let now_here = open.map(|card| status_tag(card.visit.status));
    let open = open.map(|card| {
        let href = format!("/visits/{}", card.visit.visit_id);
        view! { <a class="button" href=href>{icon(Icon::Route)} "Open the visit"</a> }
    });
    let register = actor.may_log(EventType::VisitRegistered, None).then(|| {
        let class = if open.is_some() { "button" } else { "button button-primary" };
        let href = format!("/reception?register={}", patient.id);
        view! { <a class=class href=href data-key="n">{icon(Icon::ClipboardPlus)} "Register visit"</a> }
    });
    view! {
        <main class="page stack" id="main">
            <section class="card patient-banner" aria-label="Patient">
                <span class="avatar avatar-large" aria-hidden="true">{initials(&patient.name)}</span>
                <div class="patient-main">
                    <h1 class="patient-name">{patient.name.clone()} " " {now_here}</h1>
                    <ul class="patient-facts">
                        <li>{age_and_sex(patient.birth_date, patient.sex, today)}</li>
                        <li>"MRN " {patient.mrn.clone()}</li>
                        {patient.phone.clone().map(|phone| view! { <li>{phone}</li> })}
                    </ul>
                </div>
                <div class="actions">{open} {register}</div>
            </section>
            <div class="columns">
                <div class="stack">
                    {visits_card(&tenant, &patient, &visits, now)} {documents_card(&tenant, documents)}
                </div>
                <aside class="stack" aria-label="Who they are">{demographics(&tenant, &patient)}</aside>
            </div>
        </main>
    }
}

fn demographics(tenant: &Tenant, patient: &Patient) -> AnyView {
    let fact = |word: &'static str, value: Option<String>| {
        let value = match value {
            Some(value) => value.into_any(),
            None => view! { <span class="secondary">"not recorded"</span> }.into_any(),
        };
        view! { <dt>{word}</dt><dd>{value}</dd> }
    };
    view! {
        <section class="card" aria-labelledby="demographics">
            <h2 id="demographics">"Demographics"</h2>
            <dl class="facts">
                {fact("MRN", Some(patient.mrn.clone()))} {fact("Name", Some(patient.name.clone()))}
                {fact("Born", patient.birth_date.map(|born| born.format("%-d %b %Y").to_string()))}
                {fact("Sex", patient.sex.map(|sex| sex.to_string()))} {fact("Phone", patient.phone.clone())}
                {fact("Known since", Some(tenant.local(patient.created_at).format("%-d %b %Y").to_string()))}
            </dl>
        </section>
    }
    .into_any()
}

fn visits_card(tenant: &Tenant, patient: &Patient, visits: &[VisitCard], now: DateTime<Utc>) -> AnyView {
    let rows = visits
        .iter()
        .map(|card| {
            let visit = &card.visit;
            let took = visit.ended_at.map(|ended| human_duration((ended - visit.registered_at).num_seconds()));
            let lasts = || format!("{} so far", human_duration((now - visit.registered_at).num_seconds()));
            let doctor = match &card.doctor_name {
                Some(name) => name.clone().into_any(),
                None => view! { <span class="secondary">"not assigned"</span> }.into_any(),
            };
            let reason = match &visit.reason {
                Some(reason) => reason.clone().into_any(),
                None => view! { <span class="secondary">"not recorded"</span> }.into_any(),
            };
            view! {
                <tr>
                    <th scope="row" class="nowrap">
                        <a href=format!("/visits/{}", visit.visit_id)>
                            {tenant.local(visit.registered_at).format("%-d %b %Y").to_string()}
                        </a>
                        <span class="sub">{clock_time(tenant, visit.registered_at)} " · " {visit.token.clone()}</span>
                    </th>
                    <td>{reason} <span class="sub">{visit.visit_type.label()}</span></td>
                    <td>{doctor} <span class="sub">{card.department_name.clone()}</span></td>
                    <td>{status_tag(visit.status)} " " {priority_tag(visit.priority)}</td>
                    <td class="number nowrap">{took.unwrap_or_else(lasts)}</td>
                </tr>
            }
        })
        .collect_view();
    let body = if visits.is_empty() {
        empty(Icon::ClipboardList, "No visits yet", "The first is registered at the reception.")
    } else {
        view! {
            <div class="table-wrap" role="group" aria-labelledby="visits" tabindex="0">
                <table class="table">
                    <caption class="visually-hidden">"Visits of " {patient.name.clone()}</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Date"</th>
                            <th scope="col">"Reason"</th>
                            <th scope="col">"Doctor"</th>
                            <th scope="col">"Status"</th>
                            <th scope="col" class="number">"Took"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="card card-flush" aria-labelledby="visits">
            <div class="card-head">
                <h2 id="visits">"Visits"</h2>
                <span class="secondary">{visits.len()}</span>
            </div>
            {body}
        </section>
    }
    .into_any()
}

fn documents_card(tenant: &Tenant, documents: Vec<DocumentRow>) -> AnyView {
    let count = documents.len();
    let rows = documents
        .into_iter()
        .map(|document| {
            let detail = format!("{} · visit {}", day_and_time(tenant, document.performed_at), document.token);
            view! {
                <li class="list-row">
                    {icon(Icon::of(document.event_type))}
                    <div class="list-main">
                        <p class="list-title">{document.sentence}</p>
                        <p class="list-detail">{detail}</p>
                    </div>
                    <a class="button button-compact button-quiet" href=format!("/visits/{}", document.visit_id)>
                        "Open visit " {document.token}
                    </a>
                </li>
            }
        })
        .collect_view();
    let body = if count == 0 {
        empty(Icon::FileText, "No documents yet", "Reports and documents of every visit are listed here.")
    } else {
        view! { <ul class="list">{rows}</ul> }.into_any()
    };
    view! {
        <section class="card card-flush" aria-labelledby="documents">
            <div class="card-head">
                <h2 id="documents">"Documents"</h2>
                <span class="secondary">{count}</span>
            </div>
            {body}
        </section>
    }
    .into_any()
}
