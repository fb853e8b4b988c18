//! `/patients`: finding patients, and everything about one.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::Path;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leptos::prelude::RenderHtml as _;
use tr::tr;

use super::documents::{self, Posted};
use crate::hospital::patients::PatientChanges;
use crate::hospital::{bookings, patient_search, patients};
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::listening::TOPICS;
use crate::http::seen::Seen;
use crate::http::story;
use crate::journey::events::EventType;
use crate::journey::ids::{Id, PatientId, VisitId};
use crate::journey::schema::FieldProblem;
use crate::journey::words::{Sex, Word as _};
use crate::live::Topic;
use crate::log;
use crate::projections::visits;
use crate::record::Consent;
use crate::screens::attempt::Attempt;
use crate::screens::layout::PATIENTS;
use crate::screens::patient::{PatientPage, patient};
use crate::screens::patients::{Found, Search, found_now as found_view, search as search_view};

/// Shows who matches a search; without one, today's patients.
pub async fn search(desk: Desk) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    if let Some(visit) = scanned(&desk).await? {
        return Ok(visit);
    }
    let query = desk.query("q").map(ToOwned::to_owned);
    let found = match &query {
        Some(query) => found(&desk, query).await?,
        None => of_today(&desk).await?,
    };
    let data = Search { tenant: desk.tenant.clone(), actor: desk.person.actor(), query, found, now: desk.now };
    desk.show(tr!("Patients"), Seen::List, None, move || search_view(data)).await
}

/// Who matches what somebody types: the list alone.
pub async fn found_now(desk: Desk) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    let query = desk.query("q").unwrap_or_default().to_owned();
    let found = found(&desk, &query).await?;
    desk.saw(Seen::List).await?;
    let list = found_view(&desk.tenant, &desk.person.actor(), &query, found, desk.now);
    Ok(Html(list.to_html()).into_response())
}

/// The visit whose slip was scanned into a search.
pub async fn scanned(desk: &Desk) -> Result<Option<Response>, Failure> {
    let Some(id) = desk.query("q").and_then(|query| VisitId::parse(query.trim()).ok()) else { return Ok(None) };
    match desk.visit(&id).await {
        Ok(_) => Ok(Some(Redirect::to(&format!("/visits/{id}")).into_response())),
        Err(Failure::NotFound) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The patients who match a search, each with the latest visit that this person may read.
pub async fn found(desk: &Desk, query: &str) -> Result<Vec<Found>, Failure> {
    let (db, tenant, reader) = (desk.db(), &desk.tenant.id, desk.reader());
    let mut found = Vec::new();
    for patient in patient_search::search(db, tenant, query).await? {
        let latest = match visits::latest_of_patient(db, tenant, &patient.id).await? {
            Some(card) if !reader.reads_visit(card.visit.branch_id.as_ref()) => {
                let all = visits::of_patient(db, tenant, &patient.id).await?;
                all.into_iter().find(|card| reader.reads_visit(card.visit.branch_id.as_ref()))
            }
            latest => latest,
        };
        found.push(Found::new(patient, latest, reader.reads_every_visit()));
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
    page(desk, patient_id(&id)?, None).await
}

fn patient_id(text: &str) -> Result<PatientId, Failure> {
    PatientId::parse(text).map_err(|_| Failure::NotFound)
}

/// Changes what is known of a patient, or records a consent.
pub async fn act(Path(id): Path<String>, desk: Desk, posted: Posted) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    let id = patient_id(&id)?;
    patients::by_id(desk.db(), &desk.tenant.id, &id).await?.ok_or(Failure::NotFound)?;
    let values = match posted {
        Posted::Fields(values) => values,
        Posted::File(values, file) => {
            let visit = values.visit().ok_or(Failure::NotFound)?;
            let card = desk.visit(&visit).await?;
            if card.visit.patient_id != id {
                return Err(Failure::NotFound);
            }
            return match documents::upload(&desk, &visit, values, file).await? {
                Ok(response) => Ok(response),
                Err(attempt) => page(desk, id, Some(attempt)).await,
            };
        }
    };
    desk.needs(EventType::VisitRegistered.row().roles)?;
    let outcome = match values.get("_form") {
        Some("details") => change(&desk, &id, values).await?,
        Some("consent") => consent(&desk, &id, values).await?,
        _ => return Err(Failure::NotFound),
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, id, Some(attempt)).await,
    }
}

async fn change(desk: &Desk, id: &PatientId, values: Values) -> Result<Outcome, Failure> {
    let birth_date = match values.get("birthDate").map(str::parse).transpose() {
        Ok(day) => day,
        Err(_) => {
            let problem = FieldProblem::new("birthDate", "must be a day, as YYYY-MM-DD");
            return Ok(Err(desk.shown_again(values, vec![problem])));
        }
    };
    let changes = PatientChanges {
        // A name left blank is a mistake, not one that stays.
        name: Some(values.get("name").unwrap_or_default().to_owned()),
        sex: values.get("sex").and_then(Sex::from_word),
        birth_date,
        phone: values.get("phone").map(str::to_owned),
        email: values.get("email").map(str::to_owned),
    };
    let changed = desk.app.recorder.update_patient(&desk.tenant, &desk.person.actor(), id, changes).await;
    desk.written(values, changed, &desk.path, "patient.demographics_updated")
}

async fn consent(desk: &Desk, id: &PatientId, values: Values) -> Result<Outcome, Failure> {
    let purpose = values.get("purpose").unwrap_or_default().to_owned();
    let given = match values.get("given") {
        Some("yes") => true,
        Some("no") => false,
        _ => {
            let problem = FieldProblem::new("given", "must be chosen");
            return Ok(Err(desk.shown_again(values, vec![problem])));
        }
    };
    let note = values.get("note").map(str::to_owned);
    let recorder = &desk.app.recorder;
    let consent = Consent { purpose, given, note };
    let recorded = recorder.record_consent(&desk.tenant, &desk.person.actor(), id, consent).await;
    desk.written(values, recorded, &desk.path, "consent.recorded")
}

async fn page(desk: Desk, id: PatientId, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let found = patients::by_id(db, tenant, &id).await?.ok_or(Failure::NotFound)?;
    let reader = desk.reader();
    let mut all = visits::of_patient(db, tenant, &id).await?;
    all.retain(|card| reader.reads_visit(card.visit.branch_id.as_ref()));
    let documents = story::documents(db, &desk.tenant, &all).await?;
    let mut booked = bookings::of_patient(db, tenant, &id).await?;
    booked.retain(|card| reader.reads_visit(card.booking.branch_id.as_ref()));
    let data = PatientPage {
        tenant: desk.tenant.clone(),
        actor: desk.person.actor(),
        visits: all,
        documents,
        patient: found,
        bookings: booked,
        consents: log::stream(db, tenant, "consent", id.as_str()).await?,
        now: desk.now,
        attempt: attempt.clone(),
    };
    // What still happens on an older visit is a document or a report, of which all patients' pages hear.
    let latest = data.visits.iter().take(TOPICS - 1).map(|card| Topic::Visit(card.visit.visit_id.clone()));
    let topics: Vec<_> = std::iter::once(Topic::Patients).chain(latest).collect();
    let desk = desk.live(topics);
    desk.show(data.patient.name.clone(), Seen::Patient(id), attempt, move || patient(data)).await
}
