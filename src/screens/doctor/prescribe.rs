//! Writing a prescription: lines to type in, and medicines to pick.
//!
//! The buttons that add lines and take them away send the form too, so that nothing typed is lost; the server answers with the longer form.
//! What was typed when another tab is opened, the browser keeps.

use leptos::prelude::*;
use tr::tr;

use super::chart::not_now;
use super::medicines::{FREQUENCIES, MEDICINES, QUICK};
use super::{Chart, Doctor, Draft, Line, letters};
use crate::journey::events::{Event, EventType};
use crate::journey::visit::Step;
use crate::screens::form::{EventForm, enter};
use crate::screens::icon::{Icon, icon};

/// Draws the form.
pub(super) fn prescribe(chart: &Chart, draft: &Draft, doctor: &Doctor) -> AnyView {
    let written = letters::to_print(chart, EventType::PrescriptionGiven, doctor);
    if !chart.may(EventType::PrescriptionGiven) {
        return view! { {not_now(chart)} {written} }.into_any();
    }
    let form = chart.form(EventType::PrescriptionGiven, doctor);
    let lines = (0..draft.rows.max(draft.lines.len()))
        .map(|number| line(&form, number, draft.lines.get(number).cloned().unwrap_or_default()))
        .collect_view();
    let is_own = |step: &&Step| step.by == chart.doctor && matches!(step.event, Event::PrescriptionGiven(_));
    let given = chart.steps.iter().filter(is_own).count();
    let about = format!("{} {} {given}", chart.doctor, chart.card.visit.visit_id);
    view! {
        <form method="post" class="stack" data-draft=about data-typed=draft.typed.then_some("")>
            {enter()} {form.hidden()} <input type="hidden" name="_then" value="/doctor?tab=prescribe"/>
            <input type="hidden" name="_rows" value=draft.rows.to_string()/>
            <div class="prescription" role="group" aria-labelledby="rx">
                <table class="table table-lines">
                    <caption id="rx" class="visually-hidden">{tr!("Prescription")}</caption>
                    <thead>
                        <tr>
                            <th scope="col" class="cell-wide">{tr!("Medicine")}</th>
                            <th scope="col">{tr!("Dose")}</th>
                            <th scope="col" class="cell-wide">{tr!("How often")}</th>
                            <th scope="col">{tr!("Days")}</th>
                            <th scope="col">{tr!("Instructions")}</th>
                            <th scope="col"><span class="visually-hidden">{tr!("Remove")}</span></th>
                        </tr>
                    </thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
            {datalists()}
            <div class="form-foot">
                <button class="button button-primary">{icon(Icon::Pill)} {tr!("Give prescription")}</button>
                {add("line", tr!("Line"), Some(tr!("Add a blank line")))}
            </div>
            <div class="row">
                <span class="secondary small">{tr!("Often given:")}</span>
                {MEDICINES[..QUICK].iter().map(|medicine| add(medicine.drug, medicine.drug.to_owned(), None)).collect_view()}
                {add("last", tr!("Repeat last prescription"), None)}
            </div>
            {draft
                .nothing_to_repeat
                .then(|| view! { <p class="secondary" role="status">{tr!("There is no earlier prescription to repeat.")}</p> })}
        </form>
        {written}
    }
    .into_any()
}

fn add(what: &'static str, label: String, aria_label: Option<String>) -> AnyView {
    view! {
        <button class="button button-compact" name="_add" value=what formnovalidate=true aria-label=aria_label>
            {icon(if what == "last" { Icon::RotateCcw } else { Icon::Plus })} {label}
        </button>
    }
    .into_any()
}

fn datalists() -> AnyView {
    view! {
        <datalist id="medicines">
            {MEDICINES.iter().map(|medicine| view! { <option value=medicine.drug></option> }).collect_view()}
        </datalist>
        <datalist id="frequencies">
            {FREQUENCIES.iter().map(|frequency| view! { <option value=*frequency></option> }).collect_view()}
        </datalist>
    }
    .into_any()
}

fn line(form: &EventForm, number: usize, line: Line) -> AnyView {
    let cell = |name: &str, label: String, value: String, list: Option<&'static str>, max: &'static str| {
        let field = format!("items[{number}].{name}");
        let problem = form.problem(&field);
        let message = form.describedby(&field);
        let aria_label = tr!("{field}, line {line}", field = label, line = number + 1);
        let is_days = name == "days";
        view! {
            <td data-label=label class=is_days.then_some("cell-short")>
                <input id=form.id(&field) name=field.clone() value=value list=list maxlength=max autocomplete="off"
                    class=is_days.then_some("number") inputmode=is_days.then_some("numeric") aria-label=aria_label
                    aria-invalid=problem.as_ref().map(|_| "true") aria-describedby=message.clone()/>
                {problem
                    .map(|problem| {
                        view! {
                            <p class="field-message" id=message>{icon(Icon::TriangleAlert)} <span>{problem}</span></p>
                        }
                    })}
            </td>
        }
        .into_any()
    };
    let name = if line.drug.is_empty() { (number + 1).to_string() } else { line.drug.clone() };
    view! {
        <tr>
            {cell("drug", tr!("Medicine"), line.drug, Some("medicines"), "200")}
            {cell("dose", tr!("Dose"), line.dose, None, "100")}
            {cell("frequency", tr!("How often"), line.frequency, Some("frequencies"), "100")}
            {cell("days", tr!("Days"), line.days, None, "3")}
            {cell("instructions", tr!("Instructions"), line.instructions, None, "500")}
            <td class="cell-icon">
                <button class="button button-quiet button-icon" name="_remove" value=number.to_string() formnovalidate=true
                    aria-label=tr!("Remove line: {name}", name)>
                    {icon(Icon::Trash2)}
                </button>
            </td>
        </tr>
    }
    .into_any()
}
