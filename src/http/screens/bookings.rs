//! `/bookings`: the doctors' slots of a day, and one booking.

use std::sync::Arc;

use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use chrono::{DateTime, Utc};
use tr::tr;

use super::registration;
use super::visit::visit_id;
use crate::db::new_id;
use crate::hospital::bookings::{self, BookingCard, BookingState, NewBooking};
use crate::hospital::clinics;
use crate::hospital::{WriteError, patients, people};
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::http::sign_in::safe_next;
use crate::http::written::{done_at, problems};
use crate::journey::events::EventType;
use crate::journey::ids::{BookingId, Id, PatientId, PersonId, RequestKey, VisitId};
use crate::journey::schema::FieldProblem;
use crate::journey::words::{Code, Role, VisitType, Word};
use crate::live::Topic;
use crate::log;
use crate::screens::attempt::Attempt;
use crate::screens::bookings::one::{OneBooking, one_booking};
use crate::screens::bookings::{Choosing, Day, DoctorDay, NEW_PATIENT, day as day_view};
use crate::screens::layout::RECEPTION;
use crate::screens::parts::query_text;

/// The number that derives the new booking's id from the form's key.
const NEW_BOOKING: u32 = 20_002;

/// Shows a day.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    let asked = Values(
        ["day", "doctor", "patient", "followUpOf", "move"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), desk.query(name)?.to_owned())))
            .collect(),
    );
    page(desk, asked, None).await
}

/// Books a slot, or moves a booking into it.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(RECEPTION)?;
    let values = Values(pairs);
    let outcome = match values.get("_form") {
        Some(NEW_PATIENT) => introduce(&desk, values.clone()).await?,
        _ => choose(&desk, values.clone()).await?,
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, values, Some(attempt)).await,
    }
}

/// Makes a record of somebody who calls for the first time, and goes on to a time for them.
async fn introduce(desk: &Desk, values: Values) -> Result<Outcome, Failure> {
    desk.needs(EventType::VisitRegistered.row().roles)?;
    let id: PatientId = values.key().unwrap_or_else(new_id).derive(registration::NEW_PATIENT);
    let problems = match registration::new_patient(&values, desk.tenant.local_day(desk.now)) {
        Ok(new) => registration::register_patient(desk, &values, id.clone(), new).await?.into_iter().collect(),
        Err(problems) => problems,
    };
    if !problems.is_empty() {
        return Ok(Err(desk.shown_again(values, problems)));
    }
    let day = values.get("day").map(|day| format!("&day={}", query_text(day))).unwrap_or_default();
    Ok(Ok(done_at(&format!("/bookings?patient={id}{day}"), "patient.registered")))
}

async fn choose(desk: &Desk, values: Values) -> Result<Outcome, Failure> {
    let (recorder, tenant, actor) = (&desk.app.recorder, &desk.tenant, &desk.person.actor());
    let slot = values.get("slot").and_then(|slot| slot.parse::<DateTime<Utc>>().ok());
    let doctor = values.get("doctorId").and_then(|id| PersonId::parse(id).ok());
    let (Some(starts_at), Some(doctor_id)) = (slot, doctor) else {
        let problem = FieldProblem::new("slot", "must be one of those that are free");
        return Ok(Err(desk.shown_again(values, vec![problem])));
    };
    if let Some(moved) = values.get("move") {
        let moved = card(desk, moved).await?.booking.id;
        let written = recorder.reschedule(tenant, actor, &moved, &doctor_id, starts_at).await;
        return desk.written(values, written, &format!("/bookings/{moved}"), "booking.rescheduled");
    }
    let Some(patient_id) = values.get("patient").and_then(|id| PatientId::parse(id).ok()) else {
        return Err(Failure::NotFound);
    };
    let follow_up_of = follow_up_of(desk, &values, &patient_id).await?;
    let key: RequestKey = values.key().unwrap_or_else(new_id);
    let reason = values.get("reason").map(str::to_owned);
    let new = NewBooking { id: key.derive(NEW_BOOKING), patient_id, doctor_id, starts_at, reason, follow_up_of };
    let address = format!("/bookings/{}", new.id);
    let booked = recorder.book(tenant, actor, new).await;
    desk.written(values, booked, &address, "booking.created")
}

