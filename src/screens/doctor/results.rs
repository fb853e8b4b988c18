//! The tests of the visit: how far they are, their values, and what the doctor does with them.

use std::sync::Arc;

use leptos::prelude::*;
use tr::tr;

use super::{Chart, Doctor, Tab};
use crate::journey::events::{AnalyteResult, EventType};
use crate::journey::ids::TestId;
use crate::journey::visit::Test;
use crate::journey::words::{Flag, Stage, Verdict, Word};
use crate::language;
use crate::screens::attempt::Attempt;
use crate::screens::form::{EventForm, button};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{day_and_time, empty, phase_class, priority_tag, stage_bar};

/// How a value compares with its range: as the laboratory says, otherwise by the numbers.
pub(super) fn flag_of(result: &AnalyteResult) -> Option<Flag> {
    result.flag.or_else(|| {
        let value: f64 = result.value.trim().parse().ok()?;
        match (result.low.as_deref(), result.high.as_deref()) {
            (Some(low), _) if value < *low => Some(Flag::Low),
            (_, Some(high)) if value > *high => Some(Flag::High),
            (None, None) => None,
            _ => Some(Flag::Normal),
        }
    })
}

/// A value with its unit and flag: "7.9 % · high".
pub(super) fn value_in_words(result: &AnalyteResult) -> String {
    let unit = result.unit.as_deref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let flag = flag_of(result).map(|flag| format!("\u{a0}· {}", language::say(flag.label()))).unwrap_or_default();
    format!("{}{unit}{flag}", *result.value)
}

fn range(result: &AnalyteResult) -> String {
    match (result.low.as_deref(), result.high.as_deref()) {
        (Some(low), Some(high)) => tr!("{low} to {high}", low, high),
        (Some(low), None) => tr!("{low} or more", low),
        (None, Some(high)) => tr!("{high} or less", high),
        (None, None) => "–".to_owned(),
    }
}

/// The results that are not as they should be, beside a form that may rest on them; none when there are none.
pub(super) fn remarkable(chart: &Chart) -> Option<AnyView> {
    let usual = |result: &&AnalyteResult| matches!(flag_of(result), None | Some(Flag::Normal));
    let results = chart.visit.tests.values().flat_map(|test| &test.results);
    let rows: Vec<_> = results.filter(|result| !usual(result)).map(remarkable_value).collect();
    let all = chart.address(Tab::Results);
    (!rows.is_empty()).then(|| {
        view! {
            <section class="stack stack-tight" aria-labelledby="remarkable">
                <div class="row row-between">
                    <h2 id="remarkable">{tr!("Results out of range")}</h2>
                    <a href=all target="_blank">{tr!("All results")}</a>
                </div>
                <dl class="figures figures-tiles">{rows}</dl>
            </section>
        }
        .into_any()
    })
}

fn remarkable_value(result: &AnalyteResult) -> AnyView {
    let class = if flag_of(result) == Some(Flag::Critical) { "critical" } else { "abnormal" };
    view! {
        <div class=class>
            <dt>{result.analyte.to_string()}</dt>
            <dd>{value_in_words(result)}</dd>
        </div>
    }
    .into_any()
}

/// Draws the tests of the visit.
pub(super) fn results(chart: &Chart, doctor: &Doctor) -> AnyView {
    if chart.visit.tests.is_empty() {
        return empty(Icon::TestTubes, tr!("No tests"), tr!("No tests were ordered on this visit."));
    }
    let tests = chart.visit.tests.iter().map(|(id, test)| one(chart, id, test, doctor)).collect_view();
    view! { <div class="stack stack-loose">{tests}</div> }.into_any()
}

fn one(chart: &Chart, id: &TestId, test: &Test, doctor: &Doctor) -> AnyView {
    let heading = format!("test-{id}");
    let since = day_and_time(&doctor.tenant, test.since);
    let stage = language::say(test.stage.label());
    let urgency = test.priority.min(chart.visit.urgency());
    view! {
        <section class="stack stack-tight" aria-labelledby=heading>
            <div class="row row-between">
                <h2 class="row" id=heading.clone()>{test.name.clone()} {priority_tag(urgency)}</h2>
                <span class=phase_class("tag", crate::journey::words::Phase::Test)>{stage.clone()}</span>
            </div>
            {stage_bar(test.stage)} <p class="secondary small">{tr!("{stage} since {time}", stage, time = since)}</p>
            {(!test.results.is_empty()).then(|| values(id, test))} {actions(chart, id, test, doctor)}
        </section>
    }
    .into_any()
}

