//! The forms that open on a test's card, one at a time.

use leptos::prelude::*;
use tr::tr;

use super::super::form::EventForm;
use super::super::icon::{Icon, icon};
use super::card::suggested_label;
use super::results::{critical, earlier, flag_tag, range};
use super::{Lab, Opened};
use crate::hospital::tariff::Analyte;
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::results::{change, flag};
use crate::journey::schema::Shape;
use crate::journey::words::{Flag, Word};
use crate::language;
use crate::projections::earlier_results::EarlierResults;
use crate::projections::tests::TestCard;

/// Why specimens are rejected, most often.
const REJECTED: &[&str] = &["Clotted", "Haemolysed", "Too little", "Wrong tube", "Label missing or wrong", "Leaked"];
/// Why tests are cancelled, most often.
const CANCELLED: &[&str] = &["Ordered by mistake", "Ordered twice", "Patient declined", "Cannot be done here"];
/// How reports are handed over, most often.
const CHANNELS: &[&str] = &["In person", "E-mail", "Messenger", "Post"];
/// How many lines there are for a test of which the tariff does not say what it measures.
const FREE_LINES: usize = 3;

pub(super) fn form(lab: &Lab, card: &TestCard, opened: &Opened) -> AnyView {
    let test = &card.test;
    let form = EventForm::new(opened.event, Some(&test.visit_id), None, lab.attempt.as_ref());
    let (title, verb, fields) = match opened.event {
        EventType::TestSampleCollected => (
            tr!("Collect the sample"),
            tr!("Collect"),
            view! {
                <div class="fields">
                    {line(&form, "sampleId", &tr!("Sample id on the label"), &suggested_label(card))}
                    {line(&form, "specimen", &tr!("Specimen"), test.specimen.as_deref().unwrap_or_default())}
                </div>
            }
            .into_any(),
        ),
        EventType::TestInProgress => {
            (tr!("Start the test"), tr!("Start"), line(&form, "analyser", &tr!("Analyser"), ""))
        },
        EventType::TestCompleted => {
            (tr!("Results"), tr!("Complete the test"), entry(&form, lab, card, &opened.analytes))
        },
        EventType::TestReviewed => (
            tr!("Review the results"),
            tr!("Save the review"),
            view! { {form.labelled("verdict", &tr!("Verdict"))} {form.labelled("comment", &tr!("Comment"))} }.into_any(),
        ),
        EventType::ReportDelivered => (
            tr!("Hand the report over"),
            tr!("Hand over"),
            view! {
                <div class="fields">
                    {line(&form, "deliveredTo", &tr!("Handed to"), &card.patient_name)}
                    {
                        let choices = CHANNELS.iter().map(|way| ((*way).to_owned(), language::say(way))).collect();
                        form.field("channel", &tr!("How"), true, form.select("channel", choices, false, None, CHANNELS[0]))
                    }
                </div>
            }
            .into_any(),
        ),
        EventType::TestSampleRejected => {
            (tr!("Reject the sample"), tr!("Reject and collect again"), reason(&form, REJECTED))
        },
        EventType::TestCancelled => {
            (tr!("Cancel the test"), tr!("Cancel the test"), reason(&form, CANCELLED))
        },
        _ => return ().into_any(),
    };
    let class = match opened.event {
        EventType::TestSampleRejected | EventType::TestCancelled => "button button-danger",
        _ => "button button-primary",
    };
    view! {
        <form method="post" class="stack">
            {form.hidden()}
            <input type="hidden" name="testId" value=test.test_id.to_string()/>
            <input type="hidden" name="_then" value=lab.address.clone()/>
            <p class="form-title">{title} " · " {card.token.clone()} ", " {test.name.clone()}</p>
            {fields}
            <div class="form-foot">
                <button class=class>{icon(Icon::of(opened.event))} {verb}</button>
                <a class="button button-quiet" href=lab.address.clone()>{tr!("Close")}</a>
            </div>
        </form>
    }
    .into_any()
}

/// A labelled line of text with something in it to begin with.
fn line(form: &EventForm, field: &str, label: &str, given: &str) -> AnyView {
    let Some(schema) = form.event().row().fields.iter().find(|schema| schema.name == field) else {
        return ().into_any();
    };
    form.field(field, label, !schema.required, form.input(field, schema.shape, schema.required, None, given))
}

/// A reason: one of the usual ones, words of one's own, or both.
fn reason(form: &EventForm, usual: &'static [&'static str]) -> AnyView {
    let typed = form.value("reason").unwrap_or_default();
    let own = if usual.contains(&typed.as_str()) { "" } else { &typed };
    let choice = |words: &&'static str| {
        let (words, checked) = (*words, **words == typed);
        view! {
            <label class="choice">
                <input type="radio" name="reason" value=words checked=checked/>
                {language::say(words)}
            </label>
        }
    };
    let control = view! {
        <input id=form.id("reason") name="reason" value=own maxlength="400" autocomplete="off"
            aria-invalid=form.problem("reason").map(|_| "true") aria-describedby=form.describedby("reason")/>
    };
    view! {
        <fieldset class="field">
            <legend>{tr!("Why")}</legend>
            <div class="choices choices-row">{usual.iter().map(choice).collect_view()}</div>
        </fieldset>
        {form.field("reason", &tr!("In your own words"), true, control)}
    }
    .into_any()
}

