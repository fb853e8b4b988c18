//! What patients consented to, and what they refused.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::headers::Purpose;
use super::json::Json;
use super::parameters::{Named, Parameters, Resource};
use super::patients::{REGISTRARS, fitting};
use super::problem::Problem;
use super::reading::{Reading, not_for};
use crate::hospital::patients;
use crate::journey::ids::{Id as _, PatientId};
use crate::journey::schema::{Field, Shape};
use crate::log::{self, StoredEvent};
use crate::record::Recorder;
use crate::schemas::{Described, of_fields, stands};

const FIELDS: &[Field] = &[
    Field { name: "purpose", shape: Shape::Text { max: 200 }, required: true },
    Field { name: "given", shape: Shape::Choice(&[("true", "given"), ("false", "refused")]), required: true },
    Field { name: "note", shape: Shape::Text { max: 500 }, required: false },
];

/// Text on one line.
const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x20\x7f-\xa0][^\x00-\x1f\x7f-\x9f]*$";

/// Consents, each as the event that recorded it.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consents {
    consents: Vec<StoredEvent>,
}

/// What a patient consented to or refused, oldest first; the latest of a purpose counts.
#[utoipa::path(
    get,
    path = "/patients/{id}/consents",
    tag = "Patients",
    params(("id" = PatientId, Path, description = "The patient's id."), Purpose),
    responses(
        (status = 200, body = Consents),
        (status = 403, description = "None of the caller's roles may read patient data."),
        (status = 404, description = "There is no such patient."),
    )
)]
pub async fn list(
    reading: Reading,
    Named(id): Named<PatientId>,
    parameters: Parameters,
) -> Result<Answer<Consents>, Problem> {
    parameters.done()?;
    reading.patient_data()?;
    let (db, tenant) = (&reading.db, &reading.tenant().id);
    patients::by_id(db, tenant, &id).await?.ok_or_else(PatientId::missing)?;
    let consents = log::stream(db, tenant, "consent", id.as_str()).await?;
    reading.patient(&id).await?;
    Ok(Answer(Consents { consents }))
}

/// Records that a patient consented to something, or refused it.
#[utoipa::path(
    post,
    path = "/patients/{id}/consents",
    tag = "Patients",
    params(("id" = PatientId, Path, description = "The patient's id."), Purpose),
    request_body = ConsentToRecord,
    responses(
        (status = 201, body = StoredEvent, description = "It is recorded."),
        (status = 403, description = "None of the caller's roles may record a consent."),
        (status = 404, description = "There is no such patient."),
    )
)]
pub async fn record(
    State(recorder): State<Recorder>,
    reading: Reading,
    Named(id): Named<PatientId>,
    parameters: Parameters,
    Json(body): Json,
) -> Result<Response, Problem> {
    parameters.done()?;
    if !reading.program.person.holds_any(REGISTRARS) {
        return Err(not_for(REGISTRARS, "record a consent"));
    }
    let mut checked = body.clone();
    // The shapes of fields know no truth values.
    match checked.get_mut("given") {
        Some(Value::Bool(given)) => checked["given"] = json!(given.to_string()),
        Some(_) => return Err(Problem::invalid("given", "must be true or false")),
        None => {}
    }
    fitting(FIELDS, &checked, "a consent")?;
    patients::by_id(&reading.db, &reading.tenant().id, &id).await?.ok_or_else(PatientId::missing)?;
    let consent = serde_json::from_value(body).map_err(|_| Problem::invalid("body", "cannot be read"))?;
    let actor = reading.program.actor()?;
    let recorded = recorder.record_consent(reading.tenant(), &actor, &id, consent).await?;
    reading.patient(&id).await?;
    Ok((StatusCode::CREATED, Answer(recorded)).into_response())
}

/// A consent as it is sent.
pub struct ConsentToRecord;

impl Described for ConsentToRecord {
    fn described() -> Value {
        let mut consent = of_fields(FIELDS);
        consent["description"] = json!("A consent that a patient gave, or refused.");
        consent["properties"]["given"] = json!({ "type": "boolean" });
        consent["properties"]["purpose"]["pattern"] = json!(LINE);
        consent
    }
}

stands!(ConsentToRecord);
