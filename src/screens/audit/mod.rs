//! The audit: who saw which patient's data, and what was tried and refused.

pub mod events;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use leptos::prelude::*;
use tr::tr;

use crate::hospital::patients::Patient;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{PatientId, PersonId};
use crate::log::access::{Access, Subject, Way};
use crate::log::refused::RefusedAttempt;
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::Column::Words;
use crate::screens::parts::{day_and_time, empty, table};
use crate::screens::refused::{list as attempts, name};

/// What the audit shows.
pub struct Audit {
    /// The hospital.
    pub tenant: Tenant,
    /// What everybody is called.
    pub names: BTreeMap<PersonId, String>,
    /// The patients whose data was seen; nobody for who may not know them.
    pub patients: BTreeMap<PatientId, Patient>,
    /// What the list is narrowed to.
    pub asked: Asked,
    /// The accesses, the newest first.
    pub accesses: Vec<Access>,
    /// The address of what came before them, when there is more.
    pub older: Option<String>,
    /// The latest refused attempts, the newest first.
    pub refused: Vec<RefusedAttempt>,
}

/// What the list of accesses is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Who saw.
    pub person: Option<PersonId>,
    /// Whose data was seen, by medical record number as typed.
    pub mrn: String,
    /// Whether nobody bears that number.
    pub unknown: bool,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
}

/// Shows the audit.
pub fn audit(audit: Audit) -> impl IntoView {
    let lead = match audit.accesses.len() {
        count if audit.older.is_some() => tr!("The latest {count} times that patient data was seen", count),
        count => tr!("1 time that patient data was seen" | "{n} times that patient data was seen" % count),
    };
    view! {
        <main class="page stack" id="main">
            {tabs("/audit")}
            <div class="page-head">
                <div>
                    <h1>{tr!("Audit")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
            </div>
            {filters(&audit)}
            {accesses(&audit)}
            {refused(&audit)}
        </main>
    }
}

/// The two lists of the audit.
fn tabs(current: &'static str) -> AnyView {
    let links = [("/audit", tr!("Seen and refused")), ("/audit/events", tr!("Log"))].map(
        |(href, name)| view! { <li><a href=href aria-current=(href == current).then_some("true")>{name}</a></li> },
    );
    view! { <nav class="tabs" aria-label=tr!("Audit")><ul>{links.into_iter().collect_view()}</ul></nav> }.into_any()
}

fn filters(audit: &Audit) -> AnyView {
    let asked = &audit.asked;
    let mut people: Vec<_> = audit.names.iter().collect();
    people.sort_by_key(|(_, name)| name.to_lowercase());
    let people = people
        .into_iter()
        .map(|(id, name)| {
            let chosen = asked.person.as_ref() == Some(id);
            view! { <option value=id.to_string() selected=chosen>{name.clone()}</option> }
        })
        .collect_view();
    let class = if asked.unknown { "field field-error" } else { "field" };
    let unknown = asked.unknown.then(|| {
        view! {
            <p class="field-message" id="mrn-message">
                {icon(Icon::TriangleAlert)} <span>{tr!("No patient has this MRN")}</span>
            </p>
        }
    });
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    view! {
        <form class="card stack" aria-label=tr!("Narrow the list") action="/audit">
            <div class="fields">
                <div class="field">
                    <label for="person">{tr!("Who saw it")}</label>
                    <select id="person" name="person">
                        <option value="">{tr!("Everybody")}</option>
                        {people}
                    </select>
                </div>
                <div class=class>
                    <label for="mrn">{tr!("Patient’s MRN")}</label>
                    {unknown}
                    <input id="mrn" name="mrn" value=asked.mrn.clone() aria-describedby=asked.unknown.then_some("mrn-message")/>
                </div>
                <div class="field">
                    <label for="from">{tr!("From")}</label>
                    <input type="date" id="from" name="from" value=day(asked.from)/>
                </div>
                <div class="field">
                    <label for="to">{tr!("To")}</label>
                    <input type="date" id="to" name="to" value=day(asked.to)/>
                </div>
            </div>
            <div class="actions">
                <button class="button button-primary">{tr!("Show")}</button>
                <a class="button" href="/audit">{tr!("Show all")}</a>
            </div>
        </form>
    }
    .into_any()
}

fn accesses(audit: &Audit) -> AnyView {
    let body = if audit.accesses.is_empty() {
        empty(Icon::Eye, tr!("Nobody saw anything"), tr!("Choose another person, patient or period."))
    } else {
        let rows = audit.accesses.iter().map(|access| access_row(audit, access)).collect_view();
        table(
            "accesses",
            [
                Words(tr!("When")),
                Words(tr!("Who")),
                Words(tr!("What")),
                Words(tr!("Patient")),
                Words(tr!("How")),
                Words(tr!("Why")),
            ],
            rows,
        )
    };
    let older = audit.older.clone().map(|href| {
        view! { <div class="card-foot"><a class="button" href=href>{icon(Icon::History)} {tr!("Older")}</a></div> }
    });
    view! {
        <section class="card card-flush" aria-labelledby="accesses">
            <div class="card-head"><h2 id="accesses">{tr!("Seen")}</h2></div>
            {body} {older}
        </section>
    }
    .into_any()
}

fn access_row(audit: &Audit, access: &Access) -> AnyView {
    let what = match access.subject {
        Subject::Patient => tr!("A patient"),
        Subject::Visit => tr!("A visit"),
        Subject::Event => tr!("An event"),
        Subject::List => tr!("A list"),
        Subject::AccessLog => tr!("The access log"),
    };
    let patient = match &access.patient_id {
        None => ().into_any(),
        Some(id) => match audit.patients.get(id) {
            Some(patient) => {
                let mrn = format!("MRN {}", patient.mrn);
                view! {
                    <a href=format!("/patients/{id}")>{patient.name.clone()}</a>
                    <span class="sub">{mrn}</span>
                }
                .into_any()
            }
            None => view! { <span class="secondary">{tr!("One patient")}</span> }.into_any(),
        },
    };
    let how = match access.way {
        Way::Screen => tr!("Screen"),
        Way::Api => tr!("Program"),
    };
    let human = access.on_behalf_of.as_ref().map(|human| {
        view! { <span class="sub">{tr!("for {person}", person = name(&audit.names, human))}</span> }
    });
    view! {
        <tr>
            <td class="nowrap">{day_and_time(&audit.tenant, access.accessed_at)}</td>
            <th scope="row">{name(&audit.names, &access.person_id)} {human}</th>
            <td>{what} <span class="sub break-anywhere">{access.address.clone()}</span></td>
            <td>{patient}</td>
            <td>{how}</td>
            <td>{access.purpose.clone()}</td>
        </tr>
    }
    .into_any()
}

fn refused(audit: &Audit) -> AnyView {
    let body = if audit.refused.is_empty() {
        empty(Icon::CircleCheck, tr!("Nothing was refused"), tr!("Steps that the rules do not allow are listed here."))
    } else {
        // An administrator reads this too, and may not read which visits they are.
        attempts("refused", &audit.tenant, &audit.names, &audit.refused, None)
    };
    view! {
        <section class="card card-flush" aria-labelledby="refused">
            <div class="card-head"><h2 id="refused">{tr!("Refused lately")}</h2></div>
            {body}
        </section>
    }
    .into_any()
}
