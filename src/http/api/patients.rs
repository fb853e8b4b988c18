//! Patients: registering, finding and reading them.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::ROOT;
use super::headers::{IdempotencyKey, Purpose};
use super::json::Json;
use super::parameters::{Named, Parameters, Resource};
use super::problem::Problem;
use super::reading::{Reading, not_for};
use crate::clock::Clock;
use crate::db::new_id;
use crate::hospital::patient_requests::{self, Request};
use crate::hospital::patient_search;
use crate::hospital::patients::{self, Patient};
use crate::http::sign_in::Program;
use crate::journey::ids::PatientId;
use crate::journey::schema::{Field, FieldProblem, Shape, check};
use crate::journey::words::{Role, Sex, Word};
use crate::log::Digest;
use crate::record::{RecordError, Recorder};
use crate::schemas::{Described, of_fields, stands};

/// Who may register a patient, and say what is known of one.
pub(super) const REGISTRARS: &[Role] = &[Role::Receptionist, Role::Nurse];

/// The longest search.
const LONGEST_QUERY: usize = 200;

const FIELDS: &[Field] = &[
    Field { name: "name", shape: Shape::Text { max: 200 }, required: true },
    Field { name: "mrn", shape: Shape::Text { max: 32 }, required: false },
    Field { name: "sex", shape: Shape::Choice(Sex::CHOICES), required: false },
    Field { name: "birthDate", shape: Shape::Date, required: false },
    Field { name: "phone", shape: Shape::Text { max: 40 }, required: false },
    Field { name: "email", shape: Shape::Text { max: 254 }, required: false },
];

/// Registers a patient.
#[utoipa::path(
    post,
    path = "/patients",
    tag = "Patients",
    params(IdempotencyKey),
    request_body = PatientToRegister,
    responses(
        (status = 201, body = Patient, description = "They are registered.", headers(("Location" = String, description = "Where they can be read."))),
        (status = 200, body = Patient, description = "They were registered before by the same request.", headers(("Location" = String, description = "Where they can be read."))),
        (status = 403, description = "None of the caller's roles may register a patient."),
        (status = 409, description = "The MRN is in use, or the key was used for another request."),
    )
)]
pub async fn register(
    State(clock): State<Clock>,
    State(recorder): State<Recorder>,
    program: Program,
    parameters: Parameters,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json,
) -> Result<Response, Problem> {
    parameters.done()?;
    if !program.person.holds_any(REGISTRARS) {
        return Err(not_for(REGISTRARS, "register a patient"));
    }
    fitting(FIELDS, &body, "a patient")?;
    let new = serde_json::from_value(body.clone()).map_err(|_| Problem::invalid("body", "cannot be read"))?;
    let id = match key {
        None => new_id(),
        Some(key) => {
            let request = Request { person: program.person.id.clone(), key, digest: Digest::of_json(&body).0 };
            let patient = patient_requests::patient(&program.db, &program.tenant.id, &request, clock.now()).await?;
            patient.ok_or(RecordError::IdempotencyMismatch)?
        }
    };
    let known = patients::by_id(&program.db, &program.tenant.id, &id).await?;
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let patient = match known {
        Some(patient) => patient,
        None => recorder.register_patient(&program.tenant, &program.actor()?, id, new).await?,
    };
    let location = format!("{ROOT}/patients/{}", patient.id);
    Ok((status, [(LOCATION, location)], Answer(patient)).into_response())
}

/// Lets only a body go on that fits its fields.
pub(super) fn fitting(fields: &[Field], body: &Value, of: &str) -> Result<(), Problem> {
    if !body.is_object() {
        return Err(Problem::invalid("body", "must be an object"));
    }
    let problems: Vec<_> = check(fields, body)
        .into_iter()
        .map(|problem| match fields.iter().any(|field| field.name == problem.field) {
            true => problem,
            false => FieldProblem::new(problem.field, format!("is not a field of {of}")),
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Problem::invalid_request(problems)) }
}

const CHANGES: &[Field] = &[
    Field { name: "name", shape: Shape::Text { max: 200 }, required: false },
    Field { name: "sex", shape: Shape::Choice(Sex::CHOICES), required: false },
    Field { name: "birthDate", shape: Shape::Date, required: false },
    Field { name: "phone", shape: Shape::Text { max: 40 }, required: false },
    Field { name: "email", shape: Shape::Text { max: 254 }, required: false },
];

