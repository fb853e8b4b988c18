//! What there is to fill in for a step: fields by the event's schema, lists of what the hospital and the visit have.

use std::collections::BTreeSet;

use leptos::prelude::*;
use tr::tr;

use super::actions::{accepted, address, thing, thing_name, things};
use super::{VisitPage, lines};
use crate::hospital::documents::MAX_BYTES;
use crate::hospital::rooms::RoomKind;
use crate::journey::events::{Event, EventType};
use crate::journey::ids::{BillId, Id, TestId};
use crate::journey::money::Money;
use crate::journey::schema::{Field, Shape};
use crate::journey::visit::Bill;
use crate::journey::words::{Outcome, Priority, Station, VisitType, Word};
use crate::language;
use crate::screens::form::{EventForm, field_label};

/// What a document may be called in a word.
const DOCUMENT_KINDS: [&str; 8] =
    ["Referral letter", "Report", "Scan", "Prescription", "Consent", "Insurance", "Proof of identity", "Other"];

/// The fields of a step's form.
pub fn fields(page: &VisitPage, form: &EventForm) -> AnyView {
    match form.event() {
        EventType::VisitRegistered => registration(page, form),
        EventType::TestsOrdered => lines::order(page, form),
        EventType::ConsultationBilled => lines::consultation_bill(page, form),
        EventType::TestsBilled => lines::tests_bill(page, form),
        EventType::PrescriptionGiven => lines::prescription(form),
        EventType::VitalsRecorded => lines::vitals(page, form),
        EventType::TestCompleted => lines::results(page, form),
        EventType::DocumentUploaded => upload(form),
        event => {
            let fields = event.row().fields.iter().map(|field| by_shape(page, form, field)).collect_view();
            view! { <div class="fields">{fields}</div> }.into_any()
        }
    }
}

/// A labelled field with something in it already.
fn given(form: &EventForm, field: &Field, given: &str) -> AnyView {
    let control = form.input(field.name, field.shape, field.required, None, given);
    form.field(field.name, &field_label(field.name), !field.required, control)
}

/// A labelled list to choose from.
fn select(form: &EventForm, field: &Field, choices: Vec<(String, String)>, given: &str) -> AnyView {
    let control = form.select(field.name, choices, field.required, None, given);
    form.field(field.name, &field_label(field.name), !field.required, control)
}

fn by_shape(page: &VisitPage, form: &EventForm, field: &Field) -> AnyView {
    let event = form.event();
    if thing(event).is_some_and(|(name, _)| name == field.name) {
        return about(page, form, field);
    }
    match field.shape {
        Shape::NewId(_) => ().into_any(),
        Shape::Id("person") => {
            let doctor = page.visit.doctor().map_or(String::new(), ToString::to_string);
            let doctors = page.doctors.iter().map(|doctor| (doctor.id.to_string(), doctor.name.clone())).collect();
            select(form, field, doctors, if field.required { "" } else { &doctor })
        }
        Shape::Id("room") => select(form, field, rooms(page), ""),
        Shape::Id("department") => select(form, field, departments(page), ""),
        Shape::Id("document") => {
            let documents = page.visit.documents.iter();
            select(
                form,
                field,
                documents.map(|(id, document)| (id.to_string(), document.file_name.clone())).collect(),
                "",
            )
        }
        Shape::Choice(_) if field.name == "station" => stations(page, form, field),
        Shape::Money { .. } => money(page, form, field, &amount(page, form)),
        Shape::Text { .. } if field.name == "specimen" => given(form, field, &specimen(page, event)),
        _ => given(form, field, ""),
    }
}

/// The visit's own thing that a step is about: hidden when there is but one.
pub(super) fn about(page: &VisitPage, form: &EventForm, field: &Field) -> AnyView {
    let event = form.event();
    let Some((name, kind)) = thing(event) else { return ().into_any() };
    let things = things(page, event);
    let named = |id: &String| thing_name(page, kind, id).unwrap_or_else(|| id.clone());
    match subject(page, form) {
        // What is asked besides depends on what it is about: the others are a page away.
        Some(chosen) if things.len() < 2 || is_shaped_by_thing(event) => {
            let others = things
                .iter()
                .filter(|id| **id != chosen)
                .map(|id| view! { <li><a href=address(page, event, id)>{named(id)}</a></li> })
                .collect::<Vec<_>>();
            view! {
                <input type="hidden" name=name value=chosen.clone()/>
                {(!others.is_empty())
                    .then(|| {
                        view! {
                            <div class="wide">
                                <p class="small"><b>{named(&chosen)}</b></p>
                                <p class="small secondary">{tr!("Or instead:")}</p>
                                <ul class="small">{others}</ul>
                            </div>
                        }
                    })}
            }
            .into_any()
        }
        _ => {
            let choices = things.iter().map(|id| (id.clone(), named(id))).collect();
            select(form, field, choices, "")
        }
    }
}

/// Whether the other fields of a step depend on what it is about.
fn is_shaped_by_thing(event: EventType) -> bool {
    matches!(
        event,
        EventType::PaymentReceived | EventType::PaymentPartial | EventType::PaymentRefunded | EventType::TestCompleted
    )
}

/// What a form is about: what was sent, what the address asks for, or the first.
pub(super) fn subject(page: &VisitPage, form: &EventForm) -> Option<String> {
    let (field, _) = thing(form.event())?;
    let things = things(page, form.event());
    let asked = page.about.clone().filter(|asked| things.contains(asked));
    form.value(field).filter(|sent| thing_name_is_known(page, form, sent)).or(asked).or(things.into_iter().next())
}

