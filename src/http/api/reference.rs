//! What events name: people, rooms, departments, the tariff.

use axum::Json as Answer;
use serde::Serialize;

use super::parameters::Parameters;
use super::problem::Problem;
use crate::hospital::departments::{self, Department};
use crate::hospital::people::{self, Person};
use crate::hospital::rooms::{self, Room};
use crate::hospital::tariff::{self, TariffEntry};
use crate::http::sign_in::Program;
use crate::journey::words::Role;

/// People of the hospital.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct People {
    people: Vec<Person>,
}

/// Who holds a role now; without it everybody, those who left too.
#[utoipa::path(
    get,
    path = "/people",
    tag = "Reference",
    params(("role" = Option<Role>, Query, description = "A role.")),
    responses((status = 200, body = People))
)]
pub async fn people(program: Program, mut parameters: Parameters) -> Result<Answer<People>, Problem> {
    let role = parameters.word::<Role>("role");
    parameters.done()?;
    let people = match role {
        Some(role) => people::of_role(&program.db, &program.tenant.id, role).await?,
        None => people::list(&program.db, &program.tenant.id).await?,
    };
    Ok(Answer(People { people }))
}

/// Rooms of the hospital.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rooms {
    rooms: Vec<Room>,
}

/// Every room and counter.
#[utoipa::path(get, path = "/rooms", tag = "Reference", responses((status = 200, body = Rooms)))]
pub async fn rooms(program: Program, parameters: Parameters) -> Result<Answer<Rooms>, Problem> {
    parameters.done()?;
    Ok(Answer(Rooms { rooms: rooms::list(&program.db, &program.tenant.id).await? }))
}

/// Departments of the hospital.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Departments {
    departments: Vec<Department>,
}

/// Every department.
#[utoipa::path(get, path = "/departments", tag = "Reference", responses((status = 200, body = Departments)))]
pub async fn departments(program: Program, parameters: Parameters) -> Result<Answer<Departments>, Problem> {
    parameters.done()?;
    Ok(Answer(Departments { departments: departments::list(&program.db, &program.tenant.id).await? }))
}

/// What the hospital offers.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tariff {
    tariff: Vec<TariffEntry>,
}

/// What the hospital offers now, and for how much.
#[utoipa::path(get, path = "/tariff", tag = "Reference", responses((status = 200, body = Tariff)))]
pub async fn tariff(program: Program, parameters: Parameters) -> Result<Answer<Tariff>, Problem> {
    parameters.done()?;
    Ok(Answer(Tariff { tariff: tariff::list(&program.db, &program.tenant.id).await? }))
}