/// Changes what is known of a patient; what is left out stays.
#[utoipa::path(
    patch,
    path = "/patients/{id}",
    tag = "Patients",
    params(("id" = PatientId, Path, description = "The patient's id."), Purpose),
    request_body = PatientToChange,
    responses(
        (status = 200, body = Patient, description = "The patient as they are known now."),
        (status = 403, description = "None of the caller's roles may change what is known of a patient."),
        (status = 404, description = "There is no such patient."),
    )
)]
pub async fn change(
    State(recorder): State<Recorder>,
    reading: Reading,
    Named(id): Named<PatientId>,
    parameters: Parameters,
    Json(body): Json,
) -> Result<Answer<Patient>, Problem> {
    parameters.done()?;
    if !reading.program.person.holds_any(REGISTRARS) {
        return Err(not_for(REGISTRARS, "change what is known of a patient"));
    }
    fitting(CHANGES, &body, "a patient")?;
    patients::by_id(&reading.db, &reading.tenant().id, &id).await?.ok_or_else(PatientId::missing)?;
    let changes = serde_json::from_value(body).map_err(|_| Problem::invalid("body", "cannot be read"))?;
    let actor = reading.program.actor()?;
    let patient = recorder.update_patient(reading.tenant(), &actor, &id, changes).await?;
    reading.patient(&id).await?;
    Ok(Answer(patient))
}

/// Patients who were found.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Found {
    patients: Vec<Patient>,
}

/// Finds patients by name, MRN or phone; twenty at most.
#[utoipa::path(
    get,
    path = "/patients",
    tag = "Patients",
    params(("query" = String, Query, max_length = 200, description = "The beginning of a name, an MRN, a phone number."), Purpose),
    responses((status = 200, body = Found), (status = 403, description = "None of the caller's roles may read patient data."))
)]
pub async fn search(reading: Reading, mut parameters: Parameters) -> Result<Answer<Found>, Problem> {
    let query = parameters.required("query");
    if query.chars().count() > LONGEST_QUERY {
        parameters.refuse("query", format!("must be {LONGEST_QUERY} characters or fewer"));
    }
    parameters.done()?;
    reading.patient_data()?;
    let patients = patient_search::search(&reading.db, &reading.tenant().id, &query).await?;
    reading.list().await?;
    Ok(Answer(Found { patients }))
}

/// One patient.
#[utoipa::path(
    get,
    path = "/patients/{id}",
    tag = "Patients",
    params(("id" = PatientId, Path, description = "The patient's id."), Purpose),
    responses(
        (status = 200, body = Patient),
        (status = 403, description = "None of the caller's roles may read patient data."),
        (status = 404, description = "There is no such patient."),
    )
)]
pub async fn one(
    reading: Reading,
    Named(id): Named<PatientId>,
    parameters: Parameters,
) -> Result<Answer<Patient>, Problem> {
    parameters.done()?;
    reading.patient_data()?;
    let patient = patients::by_id(&reading.db, &reading.tenant().id, &id).await?.ok_or_else(PatientId::missing)?;
    reading.patient(&id).await?;
    Ok(Answer(patient))
}

/// A patient as they are sent to be registered.
pub struct PatientToRegister;

impl Described for PatientToRegister {
    fn described() -> Value {
        let mut patient = with_contacts(of_fields(FIELDS));
        patient["description"] = json!("A patient to register; without an MRN, the next one is given out.");
        patient
    }
}

/// What is sent to change what is known of a patient.
pub struct PatientToChange;

impl Described for PatientToChange {
    fn described() -> Value {
        let mut changes = with_contacts(of_fields(CHANGES));
        changes["description"] = json!("What changes of a patient; what is left out stays.");
        changes
    }
}

/// Says how a phone number and an address for mail are written.
fn with_contacts(mut patient: Value) -> Value {
    let written = |longest: usize, pattern: &str| json!({ "oneOf": [{ "type": "null" }, { "type": "string", "maxLength": longest, "pattern": pattern }] });
    patient["properties"]["phone"] = written(40, r"^\+?[ ().-]*([0-9][ ().-]*){4,15}$");
    patient["properties"]["email"] = written(254, r"^[!-?A-~]+@[!-?A-~]+$");
    patient
}

stands!(PatientToRegister, PatientToChange);
