//! A patient: who they are, every visit, the documents of all visits.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde_json::Value;
use tr::tr;

use super::attempt::Attempt;
use super::bookings::state_tag;
use super::entry::Entry;
use super::form::{EventForm, problem_in_words};
use super::icon::{Icon, icon};
use super::layout::initials;
use super::parts::{age_and_sex, clock_time, day_and_time, empty, priority_tag, status_tag};
use crate::hospital::bookings::BookingCard;
use crate::hospital::patients::Patient;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::words::{Sex, Word};
use crate::language::{date, duration, say};
use crate::log::StoredEvent;
use crate::log::timeline::Document;
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
    pub documents: Vec<Document>,
    /// Their bookings, the latest first.
    pub bookings: Vec<BookingCard>,
    /// What they consented to or refused, oldest first.
    pub consents: Vec<StoredEvent>,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows the patient.
pub fn patient(page: PatientPage) -> impl IntoView {
    let PatientPage { tenant, actor, patient, visits, documents, bookings, consents, now, attempt } = page;
    let registers = actor.may_log(EventType::VisitRegistered, None);
    let today = tenant.local_day(now);
    let open = visits.iter().find(|card| card.visit.ended_at.is_none());
    let now_here = open.map(|card| status_tag(card.visit.status));
    let open = open.map(|card| {
        let href = format!("/visits/{}", card.visit.visit_id);
        view! { <a class="button" href=href>{icon(Icon::Route)} {tr!("Open the visit")}</a> }
    });
    let register = actor.may_log(EventType::VisitRegistered, None).then(|| {
        let class = if open.is_some() { "button" } else { "button button-primary" };
        let href = format!("/reception?register={}", patient.id);
        let booking = format!("/bookings?patient={}", patient.id);
        view! {
            <a class="button" href=booking>{icon(Icon::CalendarPlus)} {tr!("Book")}</a>
            <a class=class href=href data-key="n">{icon(Icon::ClipboardPlus)} {tr!("Register visit")}</a>
        }
    });
    view! {
        <main class="page stack" id="main">
            <section class="card patient-banner" aria-label=tr!("Patient")>
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
                    {upload(&tenant, &actor, &visits, attempt.as_ref())}
                </div>
                <aside class="stack" aria-label=tr!("Who they are")>
                    {demographics(&tenant, &patient, registers, attempt.as_ref())} {bookings_card(&tenant, &bookings)}
                    {consents_card(&tenant, &consents, registers, attempt.as_ref())}
                </aside>
            </div>
        </main>
    }
}

fn demographics(tenant: &Tenant, patient: &Patient, registers: bool, attempt: Option<&Arc<Attempt>>) -> AnyView {
    let entry = Entry::new("details", "", attempt);
    let sexes = Sex::ALL.iter().map(|sex| (sex.word().to_owned(), say(sex.label()))).collect();
    let form = registers.then(|| {
        view! {
            <details class="fold fold-button" open=entry.was_refused()>
                <summary>{icon(Icon::Pencil)} {tr!("Change")}</summary>
                <div class="fold-body">
                    <form method="post" class="stack">
                        {entry.hidden()} {entry.text("name", &tr!("Name"), true, &patient.name)}
                        {entry.select("sex", &tr!("Sex"), sexes, false, patient.sex.map(|sex| sex.word()).unwrap_or_default())}
                        {entry.input(
                            "date",
                            "birthDate",
                            &tr!("Born"),
                            false,
                            &patient.birth_date.map(|born| born.to_string()).unwrap_or_default(),
                        )} {entry.input("tel", "phone", &tr!("Phone"), false, patient.phone.as_deref().unwrap_or_default())}
                        {entry.input("email", "email", &tr!("Mail"), false, patient.email.as_deref().unwrap_or_default())}
                        <div><button class="button button-primary">{tr!("Save")}</button></div>
                    </form>
                </div>
            </details>
        }
    });
    let fact = |word: String, value: Option<String>| {
        let value = match value {
            Some(value) => value.into_any(),
            None => view! { <span class="secondary">{tr!("not recorded")}</span> }.into_any(),
        };
        view! { <dt>{word}</dt><dd>{value}</dd> }
    };
    view! {
        <section class="card" aria-labelledby="demographics">
            <h2 id="demographics">{tr!("Demographics")}</h2>
            <dl class="facts">
                {fact("MRN".to_owned(), Some(patient.mrn.clone()))} {fact(tr!("Name"), Some(patient.name.clone()))}
                {fact(tr!("Born"), patient.birth_date.map(|born| date(born, "%-d %b %Y")))}
                {fact(tr!("Sex"), patient.sex.map(|sex| say(sex.label())))} {fact(tr!("Phone"), patient.phone.clone())}
                {fact(tr!("Mail"), patient.email.clone())}
                {fact(tr!("Known since"), Some(date(tenant.local(patient.created_at), "%-d %b %Y")))}
            </dl>
            {form}
        </section>
    }
    .into_any()
}

