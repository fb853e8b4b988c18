//! `/patients`: finding patients, and everything about one.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::Response;

use crate::hospital::{patient_search, patients};
use crate::http::desk::{Desk, Failure};
use crate::http::seen::Seen;
use crate::journey::ids::{Id, PatientId};
use crate::projections::{timeline, visits};
use crate::screens::layout::PATIENTS;
use crate::screens::patient::{PatientPage, patient};
use crate::screens::patients::{Found, Search, search as search_view};

/// Shows who matches a search; without one, today's patients.
pub async fn search(desk: Desk) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    let query = desk.query("q").map(ToOwned::to_owned);
    let found = match &query {
        Some(query) => found(&desk, query).await?,
        None => of_today(&desk).await?,
    };
    let data = Search { tenant: desk.tenant.clone(), actor: desk.person.actor(), query, found, now: desk.now };
    desk.show("Patients", Seen::List, None, move || search_view(data)).await
}

/// The patients who match a search, each with their latest visit.
pub async fn found(desk: &Desk, query: &str) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    for patient in patient_search::search(desk.db(), &desk.tenant.id, query).await? {
        let latest = visits::latest_of_patient(desk.db(), &desk.tenant.id, &patient.id).await?;
        let latest = latest.filter(|card| desk.reader().reads_visit(card.visit.branch_id.as_ref()));
        found.push(Found::new(patient, latest));
    }
    Ok(found)
}

/// Today's patients with their latest visit, the latest first.
async fn of_today(desk: &Desk) -> Result<Vec<Found>, Failure> {
    let today = desk.tenant.local_day(desk.now);
    let arrivals = visits::arrivals(desk.db(), &desk.tenant.id, today, desk.branch()).await?;
    let mut seen = BTreeSet::new();
    Ok(arrivals.into_iter().filter(|card| seen.insert(card.visit.patient_id.clone())).map(Found::from).collect())
}

/// Shows a patient: who they are, every visit, the documents of all visits.
pub async fn show(Path(id): Path<String>, desk: Desk) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let id = PatientId::parse(&id).map_err(|_| Failure::NotFound)?;
    let found = patients::by_id(db, tenant, &id).await?.ok_or(Failure::NotFound)?;
    let reader = desk.reader();
    let mut all = visits::of_patient(db, tenant, &id).await?;
    all.retain(|card| reader.reads_visit(card.visit.branch_id.as_ref()));
    let mut documents = timeline::documents_of_patient(db, tenant, &id).await?;
    documents.retain(|document| all.iter().any(|card| card.visit.visit_id == document.visit_id));
    let data = PatientPage {
        tenant: desk.tenant.clone(),
        actor: desk.person.actor(),
        visits: all,
        documents,
        patient: found,
        now: desk.now,
    };
    desk.show(data.patient.name.clone(), Seen::Patient(id), None, move || patient(data)).await
}
