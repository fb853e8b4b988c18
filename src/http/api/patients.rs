//! Patients: registering, finding and reading them.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ROOT;
use super::json::Json;
use super::parameters::{Named, Parameters, Resource};
use super::problem::Problem;
use crate::clock::Clock;
use crate::db::Db;
use crate::hospital::patient_search;
use crate::hospital::patients::{self, NewPatient};
use crate::http::sign_in::Program;
use crate::journey::ids::PatientId;
use crate::journey::refusal::roles_in_words;
use crate::journey::schema::{Field, FieldProblem, Shape, check};
use crate::journey::words::{Code, Role, Sex, Word};

/// Who may register a patient.
const REGISTRARS: &[Role] = &[Role::Receptionist, Role::Nurse];

/// The longest search.
const LONGEST_QUERY: usize = 200;

const FIELDS: &[Field] = &[
    Field { name: "name", shape: Shape::Text { max: 200 }, required: true },
    Field { name: "mrn", shape: Shape::Text { max: 32 }, required: false },
    Field { name: "sex", shape: Shape::Choice(Sex::CHOICES), required: false },
    Field { name: "birthDate", shape: Shape::Date, required: false },
    Field { name: "phone", shape: Shape::Text { max: 40 }, required: false },
];

/// `POST /patients`: registers a patient.
pub async fn register(
    State(db): State<Db>,
    State(clock): State<Clock>,
    program: Program,
    parameters: Parameters,
    Json(body): Json,
) -> Result<Response, Problem> {
    parameters.done()?;
    if !program.person.holds_any(REGISTRARS) {
        let sentence = format!("Only a {} may register a patient.", roles_in_words(REGISTRARS));
        return Err(Problem::new(StatusCode::FORBIDDEN, Code::RoleNotAllowed.word(), sentence));
    }
    if !body.is_object() {
        return Err(Problem::invalid("body", "must be an object"));
    }
    let problems: Vec<_> = check(FIELDS, &body)
        .into_iter()
        .map(|problem| match FIELDS.iter().any(|field| field.name == problem.field) {
            true => problem,
            false => FieldProblem::new(problem.field, "is not a field of a patient"),
        })
        .collect();
    if !problems.is_empty() {
        return Err(Problem::invalid_request(problems));
    }
    let new: NewPatient = serde_json::from_value(body).map_err(|_| Problem::invalid("body", "cannot be read"))?;
    let patient = patients::register(&db, &program.tenant, new, clock.now()).await?;
    let location = format!("{ROOT}/patients/{}", patient.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Answer(patient)).into_response())
}

/// `GET /patients?query=`: finds patients by name, MRN or phone; twenty at most.
pub async fn search(State(db): State<Db>, program: Program, mut parameters: Parameters) -> Result<Response, Problem> {
    let query = parameters.required("query");
    if query.chars().count() > LONGEST_QUERY {
        parameters.refuse("query", format!("must be {LONGEST_QUERY} characters or fewer"));
    }
    parameters.done()?;
    let patients = patient_search::search(&db, &program.tenant.id, &query).await?;
    Ok(Answer(json!({ "patients": patients })).into_response())
}

/// `GET /patients/{id}`: one patient.
pub async fn one(
    State(db): State<Db>,
    program: Program,
    Named(id): Named<PatientId>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    parameters.done()?;
    let patient = patients::by_id(&db, &program.tenant.id, &id).await?.ok_or_else(PatientId::missing)?;
    Ok(Answer(patient).into_response())
}