/// The lines into which results are typed.
fn entry(form: &EventForm, lab: &Lab, card: &TestCard, analytes: &[Analyte]) -> AnyView {
    let test = card.test.name.as_str();
    let before = lab.before.get(&card.test.test_id).map(|before| (before, &lab.tenant));
    let id = form.id("results");
    let free = analytes.is_empty();
    let lines = if free {
        (0..FREE_LINES).map(|number| free_line(form, number, if number == 0 { test } else { "" })).collect_view()
    } else {
        analytes.iter().enumerate().map(|(number, analyte)| known_line(form, number, analyte, before)).collect_view()
    };
    let ranges = if free {
        view! { <th scope="col">{tr!("Lowest")}</th> <th scope="col">{tr!("Highest")}</th> }.into_any()
    } else {
        view! {
            <th scope="col">{tr!("Range")}</th>
            {before.map(|_| view! { <th scope="col">{tr!("measured before" => "Last")}</th> })}
        }
        .into_any()
    };
    view! {
        <p class="hint">
            {tr!("Numbers are compared with their range. Where there is no value, write why: “not measured”.")}
        </p>
        <div class="table-wrap" role="group" aria-labelledby=id tabindex="0">
            <table class="table table-lines">
                <caption class="visually-hidden" id=id.clone()>{tr!("Results of {test}", test)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{tr!("Analyte")}</th>
                        <th scope="col">{tr!("Value")}</th>
                        <th scope="col">{tr!("Unit")}</th>
                        {ranges}
                        <th scope="col">{tr!("Flag")}</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A cell to type in, with what was wrong before.
fn cell(form: &EventForm, field: &str, max: usize, required: bool, label: String, given: &str) -> AnyView {
    let problem = form.problem(field).map(|problem| {
        view! {
            <p class="field-message" id=format!("{}-message", form.id(field))>
                {icon(Icon::TriangleAlert)} <span>{problem}</span>
            </p>
        }
    });
    view! { {problem} {form.input(field, Shape::Text { max }, required, Some(label), given)} }.into_any()
}

/// A line for something that the tariff knows.
fn known_line(
    form: &EventForm,
    number: usize,
    analyte: &Analyte,
    before: Option<(&EarlierResults, &Tenant)>,
) -> AnyView {
    let field = |name: &str| format!("results[{number}].{name}");
    let Analyte { analyte: name, unit, low, high } = analyte;
    let label = match unit {
        Some(unit) => format!("{name}, {unit}"),
        None => name.clone(),
    };
    let hidden = |name: &str, value: String| view! { <input type="hidden" name=field(name) value=value/> };
    let typed = form.value(&field("value")).unwrap_or_default();
    let judged = if low.is_none() && high.is_none() {
        view! { <td>{flags(form, &field("flag"), name)}</td> }.into_any()
    } else {
        view! {
            <td>
                <span data-judged>{flag_tag(flag(&typed, *low, *high))}</span>
                {critical(form, &field("flag"), name)}
            </td>
        }
        .into_any()
    };
    // What has no unit is told in words, which are longer than numbers.
    let width = if unit.is_some() { "cell-value" } else { "cell-wide" };
    let changed = |before: &EarlierResults| {
        let before = before.value(name, unit.as_deref())?.to_owned();
        let words = change(&typed, &before);
        Some(view! { <b data-before=before>{words}</b> })
    };
    view! {
        <tr>
            <th scope="row">
                {name.clone()} {hidden("analyte", name.clone())}
                {unit.clone().map(|unit| hidden("unit", unit))} {low.map(|low| hidden("low", low.to_string()))}
                {high.map(|high| hidden("high", high.to_string()))}
            </th>
            <td class=width>{cell(form, &field("value"), 200, true, label, "")}</td>
            <td>{unit.clone().unwrap_or_else(|| "–".to_owned())}</td>
            <td class="nowrap">{range(*low, *high)}</td>
            {before.map(|(all, _)| view! { <td><span class="nowrap">{earlier(before, name, unit.as_deref())}</span> " " {changed(all)}</td> })}
            {judged}
        </tr>
    }
    .into_any()
}

/// A line for something that the tariff does not know.
fn free_line(form: &EventForm, number: usize, name: &str) -> AnyView {
    let field = |name: &str| format!("results[{number}].{name}");
    let label = |field: String| tr!("{field}, line {line}", field, line = number + 1);
    view! {
        <tr>
            <td class="cell-wide">{cell(form, &field("analyte"), 100, false, label(tr!("Analyte")), name)}</td>
            <td class="cell-value">{cell(form, &field("value"), 200, false, label(tr!("Value")), "")}</td>
            <td>{cell(form, &field("unit"), 50, false, label(tr!("Unit")), "")}</td>
            <td>{cell(form, &field("low"), 20, false, label(tr!("Lowest in range")), "")}</td>
            <td>{cell(form, &field("high"), 20, false, label(tr!("Highest in range")), "")}</td>
            <td>{flags(form, &field("flag"), &label(tr!("result")))}</td>
        </tr>
    }
    .into_any()
}

/// What a value in words says, chosen by who reads it.
fn flags(form: &EventForm, field: &str, name: &str) -> AnyView {
    let choices = Flag::CHOICES.iter().map(|(word, label)| ((*word).to_owned(), language::say(label))).collect();
    form.select(field, choices, false, Some(tr!("Flag of {name}", name)), "")
}
