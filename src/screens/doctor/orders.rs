//! What the doctor orders and records besides a prescription: tests, a referral, vital signs, a follow-up.

use std::collections::BTreeMap;

use chrono::{Days, NaiveTime};
use leptos::prelude::*;
use tr::tr;

use super::chart::not_now;
use super::trend::trend;
use super::{Chart, Doctor, EarlierVisit, letters};
use crate::hospital::tariff::TariffEntry;
use crate::journey::events::EventType;
use crate::journey::schema::Shape;
use crate::journey::words::{Priority, VisitType, Word};
use crate::language;
use crate::screens::form::{EventForm, field_label};
use crate::screens::icon::{Icon, icon};
use crate::screens::panels::panels;
use crate::screens::parts::day_and_time;

/// The tests of the tariff, to be ticked.
pub(super) fn tests(chart: &Chart, tariff: &[TariffEntry], doctor: &Doctor) -> AnyView {
    if !chart.may(EventType::TestsOrdered) {
        return not_now(chart);
    }
    let form = chart.form(EventType::TestsOrdered, doctor);
    let no_specimen = tr!("No specimen");
    let mut groups: BTreeMap<&str, Vec<&TariffEntry>> = BTreeMap::new();
    for entry in tariff {
        groups.entry(entry.specimen.as_deref().unwrap_or(&no_specimen)).or_default().push(entry);
    }
    let groups = groups
        .into_iter()
        .map(|(specimen, entries)| {
            let picks = entries.into_iter().map(|entry| pick(&form, entry, doctor)).collect_view();
            view! {
                <fieldset class="pick-group">
                    <legend>{specimen.to_owned()}</legend>
                    <div class="pick-list">{picks}</div>
                </fieldset>
            }
            .into_any()
        })
        .collect_view();
    let soon = [
        (Priority::Routine, tr!("Routine")),
        (Priority::Urgent, tr!("Urgent")),
        (Priority::Emergency, tr!("STAT (emergency)")),
    ]
    .into_iter()
    .map(|(priority, label)| {
        let given = form.value("priority").unwrap_or_else(|| chart.visit.urgency().word().to_owned());
        view! {
            <label class="choice">
                <input type="radio" name="priority" value=priority.word() checked=given == priority.word()/>
                {(priority != Priority::Routine).then(|| icon(Icon::TriangleAlert))} {label}
            </label>
        }
    })
    .collect_view();
    view! {
        <form method="post" class="stack">
            {form.hidden()} {panels(tariff.iter())} {problem(&form, "tests")} <div id=form.id("tests") class="stack">{groups}</div>
            <fieldset class="field wide">
                <legend>{tr!("How soon")}</legend>
                <div class="choices choices-row">{soon}</div>
            </fieldset>
            <div class="form-foot">
                <button class="button button-primary">{icon(Icon::TestTubes)} {tr!("Order tests")}</button>
            </div>
        </form>
    }
    .into_any()
}

fn pick(form: &EventForm, entry: &TariffEntry, doctor: &Doctor) -> AnyView {
    let measures = match entry.analytes.len() {
        0 | 1 => String::new(),
        many => tr!("{count} values", count = many),
    };
    view! {
        <label class="pick">
            <input type="checkbox" name="pick" value=entry.code.clone() checked=form.chose("pick", &entry.code)/>
            <span class="pick-main">{entry.name.clone()} " " <small>{measures}</small></span>
            <span class="pick-end">{doctor.tenant.money(entry.price)}</span>
        </label>
    }
    .into_any()
}

/// What was wrong with a part of a form that is no single field.
fn problem(form: &EventForm, field: &str) -> AnyView {
    form.problem(field)
        .map(|problem| {
            view! {
                <p class="field-message" id=form.describedby(field)>
                    {icon(Icon::TriangleAlert)} <span>{problem}</span>
                </p>
            }
        })
        .into_any()
}

