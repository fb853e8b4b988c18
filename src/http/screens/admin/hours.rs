//! The hours of the week in which a doctor can be booked.

use std::sync::Arc;

use leptos::prelude::AnyView;

use super::{named, typed};
use crate::hospital::clinics::{self, Minute, NewClinic};
use crate::hospital::people::Person;
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::journey::ids::ClinicId;
use crate::journey::words::Role;
use crate::screens::admin::hours::hours;
use crate::screens::attempt::Attempt;

/// The card with a doctor's hours; none for anybody else.
pub async fn card(desk: &Desk, person: &Person, attempt: Option<&Arc<Attempt>>) -> Result<Option<AnyView>, Failure> {
    if !person.holds_any(&[Role::Doctor]) {
        return Ok(None);
    }
    let clinics = clinics::of_doctor(desk.db(), &desk.tenant.id, &person.id).await?;
    Ok(Some(hours(&clinics, attempt)))
}

/// Opens hours.
pub async fn open(desk: &Desk, person: &Person, values: Values) -> Result<Outcome, Failure> {
    let number = |field| values.get(field).and_then(|number| number.parse().ok()).unwrap_or_default();
    let new = NewClinic {
        doctor_id: person.id.clone(),
        weekday: number("weekday"),
        begins: values.get("begins").and_then(Minute::parse),
        ends: values.get("ends").and_then(Minute::parse),
        slot_minutes: number("slotMinutes"),
    };
    let opened = desk.app.recorder.open_clinic(&desk.tenant, &desk.person.actor(), new).await;
    desk.written(values, opened, &desk.path, "clinic.opened")
}

/// Closes hours.
pub async fn close(desk: &Desk, person: &Person, values: Values) -> Result<Outcome, Failure> {
    let id: ClinicId = named(&typed(&values, "_about"))?;
    let own = clinics::of_doctor(desk.db(), &desk.tenant.id, &person.id).await?;
    let clinic = own.into_iter().find(|clinic| clinic.id == id).ok_or(Failure::NotFound)?;
    let closed = desk.app.recorder.close_clinic(&desk.tenant, &desk.person.actor(), &clinic).await;
    desk.written(values, closed, &desk.path, "clinic.closed")
}
