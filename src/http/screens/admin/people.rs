//! `/admin` and `/admin/people/{id}`: who works here.

use std::sync::Arc;

use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use tr::tr;

use super::{chosen, hours, named, names, places, typed};
use crate::db::commit;
use crate::hospital::passphrase::{Passphrase, PassphraseHash};
use crate::hospital::people::{self, NewPerson, Person, PersonDetails, Roles};
use crate::hospital::sign_in_names::new_sign_in_name;
use crate::hospital::{Problem, WriteError, sessions};
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::ids::{Id as _, PersonId};
use crate::journey::schema::FieldProblem;
use crate::journey::words::{ActorType, Role, Word};
use crate::log;
use crate::record::RecordError;
use crate::screens::admin::people::{OnePerson, People, one_person, people as people_view};
use crate::screens::attempt::Attempt;
use crate::screens::layout::ADMIN;

/// Shows who works here.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    list(desk, None).await
}

/// Adds a person.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    match add(&desk, Values(pairs)).await? {
        Ok(response) => Ok(response),
        Err(attempt) => list(desk, Some(attempt)).await,
    }
}

async fn list(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let mut people = people::list(desk.db(), &desk.tenant.id).await?;
    people.retain(|person| person.actor_type != ActorType::System);
    people.sort_by_key(|person| !person.active);
    let screen = People { people, places: places(&desk).await?, attempt: attempt.clone() };
    desk.show(tr!("People"), Seen::Nothing, attempt, move || people_view(screen)).await
}

async fn add(desk: &Desk, values: Values) -> Result<Outcome, Failure> {
    let mut problems = Vec::new();
    let sign_in_name = match values.get("signInName").map(new_sign_in_name).transpose() {
        Ok(name) => name,
        Err(problem) => {
            problems.push(FieldProblem::new(problem.field, problem.problem));
            None
        }
    };
    let actor_type = values.get("actorType").and_then(ActorType::from_word).unwrap_or(ActorType::Human);
    let roles = roles(&values);
    if roles.is_empty() {
        problems.push(FieldProblem::new("roles", "must be chosen: without a role, nothing can be done"));
    }
    let passphrase_hash = match (&sign_in_name, actor_type) {
        (Some(name), ActorType::Human) if problems.is_empty() => match hash(desk, &values, name.as_str()).await? {
            Ok(hash) => Some(hash),
            Err(problem) => {
                problems.push(problem);
                None
            }
        },
        _ => None,
    };
    if !problems.is_empty() {
        return Ok(Err(desk.shown_again(values, problems)));
    }
    let new = NewPerson {
        sign_in_name,
        name: typed(&values, "name"),
        actor_type,
        branch_id: chosen(&values, "branchId"),
        department_id: chosen(&values, "departmentId"),
        room_id: chosen(&values, "roomId"),
        passphrase_hash,
        roles,
    };
    let mut tx = desk.db().begin().await?;
    let actor = desk.person.actor();
    let added = match desk.app.recorder.add_person(&mut tx, &desk.tenant, Some(&actor), new).await {
        Ok(person) => commit(tx).await.map(|()| person).map_err(WriteError::from),
        Err(error) => Err(error),
    };
    desk.written(values, added, "/admin", "person.created")
}

/// The system's own role is nobody's to give.
fn roles(values: &Values) -> Roles {
    values.all("roles").filter_map(Role::from_word).filter(|role| *role != Role::System).collect()
}

async fn hash(
    desk: &Desk,
    values: &Values,
    sign_in_name: &str,
) -> Result<Result<PassphraseHash, FieldProblem>, Failure> {
    // As it was typed: spaces around it are part of it.
    let typed = values.0.iter().find(|(name, _)| name == "passphrase").map_or("", |(_, value)| value);
    let passphrase = match Passphrase::parse(typed, sign_in_name) {
        Ok(passphrase) => passphrase,
        Err(weak) => return Ok(Err(FieldProblem::new("passphrase", format!("will not do: {weak}")))),
    };
    match desk.app.doorkeeper.hasher().hash(passphrase).await {
        Ok(hash) => Ok(Ok(hash)),
        Err(error) => {
            tracing::warn!(%error, "a passphrase was not hashed");
            Err(Failure::Record(RecordError::Busy))
        }
    }
}