/// A referral.
pub(super) fn refer(chart: &Chart, doctor: &Doctor) -> AnyView {
    let written = letters::to_print(chart, EventType::ReferralGiven, doctor);
    if !chart.may(EventType::ReferralGiven) {
        return view! { {not_now(chart)} {written} }.into_any();
    }
    let form = chart.form(EventType::ReferralGiven, doctor);
    view! {
        <form method="post" class="stack">
            {form.hidden()}
            <div class="fields">
                {form.labelled("to", &tr!("Refer to"))} {form.labelled("urgency", &tr!("How urgent"))}
                <div class="wide">{form.labelled("reason", &tr!("Reason"))}</div>
            </div>
            <div class="form-foot">
                <button class="button button-primary">{icon(Icon::Share2)} {tr!("Refer")}</button>
            </div>
        </form>
        {written}
    }
    .into_any()
}

fn unit(field: &str) -> Option<&'static str> {
    Some(match field {
        "systolic" | "diastolic" => "mmHg",
        "pulse" | "respiratoryRate" => "/min",
        "temperatureC" => "°C",
        "spo2" => "%",
        "weightKg" => "kg",
        "heightCm" => "cm",
        "painScore" => "of 10",
        _ => return None,
    })
}

/// A form for vital signs, and how they went so far.
pub(super) fn vitals(chart: &Chart, earlier: &[EarlierVisit], doctor: &Doctor) -> AnyView {
    let form = chart.form(EventType::VitalsRecorded, doctor);
    let entry = if chart.may(EventType::VitalsRecorded) {
        // An emergency by its kind stays one, whatever priority is sent.
        let fixed = chart.visit.visit_type == VisitType::Emergency;
        let fields = EventType::VitalsRecorded.row().fields.iter();
        let offered = fields.filter(|field| !fixed || !matches!(field.shape, Shape::Choice(_)));
        let fields = offered.map(|field| {
            let input = form.input(field.name, field.shape, false, None, "");
            let control = match unit(field.name) {
                Some(unit) => view! { <div class="affix">{input} <span>{language::say(unit)}</span></div> }.into_any(),
                None => input,
            };
            let label = if matches!(field.shape, Shape::Choice(_)) {
                tr!("New priority of the visit")
            } else {
                field_label(field.name)
            };
            form.field(field.name, &label, false, control)
        });
        view! {
            <form method="post" class="stack">
                {form.hidden()} {problem(&form, "")} <div class="fields fields-narrow">{fields.collect_view()}</div>
                <div class="form-foot">
                    <button class="button button-primary">{icon(Icon::HeartPulse)} {tr!("Record vitals")}</button>
                </div>
            </form>
        }
        .into_any()
    } else {
        not_now(chart)
    };
    view! { {entry} {trend(chart, earlier, doctor)} }.into_any()
}

/// A follow-up, and those planned so far.
pub(super) fn follow_up(chart: &Chart, doctor: &Doctor) -> AnyView {
    if !chart.may(EventType::FollowUpScheduled) {
        return not_now(chart);
    }
    let form = chart.form(EventType::FollowUpScheduled, doctor);
    let in_a_week = doctor.tenant.local_day(doctor.now).checked_add_days(Days::new(7));
    let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
    let given = in_a_week.map(|day| day.and_time(ten).format("%Y-%m-%dT%H:%M").to_string()).unwrap_or_default();
    let due = form.input("dueAt", Shape::Time, true, None, &given);
    view! {
        {planned(chart, doctor)}
        <form method="post" class="stack">
            {form.hidden()} <input type="hidden" name="doctorId" value=chart.doctor.to_string()/>
            <div class="fields">
                {form.field("dueAt", &tr!("Due on"), false, due)} <div class="wide">{form.labelled("note", &tr!("What for"))}</div>
            </div>
            <div class="form-foot">
                <button class="button button-primary">{icon(Icon::CalendarPlus)} {tr!("Schedule follow-up")}</button>
            </div>
        </form>
    }
    .into_any()
}

fn planned(chart: &Chart, doctor: &Doctor) -> AnyView {
    if chart.visit.follow_ups.is_empty() {
        return ().into_any();
    }
    let rows = chart
        .visit
        .follow_ups
        .values()
        .map(|follow_up| {
            let note = follow_up.note.clone().unwrap_or_else(|| tr!("nothing noted"));
            view! {
                <dt>{day_and_time(&doctor.tenant, follow_up.due_at)}</dt>
                <dd>{note}</dd>
            }
        })
        .collect_view();
    view! { <dl class="facts">{rows}</dl> }.into_any()
}
