//! What the laboratory prints: the report of a test, and the label of a specimen.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::super::barcode::barcode;
use super::super::icon::{Icon, icon};
use super::super::parts::{age_and_sex, day_and_time, print_button};
use super::results::results;
use crate::hospital::patients::Patient;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{TestId, VisitId};
use crate::journey::visit::Test;
use crate::language::{of_paper, on_paper};

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// By name.
    pub name: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What is printed about a test.
pub struct Paper {
    /// The hospital.
    pub tenant: Tenant,
    /// The patient.
    pub patient: Patient,
    /// The visit.
    pub visit_id: VisitId,
    /// What the patient is called by.
    pub token: String,
    /// The doctor of the visit.
    pub doctor: Option<String>,
    /// The test's id.
    pub test_id: TestId,
    /// The test.
    pub test: Test,
    /// Who entered the results.
    pub entered: Option<Signature>,
    /// Who reviewed them.
    pub reviewed: Option<Signature>,
    /// What the review says.
    pub comment: Option<String>,
    /// Who approved them.
    pub approved: Option<Signature>,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// Shows the report of a test.
pub fn report(paper: Paper) -> impl IntoView {
    let (visit_id, of_paper) = (paper.visit_id.clone(), of_paper());
    view! {
        <main class="page stack touch" id="main">
            {back(&visit_id)} {on_paper(|| report_on_paper(paper, of_paper))}
        </main>
    }
}

fn report_on_paper(paper: Paper, lang: Option<&'static str>) -> AnyView {
    let Paper { tenant, patient, token, doctor, test_id, test, entered, reviewed, comment, approved, now, .. } = paper;
    let missing = || "not recorded".to_owned();
    let time = |at: Option<DateTime<Utc>>| at.map_or_else(missing, |at| day_and_time(&tenant, at));
    let signed = |signature: &Option<Signature>| match signature {
        Some(Signature { name, at }) => format!("{name}, {}", day_and_time(&tenant, *at)),
        None => "not yet".to_owned(),
    };
    let age = age_and_sex(patient.birth_date, patient.sex, tenant.local_day(test.ordered_at));
    let preliminary = approved.is_none().then(|| {
        view! {
            <div class="notice notice-warning notice-line" role="status">
                {icon(Icon::TriangleAlert)} <p><b>"Not yet approved."</b> " Preliminary: not to be handed over."</p>
            </div>
        }
    });
    view! {
        <article class="paper" aria-label="Report" lang=lang>
            <header class="paper-head">
                <div>
                    <h1>{tenant.name.clone()}</h1>
                    <p>"Laboratory report"</p>
                </div>
                <span class="token">{token}</span>
            </header>
            {preliminary}
            <h2>{test.name.clone()}</h2>
            <dl class="facts">
                <dt>"Patient"</dt><dd>{patient.name.clone()} ", " {age}</dd>
                <dt>"MRN"</dt><dd>{patient.mrn.clone()}</dd>
                <dt>"Doctor"</dt><dd>{doctor.unwrap_or_else(missing)}</dd>
                <dt>"Specimen"</dt><dd>{test.specimen.clone().unwrap_or_else(missing)}</dd>
                <dt>"Sample id"</dt><dd>{test.sample_id.clone().unwrap_or_else(missing)}</dd>
                <dt>"Ordered"</dt><dd>{time(Some(test.ordered_at))}</dd>
                <dt>"Collected"</dt><dd>{time(test.collected_at)}</dd>
                <dt>"Reported"</dt><dd>{time(test.reported_at)}</dd>
            </dl>
            {results(&test.results, None, "results".to_owned(), &test.name)}
            {comment.map(|comment| view! { <p><b>"Comment: "</b> {comment}</p> })}
            <dl class="facts">
                <dt>"Entered by"</dt><dd>{signed(&entered)}</dd>
                <dt>"Reviewed by"</dt><dd>{signed(&reviewed)}</dd>
                <dt>"Approved by"</dt><dd>{signed(&approved)}</dd>
            </dl>
            <p class="small">"Report " {test_id.to_string()} " · printed " {day_and_time(&tenant, now)}</p>
        </article>
    }
    .into_any()
}

/// Shows the label of a specimen, as large as those that tubes bear.
pub fn label(paper: Paper) -> impl IntoView {
    let (visit_id, of_paper) = (paper.visit_id.clone(), of_paper());
    view! {
        <main class="page stack touch" id="main">
            {back(&visit_id)} {on_paper(|| label_on_paper(paper, of_paper))}
        </main>
    }
}

fn label_on_paper(paper: Paper, lang: Option<&'static str>) -> AnyView {
    let Paper { tenant, patient, token, test, .. } = paper;
    let collected = test.collected_at.map(|at| day_and_time(&tenant, at));
    view! {
        <article class="paper label" aria-label="Label" lang=lang>
            <h1 class="visually-hidden">"Label of a sample"</h1>
            <p class="label-line"><b>{patient.name.clone()}</b> <b>{token}</b></p>
            <p class="label-line">
                <span>{age_and_sex(patient.birth_date, patient.sex, tenant.local_day(test.ordered_at))}</span>
                <span>{patient.mrn.clone()}</span>
            </p>
            {test.sample_id.as_deref().map(barcode)}
            <p class="label-line">
                <b>{test.sample_id.clone()}</b> <span>{collected}</span>
            </p>
            <p>{test.name.clone()} {test.specimen.clone().map(|specimen| format!(", {specimen}"))}</p>
        </article>
    }
    .into_any()
}

fn back(visit_id: &VisitId) -> AnyView {
    view! {
        <div class="row screen-only paper-ways">
            {print_button()} <a class="button" href="/lab">{tr!("link" => "To the lab")}</a>
            <a class="button" href=format!("/visits/{visit_id}")>{tr!("To the journey")}</a>
        </div>
    }
    .into_any()
}