/// Shows one person.
pub async fn show_one(Path(id): Path<String>, desk: Desk) -> Result<Response, Failure> {
    one(desk, &named(&id)?, None).await
}

/// Changes one person.
pub async fn act_on_one(
    Path(id): Path<String>,
    desk: Desk,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let id = named(&id)?;
    let person = person(&desk, &id).await?;
    match change(&desk, &person, Values(pairs)).await? {
        Ok(response) => Ok(response),
        Err(attempt) => one(desk, &id, Some(attempt)).await,
    }
}

/// A person of the hospital; the system is none.
async fn person(desk: &Desk, id: &PersonId) -> Result<Person, Failure> {
    let person = people::by_id(desk.db(), &desk.tenant.id, id).await?;
    person.filter(|person| person.actor_type != ActorType::System).ok_or(Failure::NotFound)
}

async fn change(desk: &Desk, person: &Person, values: Values) -> Result<Outcome, Failure> {
    let (recorder, tenant, actor) = (&desk.app.recorder, &desk.tenant, &desk.person.actor());
    let own = desk.person.id == person.id;
    let (written, done) = match values.get("_form") {
        Some("details") => {
            let details = PersonDetails {
                name: typed(&values, "name"),
                branch_id: chosen(&values, "branchId"),
                department_id: chosen(&values, "departmentId"),
                room_id: chosen(&values, "roomId"),
            };
            (recorder.change_person(tenant, actor, &person.id, details).await, "person.changed")
        }
        Some("roles") => {
            let roles = roles(&values);
            // Somebody has to be left who can undo it.
            if own && !roles.contains(&Role::Admin) {
                let words = "must keep administrator: nobody takes it from themselves";
                return Ok(Err(desk.shown_again(values, vec![FieldProblem::new("roles", words)])));
            }
            (recorder.change_roles(tenant, actor, person, roles).await, "person.role_changed")
        }
        Some("sign-in") if person.actor_type == ActorType::Human => {
            let name = match new_sign_in_name(&typed(&values, "signInName")) {
                Ok(name) => name,
                Err(Problem { field, problem }) => {
                    return Ok(Err(desk.shown_again(values, vec![FieldProblem::new(field, problem)])));
                }
            };
            match hash(desk, &values, name.as_str()).await? {
                Ok(hash) => {
                    let given = recorder.give_sign_in(tenant, actor, &person.id, &name, &hash).await;
                    (given, "person.sign_in_given")
                }
                Err(problem) => return Ok(Err(desk.shown_again(values, vec![problem]))),
            }
        }
        Some("passphrase") => {
            let name = person.sign_in_name.as_ref().ok_or(Failure::NotFound)?;
            match hash(desk, &values, name.as_str()).await? {
                Ok(hash) => {
                    (recorder.reset_passphrase(tenant, actor, &person.id, &hash).await, "person.passphrase_reset")
                }
                Err(problem) => return Ok(Err(desk.shown_again(values, vec![problem]))),
            }
        }
        Some("sessions") => (recorder.end_sessions(tenant, actor, &person.id).await, "person.sessions_ended"),
        Some("leave") if !own => (recorder.set_person_active(tenant, actor, &person.id, false).await, "person.changed"),
        Some("return") => (recorder.set_person_active(tenant, actor, &person.id, true).await, "person.changed"),
        Some("open-hours") => return hours::open(desk, person, values).await,
        Some("close-hours") => return hours::close(desk, person, values).await,
        _ => return Err(Failure::NotFound),
    };
    desk.written(values, written, &desk.path, done)
}

async fn one(desk: Desk, id: &PersonId, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let places = places(&desk).await?;
    let person = person(&desk, id).await?;
    let screen = OnePerson {
        own: desk.person.id == *id,
        names: names(&desk, &places).await?,
        places,
        sessions: sessions::of_person(db, tenant, id, desk.now).await?,
        events: log::stream(db, tenant, "person", id.as_str()).await?,
        hours: hours::card(&desk, &person, attempt.as_ref()).await?,
        person,
        tenant: desk.tenant.clone(),
        attempt: attempt.clone(),
    };
    desk.show(screen.person.name.clone(), Seen::Nothing, attempt, move || one_person(screen)).await
}
