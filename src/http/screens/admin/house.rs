//! `/admin/house`: branches, departments, rooms.

use std::sync::Arc;

use axum::Form;
use axum::response::Response;
use tr::tr;

use super::{chosen, named, names, places, typed};
use crate::hospital::departments::NewDepartment;
use crate::hospital::rooms::{NewRoom, RoomKind};
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::ids::Id as _;
use crate::journey::schema::FieldProblem;
use crate::journey::words::Word;
use crate::log;
use crate::screens::admin::house::{House, house};
use crate::screens::attempt::Attempt;
use crate::screens::layout::ADMIN;

const PATH: &str = "/admin/house";
/// How many of the latest changes are shown.
const LATEST: usize = 30;

/// Shows the house.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None).await
}

/// Adds to the house, or changes it.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    match change(&desk, Values(pairs)).await? {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, Some(attempt)).await,
    }
}

async fn change(desk: &Desk, values: Values) -> Result<Outcome, Failure> {
    let (recorder, tenant, actor) = (&desk.app.recorder, &desk.tenant, &desk.person.actor());
    let about = typed(&values, "_about");
    let name = typed(&values, "name");
    // What is no number is beyond all bounds.
    let target_minutes = values.get("targetMinutes").and_then(|minutes| minutes.parse().ok()).unwrap_or_default();
    let kind = match values.get("kind").map(RoomKind::from_word) {
        Some(None) => {
            return Ok(Err(desk.shown_again(values, vec![FieldProblem::new("kind", "must be one of the list")])));
        }
        kind => kind.flatten().unwrap_or(RoomKind::Consultation),
    };
    let (written, done) = match values.get("_form") {
        Some("add-branch") => {
            let added = recorder.add_branch(tenant, actor, &name, &typed(&values, "code")).await;
            (added.map(drop), "branch.added")
        }
        Some("branch") => {
            let changed = recorder.change_branch(tenant, actor, &named(&about)?, &name, &typed(&values, "code")).await;
            (changed, "branch.changed")
        }
        Some("add-department") => {
            let token_prefix = typed(&values, "tokenPrefix");
            let new = NewDepartment { branch_id: named(&about)?, name, token_prefix, target_minutes };
            (recorder.add_department(tenant, actor, new).await.map(drop), "department.added")
        }
        Some("department") => {
            let (id, prefix) = (named(&about)?, typed(&values, "tokenPrefix"));
            let changed = recorder.change_department(tenant, actor, &id, &name, &prefix, target_minutes).await;
            (changed, "department.changed")
        }
        Some(turn @ ("close-department" | "open-department")) => {
            let open = turn == "open-department";
            (recorder.set_department_open(tenant, actor, &named(&about)?, open).await, "department.changed")
        }
        Some("add-room") => {
            let new = NewRoom { branch_id: named(&about)?, department_id: chosen(&values, "departmentId"), name, kind };
            (recorder.add_room(tenant, actor, new).await.map(drop), "room.added")
        }
        Some("room") => {
            let department = chosen(&values, "departmentId");
            let changed = recorder.change_room(tenant, actor, &named(&about)?, &name, department, kind).await;
            (changed, "room.changed")
        }
        Some(turn @ ("close-room" | "open-room")) => {
            let open = turn == "open-room";
            (recorder.set_room_open(tenant, actor, &named(&about)?, open).await, "room.changed")
        }
        _ => return Err(Failure::NotFound),
    };
    desk.written(values, written, PATH, done)
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let places = places(&desk).await?;
    let mut events = Vec::new();
    for branch in &places.branches {
        events.extend(log::stream(db, tenant, "branch", &branch.id.to_string()).await?);
    }
    for department in &places.departments {
        for aggregate in ["department", "target"] {
            events.extend(log::stream(db, tenant, aggregate, department.id.as_str()).await?);
        }
    }
    for room in &places.rooms {
        events.extend(log::stream(db, tenant, "room", &room.id.to_string()).await?);
    }
    events.sort_unstable_by_key(|stored| stored.position);
    events.drain(..events.len().saturating_sub(LATEST));
    let screen = House {
        tenant: desk.tenant.clone(),
        names: names(&desk, &places).await?,
        places,
        events,
        attempt: attempt.clone(),
    };
    desk.show(tr!("Branches and rooms"), Seen::Nothing, attempt, move || house(screen)).await
}
