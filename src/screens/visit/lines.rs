//! The longer lists that a step takes: picks from the tariff, lines of a prescription, measurements, results.

use leptos::prelude::*;
use tr::tr;

use super::VisitPage;
use super::actions::accepted;
use super::fields::{about, field, money, subject};
use crate::hospital::tariff::{Analyte, TariffEntry, TariffKind};
use crate::journey::events::Event;
use crate::journey::ids::{Id, TestId};
use crate::journey::money::Money;
use crate::journey::schema::Shape;
use crate::journey::words::{Flag, Priority, VisitType, Word};
use crate::language;
use crate::screens::form::{EventForm, field_label};
use crate::screens::lab::results::{critical, range};
use crate::screens::panels::panels;

/// How many lines of a prescription are offered at once.
const LINES: usize = 3;

/// What can be picked, each with its price.
fn picks(
    page: &VisitPage,
    legend: String,
    kind: &'static str,
    entries: impl Iterator<Item = (String, String, Option<String>, Money, bool)>,
) -> AnyView {
    let picks = entries
        .map(|(value, name, note, price, checked)| {
            view! {
                <label class="pick">
                    <input type=kind name="pick" value=value checked=checked/>
                    <span class="pick-main">{name} {note.map(|note| view! { " " <small>{note}</small> })}</span>
                    <span class="pick-end">{page.tenant.money(price)}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="pick-group">
            <legend>{legend}</legend>
            <div class="pick-list">{picks}</div>
        </fieldset>
    }
    .into_any()
}

fn offered(page: &VisitPage, kind: TariffKind) -> impl Iterator<Item = &TariffEntry> {
    page.tariff.iter().filter(move |entry| entry.kind == kind)
}

pub(super) fn order(page: &VisitPage, form: &EventForm) -> AnyView {
    let tests = offered(page, TariffKind::Test).map(|entry| {
        let checked = form.chose("pick", &entry.code);
        (entry.code.clone(), entry.name.clone(), entry.specimen.clone(), entry.price, checked)
    });
    let choices = Priority::CHOICES.iter().map(|(word, label)| ((*word).to_owned(), language::say(label))).collect();
    let priority = form.select("priority", choices, true, None, page.visit.urgency().word());
    view! {
        {panels(offered(page, TariffKind::Test))} {picks(page, tr!("Tests"), "checkbox", tests)}
        {form.field("priority", &tr!("Priority"), false, priority)}
    }
    .into_any()
}

pub(super) fn consultation_bill(page: &VisitPage, form: &EventForm) -> AnyView {
    let own = offered(page, TariffKind::Consultation)
        .find(|entry| entry.department_id.is_some() && entry.department_id == page.visit.department_id)
        .or(offered(page, TariffKind::Consultation).next())
        .map(|entry| entry.code.clone());
    let consultations = offered(page, TariffKind::Consultation).map(|entry| {
        let checked =
            if form.was_refused() { form.chose("pick", &entry.code) } else { own.as_ref() == Some(&entry.code) };
        (entry.code.clone(), entry.name.clone(), None, entry.price, checked)
    });
    view! {
        {picks(page, tr!("Consultation"), "checkbox", consultations)}
        {field(form.event(), "discount").map(|field| money(page, form, field, ""))}
        {form.labelled("discountReason", &tr!("Reason for the discount"))}
    }
    .into_any()
}

pub(super) fn tests_bill(page: &VisitPage, form: &EventForm) -> AnyView {
    let billable = accepted(page, form.event()).into_iter().filter_map(|event| match event {
        Event::TestsBilled(billed) => billed.items.first().map(|item| item.test_id.clone()),
        _ => None,
    });
    let tests = billable.filter_map(|id| {
        let test = page.visit.tests.get(&id)?;
        let checked = !form.was_refused() || form.chose("pick", id.as_str());
        Some((id.to_string(), test.name.clone(), None, test.price, checked))
    });
    view! {
        {picks(page, tr!("Tests"), "checkbox", tests)}
        {field(form.event(), "discount").map(|field| money(page, form, field, ""))}
        {form.labelled("discountReason", &tr!("Reason for the discount"))}
    }
    .into_any()
}

pub(super) fn prescription(form: &EventForm) -> AnyView {
    let Some(Shape::List { of, .. }) = field(form.event(), "items").map(|field| field.shape) else {
        return ().into_any();
    };
    let sent = (0..50).take_while(|line| form.value(&format!("items[{line}].drug")).is_some()).count();
    let lines = (0..LINES.max(sent))
        .map(|line| {
            let fields = of
                .iter()
                .map(|field| {
                    let name = format!("items[{line}].{}", field.name);
                    let required = field.required && line == 0;
                    let control = form.input(&name, field.shape, required, None, "");
                    let label = if field.name == "drug" { tr!("Medicine") } else { field_label(field.name) };
                    form.field(&name, &label, !field.required, control)
                })
                .collect_view();
            view! {
                <fieldset class="stack stack-tight">
                    <legend class="form-title">{tr!("Medicine {number}", number = line + 1)}</legend>
                    <div class="fields fields-narrow">{fields}</div>
                </fieldset>
            }
        })
        .collect_view();
    view! { {lines} }.into_any()
}

pub(super) fn vitals(page: &VisitPage, form: &EventForm) -> AnyView {
    // An emergency by its kind stays one, whatever priority is sent.
    let fixed = page.visit.visit_type == VisitType::Emergency;
    let unit = |name: &str| match name {
        "systolic" | "diastolic" => Some("mmHg"),
        "pulse" | "respiratoryRate" => Some("/min"),
        "temperatureC" => Some("°C"),
        "spo2" => Some("%"),
        "weightKg" => Some("kg"),
        "heightCm" => Some("cm"),
        "painScore" => Some("of 10"),
        _ => None,
    };
    let fields = form
        .event()
        .row()
        .fields
        .iter()
        .filter(|field| !fixed || !matches!(field.shape, Shape::Choice(_)))
        .map(|field| {
            let input = form.input(field.name, field.shape, false, None, "");
            let control = match unit(field.name) {
                Some(unit) => view! { <div class="affix">{input} <span>{language::say(unit)}</span></div> }.into_any(),
                None => input,
            };
            form.field(field.name, &field_label(field.name), false, control)
        })
        .collect_view();
    view! {
        {(!fixed).then(|| view! { <p class="hint">{tr!("At least one; a priority only to change it.")}</p> })}
        <div class="fields fields-narrow">{fields}</div>
    }
    .into_any()
}

/// The values of one test: those that were sent, then the others that its tariff entry measures.
pub(super) fn results(page: &VisitPage, form: &EventForm) -> AnyView {
    let test = subject(page, form).and_then(|id| TestId::parse(&id).ok()).and_then(|id| page.visit.tests.get(&id));
    let entry = test.and_then(|test| page.tariff.iter().find(|entry| entry.code == test.code));
    let measured = entry.map(|entry| entry.analytes.clone()).unwrap_or_default();
    let sent: Vec<String> = (0..100).map_while(|line| form.value(&format!("results[{line}].analyte"))).collect();
    let known = |name: &String| measured.iter().find(|analyte| analyte.analyte == *name).cloned();
    let mut lines: Vec<Analyte> = sent
        .iter()
        .map(|name| known(name).unwrap_or(Analyte { analyte: name.clone(), unit: None, low: None, high: None }))
        .collect();
    lines.extend(measured.iter().filter(|analyte| !sent.contains(&analyte.analyte)).cloned());
    if lines.is_empty() {
        lines.push(Analyte { analyte: "Result".to_owned(), unit: None, low: None, high: None });
    }
    let rows = lines.into_iter().enumerate().map(|(line, analyte)| result(form, line, analyte)).collect_view();
    let about = field(form.event(), "testId").map(|field| about(page, form, field));
    view! {
        {about}
        <p class="hint">{tr!("What is left blank is not reported. Values out of range are flagged by themselves.")}</p>
        <div class="stack stack-tight">{rows}</div>
    }
    .into_any()
}

fn result(form: &EventForm, line: usize, analyte: Analyte) -> AnyView {
    let path = |name: &str| format!("results[{line}].{name}");
    let number = |number: Option<f64>| number.map(|number| number.to_string());
    let hidden = [
        ("analyte", Some(analyte.analyte.clone())),
        ("unit", analyte.unit.clone()),
        ("low", number(analyte.low)),
        ("high", number(analyte.high)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(view! { <input type="hidden" name=path(name) value=value?/> }))
    .collect_view();
    let value = form.input(&path("value"), Shape::Text { max: 200 }, false, None, "");
    // With a range, the flag follows from it, unless the value is critical.
    let ranged = analyte.low.is_some() || analyte.high.is_some();
    let flag = if ranged {
        critical(form, &path("flag"), &analyte.analyte)
    } else {
        let flags = Flag::CHOICES.iter().map(|(word, label)| ((*word).to_owned(), language::say(label))).collect();
        form.select(&path("flag"), flags, false, Some(tr!("Flag of {name}", name = analyte.analyte)), "")
    };
    let control = view! {
        {ranged.then(|| view! { <p class="hint">{range(analyte.low, analyte.high)}</p> })}
        <div class="row row-fixed">
            <div class="affix">{value} {analyte.unit.map(|unit| view! { <span>{unit}</span> })}</div>
            {flag}
        </div>
    };
    view! { {hidden} {form.field(&path("value"), &analyte.analyte, false, control)} }.into_any()
}
