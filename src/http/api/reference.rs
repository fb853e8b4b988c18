//! What events name: people, rooms, departments, the tariff.

use axum::Json as Answer;
use axum::extract::State;
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::problem::Problem;
use crate::db::Db;
use crate::hospital::{departments, people, rooms, tariff};
use crate::http::sign_in::Program;
use crate::journey::words::Role;

/// `GET /people?role=`: who holds a role now; without it everybody, those who left too.
pub async fn people(
    State(db): State<Db>,
    program: Program,
    mut parameters: Parameters,
) -> Result<Answer<Value>, Problem> {
    let role = parameters.word::<Role>("role");
    parameters.done()?;
    let people = match role {
        Some(role) => people::of_role(&db, &program.tenant.id, role).await?,
        None => people::list(&db, &program.tenant.id).await?,
    };
    Ok(Answer(json!({ "people": people })))
}

/// `GET /rooms`: every room and counter.
pub async fn rooms(State(db): State<Db>, program: Program, parameters: Parameters) -> Result<Answer<Value>, Problem> {
    parameters.done()?;
    Ok(Answer(json!({ "rooms": rooms::list(&db, &program.tenant.id).await? })))
}

/// `GET /departments`: every department.
pub async fn departments(
    State(db): State<Db>,
    program: Program,
    parameters: Parameters,
) -> Result<Answer<Value>, Problem> {
    parameters.done()?;
    Ok(Answer(json!({ "departments": departments::list(&db, &program.tenant.id).await? })))
}

/// `GET /tariff`: what the hospital offers now, and for how much.
pub async fn tariff(State(db): State<Db>, program: Program, parameters: Parameters) -> Result<Answer<Value>, Problem> {
    parameters.done()?;
    Ok(Answer(json!({ "tariff": tariff::list(&db, &program.tenant.id).await? })))
}
