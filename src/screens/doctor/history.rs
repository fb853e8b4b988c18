//! What was: the journey of this visit so far, and the patient's other visits.

use leptos::prelude::*;
use tr::tr;

use super::{Doctor, EarlierVisit, last_prescription};
use crate::journey::events::Event;
use crate::language;
use crate::log::timeline::TimelineRow;
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{clock_time, empty, phase_class, status_tag};

/// The story of the visit, a line for each step.
pub(super) fn journey(rows: &[TimelineRow], doctor: &Doctor) -> AnyView {
    let steps = rows
        .iter()
        .map(|row| {
            let class = phase_class(if row.beside { "step step-beside" } else { "step" }, row.phase);
            view! {
                <li class=class>
                    <time class="step-time" datetime=row.performed_at.to_rfc3339()>
                        {clock_time(&doctor.tenant, row.performed_at)}
                    </time>
                    <span class="step-badge">{icon(Icon::by_name(&row.icon))}</span>
                    <div class="step-body">
                        <h2 class="step-title">{row.title.clone()}</h2>
                        <p class="step-text">{row.sentence.clone()}</p>
                    </div>
                </li>
            }
            .into_any()
        })
        .collect_view();
    view! { <ol class="timeline timeline-compact">{steps}</ol> }.into_any()
}

/// The patient's other visits, the latest first.
pub(super) fn visits(visits: &[EarlierVisit], doctor: &Doctor) -> AnyView {
    if visits.is_empty() {
        return empty(Icon::History, tr!("No other visit"), tr!("This is the patient's first visit here."));
    }
    let rows = visits.iter().map(|visit| earlier(visit, doctor)).collect_view();
    view! { <ul class="list list-inset">{rows}</ul> }.into_any()
}

fn earlier(earlier: &EarlierVisit, doctor: &Doctor) -> AnyView {
    let card = &earlier.card;
    let day = language::date(doctor.tenant.local(card.visit.registered_at), "%-d %b %Y");
    let who = [card.doctor_name.as_deref(), card.department_name.as_deref(), card.visit.reason.as_deref()];
    let who = who.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let facts = facts(earlier);
    view! {
        <li class="list-row">
            <div class="list-main">
                <p class="list-title">
                    <a href=format!("/visits/{}", card.visit.visit_id)>{day}</a> {status_tag(card.visit.status)}
                </p>
                <p class="list-detail">{who}</p>
                {(!facts.is_empty())
                    .then(|| {
                        let facts = facts
                            .into_iter()
                            .map(|(word, value)| view! { <dt>{word}</dt><dd>{value}</dd> })
                            .collect_view();
                        view! { <dl class="facts">{facts}</dl> }
                    })}
            </div>
        </li>
    }
    .into_any()
}

/// What a doctor wants to know of an earlier visit.
fn facts(earlier: &EarlierVisit) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    for step in &earlier.steps {
        match &step.event {
            Event::ConsultationCompleted(completed) => {
                facts.extend(completed.diagnosis.as_deref().map(|diagnosis| (tr!("Diagnosis"), diagnosis.clone())));
            }
            Event::TestsOrdered(ordered) => {
                let names: Vec<_> = ordered.tests.iter().map(|test| test.name.as_str()).collect();
                facts.push((tr!("Tests"), names.join(", ")));
            }
            Event::ReferralGiven(referral) => facts.push((tr!("Referred to"), referral.to.to_string())),
            _ => {}
        }
    }
    if let Some(lines) = last_prescription(&earlier.steps) {
        let lines: Vec<_> =
            lines.iter().map(|line| format!("{} {}, {}", line.drug, line.dose, line.frequency)).collect();
        facts.push((tr!("Prescription"), lines.join("; ")));
    }
    facts
}