fn values(id: &TestId, test: &Test) -> AnyView {
    let caption = format!("values-{id}");
    let rows = test.results.iter().map(value_row).collect_view();
    view! {
        <div class="table-wrap" role="group" aria-labelledby=caption tabindex="0">
            <table class="table">
                <caption class="visually-hidden" id=caption.clone()>{tr!("Results of {test}", test = test.name)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{tr!("Measured")}</th>
                        <th scope="col" class="number">{tr!("Value")}</th>
                        <th scope="col">{tr!("Unit")}</th>
                        <th scope="col">{tr!("Range")}</th>
                        <th scope="col">{tr!("Flag")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn value_row(result: &AnalyteResult) -> AnyView {
    let flag = match flag_of(result) {
        Some(flag @ Flag::Critical) => {
            view! { <span class="tag tag-danger">{icon(Icon::TriangleAlert)} {language::say(flag.label())}</span> }
                .into_any()
        }
        Some(flag @ (Flag::Low | Flag::High | Flag::Abnormal)) => {
            view! { <span class="tag tag-warning">{icon(Icon::TriangleAlert)} {language::say(flag.label())}</span> }
                .into_any()
        }
        Some(Flag::Normal) => view! { <span class="secondary">{tr!("in range")}</span> }.into_any(),
        None => view! { <span class="secondary">"–"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{result.analyte.to_string()}</th>
            <td class="number">{result.value.to_string()}</td>
            <td>{result.unit.as_deref().cloned().unwrap_or_else(|| "–".to_owned())}</td>
            <td class="nowrap">{range(result)}</td>
            <td>{flag}</td>
        </tr>
    }
    .into_any()
}

/// What the doctor may do with a test at its stage.
fn actions(chart: &Chart, id: &TestId, test: &Test, doctor: &Doctor) -> AnyView {
    let visit = &chart.card.visit.visit_id;
    let about = [("testId", id.to_string())];
    let press = |event: EventType| {
        chart.may(event).then(|| button(event, visit, None, &about).class("button button-primary").view())
    };
    let action = match test.stage {
        Stage::Completed if chart.may(EventType::TestReviewed) => Some(review(chart, id, doctor)),
        Stage::Reviewed => {
            let entered_it = test.completed_by.as_ref() == Some(&chart.doctor);
            if entered_it && !doctor.tenant.policy.approver_may_be_performer {
                Some(
                    view! { <p class="secondary">{tr!("You entered these results: somebody else approves them.")}</p> }
                        .into_any(),
                )
            } else {
                press(EventType::TestApproved)
            }
        }
        Stage::Approved => press(EventType::ReportGenerated),
        Stage::Reported if chart.may(EventType::ReportDelivered) => {
            Some(fold(chart, EventType::ReportDelivered, id, &[("deliveredTo", true), ("channel", false)], doctor))
        }
        Stage::Ordered | Stage::Collected | Stage::InProgress if chart.may(EventType::TestCancelled) => {
            Some(fold(chart, EventType::TestCancelled, id, &[("reason", true)], doctor))
        }
        _ => None,
    };
    action.into_any()
}

/// A form about one test: what was refused for another is not shown in it.
fn form_of(chart: &Chart, event: EventType, id: &TestId, doctor: &Doctor) -> EventForm {
    let is_about_it = |attempt: &&Arc<Attempt>| {
        attempt.values.iter().any(|(name, value)| name == "testId" && *value == id.to_string())
    };
    EventForm::new(event, Some(&chart.card.visit.visit_id), None, doctor.attempt.as_ref().filter(is_about_it))
}

/// A text field of a form about one test; its id names the test unless the list of problems leads to it.
fn text(form: &EventForm, field: &'static str, label: String, required: bool, id: &TestId) -> AnyView {
    let element = if form.problem(field).is_some() { form.id(field) } else { format!("{}-{id}", form.id(field)) };
    let class = if form.problem(field).is_some() { "field field-error" } else { "field" };
    let message = form.describedby(field);
    view! {
        <div class=class>
            <label for=element.clone()>{label} {(!required).then(|| view! { " " <span class="optional">{tr!("optional")}</span> })}</label>
            {form
                .problem(field)
                .map(|problem| {
                    view! {
                        <p class="field-message" id=message.clone()>{icon(Icon::TriangleAlert)} <span>{problem}</span></p>
                    }
                })}
            <input id=element name=field value=form.value(field).unwrap_or_default() required=required autocomplete="off"
                aria-invalid=form.problem(field).map(|_| "true") aria-describedby=message/>
        </div>
    }
    .into_any()
}

fn review(chart: &Chart, id: &TestId, doctor: &Doctor) -> AnyView {
    let form = form_of(chart, EventType::TestReviewed, id, doctor);
    view! {
        <form method="post" class="stack">
            {form.hidden()} <input type="hidden" name="testId" value=id.to_string()/>
            {text(&form, "comment", tr!("Comment"), false, id)}
            <div class="form-foot">
                <button class="button button-primary" name="verdict" value=Verdict::Accepted.word()>
                    {icon(Icon::ClipboardCheck)} {tr!("Accept results")}
                </button>
                <button class="button" name="verdict" value=Verdict::Repeat.word()>
                    {icon(Icon::RotateCcw)} {tr!("Repeat the test")}
                </button>
            </div>
        </form>
    }
    .into_any()
}

fn fold(
    chart: &Chart,
    event: EventType,
    id: &TestId,
    fields: &'static [(&'static str, bool)],
    doctor: &Doctor,
) -> AnyView {
    let form = form_of(chart, event, id, doctor);
    let inputs = fields
        .iter()
        .map(|(field, required)| {
            let label = match *field {
                "deliveredTo" => tr!("Handed to"),
                "channel" => tr!("How"),
                _ => tr!("Reason"),
            };
            text(&form, field, label, *required, id)
        })
        .collect_view();
    let action = language::say(event.row().action);
    view! {
        <details class="fold fold-button" open=form.was_refused()>
            <summary>{icon(Icon::of(event))} {action.clone()}</summary>
            <div class="fold-body">
                <form method="post" class="stack">
                    {form.hidden()} <input type="hidden" name="testId" value=id.to_string()/> {inputs}
                    <div class="form-foot">
                        <button class="button button-primary">{icon(Icon::of(event))} {action}</button>
                    </div>
                </form>
            </div>
        </details>
    }
    .into_any()
}