fn thing_name_is_known(page: &VisitPage, form: &EventForm, id: &str) -> bool {
    thing(form.event()).is_some_and(|(_, kind)| thing_name(page, kind, id).is_some())
}

fn rooms(page: &VisitPage) -> Vec<(String, String)> {
    let branch = page.card.visit.branch_id.as_ref();
    page.rooms
        .iter()
        .filter(|room| room.is_open() && room.kind == RoomKind::Consultation)
        .filter(|room| branch.is_none_or(|branch| room.branch_id == *branch))
        .map(|room| (room.id.to_string(), room.name.clone()))
        .collect()
}

fn departments(page: &VisitPage) -> Vec<(String, String)> {
    let open = page.departments.iter().filter(|department| department.is_open());
    open.map(|department| (department.id.to_string(), department.name.clone())).collect()
}

/// The queues that can be joined now.
fn stations(page: &VisitPage, form: &EventForm, field: &Field) -> AnyView {
    let open: BTreeSet<Station> = accepted(page, form.event())
        .iter()
        .filter_map(|event| match event {
            Event::QueueJoined(joined) => joined.station,
            _ => None,
        })
        .collect();
    let likely = if !page.visit.attended && page.visit.visit_type != VisitType::LabOnly {
        Station::Consultation
    } else if page.visit.due() > Money::ZERO && open.contains(&Station::Billing) {
        Station::Billing
    } else if open.contains(&Station::Lab) {
        Station::Lab
    } else {
        Station::Consultation
    };
    let choices = open.into_iter().map(|station| (station.word().to_owned(), language::say(station.label()))).collect();
    select(form, field, choices, likely.word())
}

pub(super) fn money(page: &VisitPage, form: &EventForm, field: &Field, given: &str) -> AnyView {
    let control = view! {
        <div class="affix">
            <span>{page.tenant.currency_sign().to_owned()}</span>
            {form.input(field.name, field.shape, field.required, None, given)}
        </div>
    };
    form.field(field.name, &field_label(field.name), !field.required, control)
}

/// What is likely paid or given back: all that is due, or all that is owed.
fn amount(page: &VisitPage, form: &EventForm) -> String {
    let bill = subject(page, form).and_then(|id| BillId::parse(&id).ok()).and_then(|id| page.visit.bills.get(&id));
    let likely = match (form.event(), bill) {
        (EventType::PaymentReceived, Some(bill)) => bill.balance(),
        (EventType::PaymentRefunded, Some(bill)) => owed(bill),
        _ => Money::ZERO,
    };
    if likely > Money::ZERO { format!("{}.{:02}", likely.0 / 100, likely.0 % 100) } else { String::new() }
}

fn owed(bill: &Bill) -> Money {
    (-bill.balance()).floor()
}

/// What is to be collected, when it is one test's.
fn specimen(page: &VisitPage, event: EventType) -> String {
    match &things(page, event)[..] {
        [one] => TestId::parse(one).ok().and_then(|id| page.visit.tests.get(&id)?.specimen.clone()).unwrap_or_default(),
        _ => String::new(),
    }
}

pub(super) fn field(event: EventType, name: &str) -> Option<&'static Field> {
    event.row().fields.iter().find(|field| field.name == name)
}

/// A new visit of the same patient, linked to this one.
fn registration(page: &VisitPage, form: &EventForm) -> AnyView {
    let visit = &page.visit;
    let (link, likely) = match visit.outcome {
        Some(Outcome::Rescheduled) => (Some("rescheduledFrom"), visit.visit_type),
        Some(Outcome::Completed) => (Some("followUpOf"), VisitType::FollowUp),
        _ => (None, visit.visit_type),
    };
    let department = visit.department_id.as_ref().map_or(String::new(), ToString::to_string);
    let fields = form
        .event()
        .row()
        .fields
        .iter()
        .map(|field| match field.name {
            "patientId" | "rescheduledFrom" | "followUpOf" => ().into_any(),
            "departmentId" => select(form, field, departments(page), &department),
            "visitType" => given(form, field, likely.word()),
            "priority" => given(form, field, Priority::Routine.word()),
            _ => given(form, field, ""),
        })
        .collect_view();
    view! {
        <input type="hidden" name="patientId" value=visit.patient_id.to_string()/>
        {link.map(|link| view! { <input type="hidden" name=link value=page.id().to_string()/> })}
        <div class="fields">{fields}</div>
    }
    .into_any()
}

fn upload(form: &EventForm) -> AnyView {
    let described = form.describedby("file");
    let limit = tr!("PDF, JPEG or PNG, at most {size} MB", size = MAX_BYTES / 1_000_000);
    let file = view! {
        <p class="hint" id=format!("{}-hint", form.id("file"))>{limit}</p>
        <input type="file" id=form.id("file") name="file" required accept=".pdf,.jpg,.jpeg,.png"
            aria-invalid=form.problem("file").map(|_| "true")
            aria-describedby=described.unwrap_or_else(|| format!("{}-hint", form.id("file")))/>
    };
    let kinds = DOCUMENT_KINDS.iter().map(|kind| ((*kind).to_owned(), language::say(kind))).collect();
    view! {
        <div class="fields">
            {form.field("file", &tr!("File"), false, file)}
            {form.field("kind", &tr!("What it is"), true, form.select("kind", kinds, false, None, ""))}
        </div>
    }
    .into_any()
}