/// The visit of the patient's that the booking is to follow up.
async fn follow_up_of(desk: &Desk, values: &Values, patient: &PatientId) -> Result<Option<VisitId>, Failure> {
    let Some(visit) = values.get("followUpOf") else { return Ok(None) };
    let card = desk.visit(&visit_id(visit)?).await?;
    if card.visit.patient_id == *patient { Ok(Some(card.visit.visit_id)) } else { Err(Failure::NotFound) }
}

async fn page(desk: Desk, asked: Values, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(RECEPTION)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let day = asked.get("day").and_then(|day| day.parse().ok()).unwrap_or_else(|| desk.tenant.local_day(desk.now));
    let doctor = asked.get("doctor").and_then(|id| PersonId::parse(id).ok());
    let choosing = match (asked.get("move"), asked.get("patient")) {
        (Some(id), _) => Choosing::Moving(card(&desk, id).await?),
        (None, Some("new")) => {
            desk.needs(EventType::VisitRegistered.row().roles)?;
            let new = registration::new_patient(&asked, desk.tenant.local_day(desk.now));
            Choosing::New(match new.ok().filter(|_| attempt.is_some()) {
                Some(new) => registration::duplicates(&desk, &new).await?,
                None => Vec::new(),
            })
        }
        (None, Some(id)) => {
            let id = PatientId::parse(id).map_err(|_| Failure::NotFound)?;
            let patient = patients::by_id(db, tenant, &id).await?.ok_or(Failure::NotFound)?;
            Choosing::For(patient, follow_up_of(&desk, &asked, &id).await?)
        }
        (None, None) => Choosing::Nothing,
    };
    let hours = clinics::list(db, tenant).await?;
    let here = |branch: Option<&_>| desk.branch().zip(branch).is_none_or(|(here, branch)| here == branch);
    let doctors: Vec<_> = people::of_role(db, tenant, Role::Doctor)
        .await?
        .into_iter()
        .filter(|person| here(person.branch_id.as_ref()) && hours.iter().any(|clinic| clinic.doctor_id == person.id))
        .collect();
    let choices = doctors.iter().map(|doctor| (doctor.id.to_string(), doctor.name.clone())).collect();
    let doctors = doctors
        .into_iter()
        .filter(|person| doctor.as_ref().is_none_or(|chosen| *chosen == person.id))
        .map(|doctor| {
            let own: Vec<_> = hours.iter().filter(|clinic| clinic.doctor_id == doctor.id).cloned().collect();
            DoctorDay { slots: clinics::slots(&desk.tenant, &own, day), doctor }
        })
        .filter(|day| !day.slots.is_empty())
        .collect();
    let screen = Day {
        tenant: desk.tenant.clone(),
        day,
        doctors,
        choices,
        doctor: doctor.map(|doctor| doctor.to_string()),
        bookings: bookings::of_day(db, tenant, day, desk.branch()).await?,
        choosing,
        now: desk.now,
        attempt: attempt.clone(),
    };
    let desk = desk.live([Topic::Bookings]).reloads(matches!(screen.choosing, Choosing::Nothing));
    desk.show(tr!("Bookings"), Seen::List, attempt, move || day_view(screen)).await
}

/// A booking of the desk's branch.
pub(super) async fn card(desk: &Desk, id: &str) -> Result<BookingCard, Failure> {
    let id = BookingId::parse(id).map_err(|_| Failure::NotFound)?;
    let card = bookings::by_id(desk.db(), &desk.tenant.id, &id).await?;
    card.filter(|card| desk.reader().reads_visit(card.booking.branch_id.as_ref())).ok_or(Failure::NotFound)
}

/// Shows one booking.
pub async fn show_one(Path(id): Path<String>, desk: Desk) -> Result<Response, Failure> {
    one(desk, &id, None).await
}

