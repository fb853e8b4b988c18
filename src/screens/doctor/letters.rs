//! What the doctor gives the patient on paper: a prescription, a letter of referral.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::{Chart, Doctor};
use crate::hospital::patients::Patient;
use crate::hospital::tenants::Tenant;
use crate::journey::events::{Event, EventType, PrescriptionGiven, ReferralGiven};
use crate::journey::ids::VisitId;
use crate::journey::visit::Step;
use crate::language::{of_paper, on_paper};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{age_and_sex, clock_time, day_and_time, print_button};

/// What every letter says.
pub struct Letter {
    /// The hospital.
    pub tenant: Tenant,
    /// The patient.
    pub patient: Patient,
    /// The visit.
    pub visit_id: VisitId,
    /// What the patient is called by.
    pub token: String,
    /// Who wrote it.
    pub doctor: String,
    /// When.
    pub written_at: DateTime<Utc>,
    /// What the consultation found, if that was said.
    pub diagnosis: Option<String>,
    /// What the letter is for.
    pub matter: Matter,
}

/// What a letter is for.
pub enum Matter {
    /// Medicines.
    Prescription(PrescriptionGiven),
    /// Another doctor or house.
    Referral(ReferralGiven),
}

impl Matter {
    /// What a step puts on paper, if anything.
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::PrescriptionGiven(given) => Some(Self::Prescription(given.clone())),
            Event::ReferralGiven(given) => Some(Self::Referral(given.clone())),
            _ => None,
        }
    }

    /// What the letter is called.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Prescription(_) => "Prescription",
            Self::Referral(_) => "Referral",
        }
    }
}

/// The steps of a visit that put something on paper, in their order; letters are numbered by it.
pub fn letters(steps: &[Step]) -> impl Iterator<Item = (usize, &Step)> {
    steps.iter().filter(|step| Matter::of(&step.event).is_some()).enumerate().map(|(index, step)| (index + 1, step))
}

/// Links to the letters of one kind that were written on a visit, to print them.
pub(super) fn to_print(chart: &Chart, event: EventType, doctor: &Doctor) -> AnyView {
    let links: Vec<_> = letters(&chart.steps)
        .filter(|(_, step)| step.event.event_type() == event)
        .map(|(number, step)| {
            let href = format!("/visits/{}/letters/{number}", chart.card.visit.visit_id);
            view! {
                <a class="button button-compact" href=href>
                    {icon(Icon::Printer)} {tr!("Print that of {time}", time = clock_time(&doctor.tenant, step.at))}
                </a>
            }
        })
        .collect();
    if links.is_empty() {
        return ().into_any();
    }
    view! { <div class="row divided">{links}</div> }.into_any()
}

/// Shows a letter, to be printed and signed.
pub fn letter(letter: Letter) -> impl IntoView {
    let (visit_id, of_paper) = (letter.visit_id.clone(), of_paper());
    view! {
        <main class="page stack" id="main">
            <div class="row screen-only paper-ways">
                {print_button()}
                <a class="button" href=format!("/doctor?visit={visit_id}")>{tr!("To the consultation")}</a>
                <a class="button" href=format!("/visits/{visit_id}")>{tr!("To the journey")}</a>
            </div>
            {on_paper(|| paper(letter, of_paper))}
        </main>
    }
}

fn paper(letter: Letter, lang: Option<&'static str>) -> AnyView {
    let Letter { tenant, patient, visit_id, token, doctor, written_at, diagnosis, matter } = letter;
    let age = age_and_sex(patient.birth_date, patient.sex, tenant.local_day(written_at));
    let title = matter.title();
    view! {
        <article class="paper" aria-label=title lang=lang>
            <header class="paper-head">
                <div>
                    <h1>{tenant.name.clone()}</h1>
                    <p>{title}</p>
                </div>
                <span class="token">{token}</span>
            </header>
            <dl class="facts">
                <dt>"Patient"</dt><dd>{patient.name.clone()} ", " {age}</dd>
                <dt>"MRN"</dt><dd>{patient.mrn.clone()}</dd>
                <dt>"Date"</dt><dd>{day_and_time(&tenant, written_at)}</dd>
                {diagnosis.map(|diagnosis| view! { <dt>"Diagnosis"</dt><dd>{diagnosis}</dd> })}
            </dl>
            {match matter {
                Matter::Prescription(given) => medicines(&given),
                Matter::Referral(given) => referral(&given, &patient.name),
            }}
            <div class="signature"><p>{doctor}</p></div>
            <p class="small">"Visit " {visit_id.to_string()}</p>
        </article>
    }
    .into_any()
}

fn medicines(given: &PrescriptionGiven) -> AnyView {
    let lines = given
        .items
        .iter()
        .map(|item| {
            view! {
                <li>
                    <b>{item.drug.to_string()} ", " {item.dose.to_string()}</b> <br/>
                    {format!("{}, for {} {}", item.frequency.as_str(), *item.days, if *item.days == 1 { "day" } else { "days" })}
                    {item.instructions.as_deref().map(|instructions| view! { <br/> {instructions.clone()} })}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="medicines">{lines}</ol> }.into_any()
}

fn referral(given: &ReferralGiven, patient: &str) -> AnyView {
    let urgency = given.urgency.map(|urgency| view! { <p><b>"Urgency: "</b> {urgency.label()}</p> });
    view! {
        <p><b>"To: "</b> {given.to.to_string()}</p>
        {urgency}
        <p>{format!("Please see {patient}.")}</p>
        <p>{given.reason.to_string()}</p>
    }
    .into_any()
}
