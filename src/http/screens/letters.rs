//! `/visits/{id}/letters/{number}`: what the doctor gives the patient on paper.

use axum::extract::Path;
use axum::response::Response;
use tr::tr;

use super::visit::visit_id;
use crate::hospital::{patients, people};
use crate::http::desk::{Desk, Failure};
use crate::http::seen::Seen;
use crate::journey::events::Event;
use crate::screens::doctor::letters::{Letter, Matter, letter, letters};
use crate::screens::layout::PATIENTS;

/// Shows a letter.
pub async fn show(Path((visit, number)): Path<(String, usize)>, desk: Desk) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    let (db, tenant, visit_id) = (desk.db(), &desk.tenant.id, visit_id(&visit)?);
    let card = desk.visit(&visit_id).await?;
    let (steps, visit) = desk.app.recorder.load(tenant, &visit_id).await?.ok_or(Failure::NotFound)?;
    let step = letters(&steps).find_map(|(at, step)| (at == number).then_some(step)).ok_or(Failure::NotFound)?;
    let matter = Matter::of(&step.event).ok_or(Failure::NotFound)?;
    let diagnosis = steps.iter().rev().find_map(|step| match &step.event {
        Event::ConsultationCompleted(completed) => completed.diagnosis.as_deref().cloned(),
        _ => None,
    });
    let patient = patients::by_id(db, tenant, &visit.patient_id).await?.ok_or(Failure::NotFound)?;
    let doctor = people::names(db, tenant).await?.remove(&step.by).unwrap_or_else(|| "unknown".to_owned());
    let seen = Seen::Visit(visit_id.clone(), patient.id.clone());
    let (token, written_at, tenant) = (card.visit.token, step.at, desk.tenant.clone());
    let shown = Letter { tenant, patient, visit_id, token, doctor, written_at, diagnosis, matter };
    let title = match shown.matter {
        Matter::Prescription(_) => tr!("Prescription"),
        Matter::Referral(_) => tr!("Referral"),
    };
    desk.show(title, seen, None, move || letter(shown)).await
}