fn bookings_card(tenant: &Tenant, bookings: &[BookingCard]) -> AnyView {
    if bookings.is_empty() {
        return ().into_any();
    }
    let rows = bookings
        .iter()
        .take(10)
        .map(|card| {
            let booking = &card.booking;
            view! {
                <li class="list-row">
                    <div class="list-main">
                        <p class="list-title">
                            <a href=format!("/bookings/{}", booking.id)>{day_and_time(tenant, booking.starts_at)}</a>
                            " "
                            {state_tag(booking.state)}
                        </p>
                        <p class="list-detail">{card.doctor_name.clone()}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card card-flush" aria-labelledby="bookings">
            <div class="card-head"><h2 id="bookings">{tr!("Bookings")}</h2></div>
            <ul class="list">{rows}</ul>
        </section>
    }
    .into_any()
}

/// What the patient consented to: of each purpose, the latest word.
fn consents_card(
    tenant: &Tenant,
    consents: &[StoredEvent],
    registers: bool,
    attempt: Option<&Arc<Attempt>>,
) -> AnyView {
    let entry = Entry::new("consent", "", attempt);
    let mut latest: Vec<(&StoredEvent, Cow<'_, Value>)> = Vec::new();
    for stored in consents.iter().rev() {
        let said = stored.event.today();
        if !latest.iter().any(|(_, known)| known.get("purpose") == said.get("purpose")) {
            latest.push((stored, said));
        }
    }
    let rows = latest
        .iter()
        .map(|(stored, said)| {
            let text = |name: &str| said.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
            let given = said.get("given") == Some(&Value::Bool(true));
            let tag = if given {
                view! { <span class="tag tag-success">{icon(Icon::CircleCheck)} {tr!("consent" => "Given")}</span> }
                    .into_any()
            } else {
                view! { <span class="tag tag-warning">{icon(Icon::CircleX)} {tr!("consent" => "Refused")}</span> }
                    .into_any()
            };
            let details: Vec<_> =
                text("note").into_iter().chain([day_and_time(tenant, stored.event.performed_at)]).collect();
            view! {
                <li class="list-row">
                    <div class="list-main">
                        <p class="list-title">{text("purpose")} " " {tag}</p>
                        <p class="list-detail">{details.join(" · ")}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    let none = latest.is_empty().then(|| view! { <li class="list-row secondary">{tr!("Nothing recorded yet")}</li> });
    let answers = [("yes", tr!("consent" => "Given")), ("no", tr!("consent" => "Refused"))]
        .map(|(value, words)| (value.to_owned(), words));
    let form = registers.then(|| {
        view! {
            <details class="fold fold-button" open=entry.was_refused()>
                <summary>{icon(Icon::BadgeCheck)} {tr!("Record a consent")}</summary>
                <div class="fold-body">
                    <form method="post" class="stack">
                        {entry.hidden()} {entry.text("purpose", &tr!("What for"), true, "")}
                        {entry.select("given", &tr!("Answer"), answers.into(), true, "")}
                        {entry.text("note", &tr!("Note"), false, "")}
                        <div><button class="button button-primary">{tr!("Record")}</button></div>
                    </form>
                </div>
            </details>
        }
    });
    view! {
        <section class="card stack" aria-labelledby="consents">
            <h2 id="consents">{tr!("Consents")}</h2>
            <ul class="list list-inset">{rows} {none}</ul>
            {form}
        </section>
    }
    .into_any()
}

fn visits_card(tenant: &Tenant, patient: &Patient, visits: &[VisitCard], now: DateTime<Utc>) -> AnyView {
    let rows = visits
        .iter()
        .map(|card| {
            let visit = &card.visit;
            let took = visit.ended_at.map(|ended| duration((ended - visit.registered_at).num_seconds()));
            let lasts = || tr!("{time} so far", time = duration((now - visit.registered_at).num_seconds()));
            let doctor = match &card.doctor_name {
                Some(name) => name.clone().into_any(),
                None => view! { <span class="secondary">{tr!("not assigned")}</span> }.into_any(),
            };
            let reason = match &visit.reason {
                Some(reason) => reason.clone().into_any(),
                None => view! { <span class="secondary">{tr!("not recorded")}</span> }.into_any(),
            };
            view! {
                <tr>
                    <th scope="row" class="nowrap">
                        <a href=format!("/visits/{}", visit.visit_id)>
                            {date(tenant.local(visit.registered_at), "%-d %b %Y")}
                        </a>
                        <span class="sub">{clock_time(tenant, visit.registered_at)} " · " {visit.token.clone()}</span>
                    </th>
                    <td>{reason} <span class="sub">{say(visit.visit_type.label())}</span></td>
                    <td>{doctor} <span class="sub">{card.department_name.clone()}</span></td>
                    <td>{status_tag(visit.status)} " " {priority_tag(visit.priority)}</td>
                    <td class="number nowrap">{took.unwrap_or_else(lasts)}</td>
                </tr>
            }
        })
        .collect_view();
    let body = if visits.is_empty() {
        empty(Icon::ClipboardList, tr!("No visits yet"), tr!("The first is registered at the reception."))
    } else {
        view! {
            <div class="table-wrap" role="group" aria-labelledby="visits" tabindex="0">
                <table class="table">
                    <caption class="visually-hidden">{tr!("Visits of {patient}", patient = patient.name)}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{tr!("Date")}</th>
                            <th scope="col">{tr!("Reason")}</th>
                            <th scope="col">{tr!("Doctor")}</th>
                            <th scope="col">{tr!("Status")}</th>
                            <th scope="col" class="number">{tr!("Took")}</th>
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
                <h2 id="visits">{tr!("Visits")}</h2>
                <span class="secondary">{visits.len()}</span>
            </div>
            {body}
        </section>
    }
    .into_any()
}

/// The form that adds a document to one of the visits.
fn upload(tenant: &Tenant, actor: &Actor, visits: &[VisitCard], attempt: Option<&Arc<Attempt>>) -> AnyView {
    let event = EventType::DocumentUploaded;
    let Some(latest) = visits.first().filter(|_| actor.may_log(event, None)) else { return ().into_any() };
    let form = EventForm::new(event, None, None, attempt);
    let problem = attempt
        .and_then(|attempt| attempt.problems.iter().find(|problem| problem.field == "file"))
        .map(problem_in_words);
    let choices = visits
        .iter()
        .take(20)
        .map(|card| {
            let visit = &card.visit;
            let words = format!("{}, {}", date(tenant.local(visit.registered_at), "%-d %b %Y"), visit.token);
            view! { <option value=visit.visit_id.to_string() selected=visit.visit_id == latest.visit.visit_id>{words}</option> }
        })
        .collect_view();
    let class = if problem.is_some() { "field field-error" } else { "field" };
    view! {
        <section class="card" aria-labelledby="upload">
            <h2 id="upload">{tr!("Add a document")}</h2>
            <form method="post" enctype="multipart/form-data" class="stack">
                {form.hidden()}
                <div class="fields">
                    <div class="field"><label for="upload-visit">{tr!("Visit")}</label><select id="upload-visit" name="_visit">{choices}</select></div>
                    <div class="field">
                        <label for="upload-kind">{tr!("Kind")} " " <span class="optional">{tr!("optional")}</span></label>
                        <input id="upload-kind" name="kind" maxlength="100" autocomplete="off"/>
                    </div>
                    <div class=class>
                        <label for="upload-file">{tr!("File")}</label>
                        <p class="hint">{tr!("PDF, JPEG or PNG, 10 MB at most")}</p>
                        {problem.map(|problem| view! { <p class="field-message">{icon(Icon::TriangleAlert)} <span>{problem}</span></p> })}
                        <input type="file" id="upload-file" name="file" accept="application/pdf,image/jpeg,image/png" required/>
                    </div>
                </div>
                <div class="form-foot"><button class="button button-primary">{icon(Icon::Upload)} {tr!("Add document")}</button></div>
            </form>
        </section>
    }
    .into_any()
}

fn documents_card(tenant: &Tenant, documents: Vec<Document>) -> AnyView {
    let count = documents.len();
    let rows = documents
        .into_iter()
        .map(|document| {
            let detail = tr!(
                "{time} · visit {token}",
                time = day_and_time(tenant, document.performed_at),
                token = document.token
            );
            view! {
                <li class="list-row">
                    {icon(Icon::of(document.event_type))}
                    <div class="list-main">
                        <p class="list-title">{document.sentence}</p>
                        <p class="list-detail">{detail}</p>
                    </div>
                    <a class="button button-compact button-quiet" href=format!("/visits/{}", document.visit_id)>
                        {tr!("Open visit {token}", token = document.token)}
                    </a>
                </li>
            }
        })
        .collect_view();
    let body = if count == 0 {
        empty(Icon::FileText, tr!("No documents yet"), tr!("Reports and documents of every visit are listed here."))
    } else {
        view! { <ul class="list">{rows}</ul> }.into_any()
    };
    view! {
        <section class="card card-flush" aria-labelledby="documents">
            <div class="card-head">
                <h2 id="documents">{tr!("Documents")}</h2>
                <span class="secondary">{count}</span>
            </div>
            {body}
        </section>
    }
    .into_any()
}