/// Checks a booked patient in, or cancels the booking.
pub async fn act_on_one(
    Path(id): Path<String>,
    desk: Desk,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    desk.needs(RECEPTION)?;
    let values = Values(pairs);
    let card = card(&desk, &id).await?;
    let outcome = match values.get("_form") {
        Some("check-in") => check_in(&desk, &card, values).await?,
        Some("cancel") => {
            let (recorder, booking) = (&desk.app.recorder, &card.booking);
            let reason = values.get("reason");
            let written = recorder.cancel_booking(&desk.tenant, &desk.person.actor(), &booking.id, reason).await;
            desk.written(values, written, &desk.path, "booking.cancelled")?
        }
        _ => return Err(Failure::NotFound),
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(attempt) => one(desk, &id, Some(attempt)).await,
    }
}

/// Registers the visit of a booking by its own key, so that two presses make one visit.
async fn check_in(desk: &Desk, card: &BookingCard, values: Values) -> Result<Outcome, Failure> {
    desk.needs(EventType::VisitRegistered.row().roles)?;
    let booking = &card.booking;
    let then = values.get("_then").and_then(safe_next).unwrap_or("/reception").to_owned();
    if booking.state == BookingState::Arrived {
        return Ok(Ok(done_at(&then, "booking.checked_in")));
    }
    if booking.state != BookingState::Booked {
        let problem = FieldProblem::new("", "stands no more; register a visit instead");
        return Ok(Err(desk.shown_again(values, vec![problem])));
    }
    if booking.day > desk.tenant.local_day(desk.now) {
        let problem = FieldProblem::new("", "is for a later day; move it to today, or register a visit instead");
        return Ok(Err(desk.shown_again(values, vec![problem])));
    }
    let key = RequestKey::parse(booking.id.as_str()).map_err(|_| Failure::NotFound)?;
    let visit_type = if booking.follow_up_of.is_some() { VisitType::FollowUp } else { VisitType::Opd };
    let mut form = vec![
        ("_then".to_owned(), then.clone()),
        ("patientId".to_owned(), booking.patient_id.to_string()),
        ("doctorId".to_owned(), booking.doctor_id.to_string()),
        ("visitType".to_owned(), visit_type.word().to_owned()),
        ("joinQueue".to_owned(), "yes".to_owned()),
    ];
    form.extend(booking.reason.clone().map(|reason| ("reason".to_owned(), reason)));
    form.extend(booking.follow_up_of.as_ref().map(|visit| ("followUpOf".to_owned(), visit.to_string())));
    let form = Values(form);
    let mut wishes = registration::wishes(desk, &form, &key, booking.patient_id.as_str()).await?;
    for wish in &mut wishes {
        wish.branch_id = booking.branch_id.clone().or_else(|| wish.branch_id.take());
    }
    let visit = wishes.first().and_then(|wish| wish.visit_id.clone()).ok_or(Failure::NotFound)?;
    let response = match desk.record(form, &key, wishes).await? {
        Ok(response) => response,
        // Somebody else was quicker.
        Err(attempt) if attempt.code == Some(Code::AlreadyRegistered) => done_at(&then, "booking.checked_in"),
        Err(attempt) => return Ok(Err(attempt)),
    };
    match desk.app.recorder.check_in(&desk.tenant, &desk.person.actor(), &booking.id, &visit).await {
        Ok(()) | Err(WriteError::Invalid(_)) => Ok(Ok(response)),
        Err(WriteError::Database(error)) => Err(error.into()),
        Err(error) => Ok(Err(desk.shown_again(values, problems(error)))),
    }
}

async fn one(desk: Desk, id: &str, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(RECEPTION)?;
    let card = card(&desk, id).await?;
    let people = people::names(desk.db(), &desk.tenant.id).await?;
    let names = people.into_iter().map(|(id, name)| (id.to_string(), name));
    let patient = (card.booking.patient_id.to_string(), card.patient_name.clone());
    let screen = OneBooking {
        tenant: desk.tenant.clone(),
        registers: desk.person.actor().may_log(EventType::VisitRegistered, None),
        events: log::stream(desk.db(), &desk.tenant.id, "booking", card.booking.id.as_str()).await?,
        names: names.chain([patient]).collect(),
        today: desk.tenant.local_day(desk.now),
        card,
        attempt: attempt.clone(),
    };
    let seen = Seen::Patient(screen.card.booking.patient_id.clone());
    desk.show(tr!("Booking"), seen, attempt, move || one_booking(screen)).await
}
