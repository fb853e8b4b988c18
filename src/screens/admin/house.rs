//! The branches with their departments and rooms.

use std::sync::Arc;

use leptos::prelude::*;
use tr::tr;

use super::history::{Names, history};
use super::page;
use super::people::Places;
use crate::hospital::branches::Branch;
use crate::hospital::departments::Department;
use crate::hospital::rooms::{Room, RoomKind};
use crate::hospital::tenants::Tenant;
use crate::journey::words::Word;
use crate::language::say;
use crate::log::StoredEvent;
use crate::screens::attempt::Attempt;
use crate::screens::entry::{Entry, press};
use crate::screens::icon::{Icon, icon};

/// What the screen shows.
pub struct House {
    /// The hospital.
    pub tenant: Tenant,
    /// What there is.
    pub places: Places,
    /// What was changed of it lately.
    pub events: Vec<StoredEvent>,
    /// What ids are called.
    pub names: Names,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows the house.
pub fn house(screen: House) -> impl IntoView {
    let House { tenant, places, events, names, attempt } = screen;
    let attempt = attempt.as_ref();
    let branches = places.branches.iter().map(|branch| branch_card(branch, &places, attempt)).collect_view();
    let new = Entry::new("add-branch", "", attempt);
    let lead = tr!(
        "{departments} departments and {rooms} rooms in {hospital}",
        departments = places.departments.iter().filter(|department| department.is_open()).count(),
        rooms = places.rooms.iter().filter(|room| room.is_open()).count(),
        hospital = tenant.name
    );
    let body = view! {
        {branches}
        <section class="card" aria-labelledby="new-branch">
            <h2 id="new-branch">{tr!("Add a branch")}</h2>
            <form method="post" class="stack">
                {new.hidden()}
                <div class="fields">{new.text("name", &tr!("Name"), true, "")} {new.text("code", &tr!("Code"), true, "")}</div>
                <div class="form-foot"><button class="button button-primary">{icon(Icon::Plus)} {tr!("Add branch")}</button></div>
            </form>
        </section>
        {history(&tenant, &events, &names)}
    };
    page("/admin/house", tr!("Branches and rooms"), lead, body)
}

fn branch_card(branch: &Branch, places: &Places, attempt: Option<&Arc<Attempt>>) -> AnyView {
    let id = format!("branch-{}", branch.code.to_ascii_lowercase().replace(' ', "-"));
    let entry = Entry::new("branch", &branch.id, attempt);
    let departments: Vec<_> =
        places.departments.iter().filter(|department| department.branch_id == branch.id).collect();
    let rooms: Vec<_> = places.rooms.iter().filter(|room| room.branch_id == branch.id).collect();
    let new_department = Entry::new("add-department", &branch.id, attempt);
    let new_room = Entry::new("add-room", &branch.id, attempt);
    view! {
        <section class="card stack" aria-labelledby=id.clone()>
            <h2 id=id.clone()>{branch.name.clone()} " " <span class="secondary">{branch.code.clone()}</span></h2>
            {fold(
                tr!("Change this branch"),
                &entry,
                view! { {entry.text("name", &tr!("Name"), true, &branch.name)} {entry.text("code", &tr!("Code"), true, &branch.code)} },
            )}
            <h3>{tr!("Departments")}</h3>
            <ul class="list list-inset">
                {departments.iter().map(|department| department_row(department, attempt)).collect_view()}
            </ul>
            {fold(tr!("Add a department"), &new_department, department_fields(&new_department, None))}
            <h3>{tr!("Rooms")}</h3>
            <ul class="list list-inset">{rooms.iter().map(|room| room_row(room, &departments, attempt)).collect_view()}</ul>
            {fold(tr!("Add a room"), &new_room, room_fields(&new_room, &departments, None))}
        </section>
    }
    .into_any()
}

/// A form that opens when it is needed, and stands open when it was refused.
fn fold(label: String, entry: &Entry, fields: impl IntoView + 'static) -> AnyView {
    view! {
        <details class="fold" open=entry.was_refused()>
            <summary>{label}</summary>
            <div class="fold-body">
                <form method="post" class="stack">
                    {entry.hidden()} <div class="fields">{fields.into_any()}</div>
                    <div class="form-foot"><button class="button button-primary">{tr!("Save")}</button></div>
                </form>
            </div>
        </details>
    }
    .into_any()
}

fn department_row(department: &Department, attempt: Option<&Arc<Attempt>>) -> AnyView {
    let entry = Entry::new("department", &department.id, attempt);
    view! {
        <li class="list-row">
            <span class="token token-plain">{department.token_prefix.clone()}</span>
            <div class="list-main">
                <p class="list-title">{department.name.clone()} " " {closed(department.is_open())}</p>
                <p class="list-detail">{tr!("Target: called within {minutes} min", minutes = department.target_minutes)}</p>
                {fold(tr!("Change"), &entry, department_fields(&entry, Some(department)))}
            </div>
            {turn(("close-department", "open-department"), &department.id, department.is_open(), (&department.name, tr!("Close department")))}
        </li>
    }
    .into_any()
}

/// Marks what is in use no more.
fn closed(is_open: bool) -> AnyView {
    if is_open {
        return ().into_any();
    }
    view! { <span class="tag">{icon(Icon::CircleOff)} {tr!("Closed")}</span> }.into_any()
}

/// The button that closes a place, or opens it again.
fn turn(
    (close, open): (&'static str, &'static str),
    id: impl ToString,
    is_open: bool,
    (name, closing): (&str, String),
) -> AnyView {
    let (form, words) = if is_open { (close, closing) } else { (open, tr!("Open again")) };
    let name = name.to_owned();
    press(form, id, "button button-compact", view! { {words} <span class="visually-hidden">" " {name}</span> })
}

fn department_fields(entry: &Entry, department: Option<&Department>) -> AnyView {
    let (name, prefix, target) = match department {
        Some(known) => (known.name.clone(), known.token_prefix.clone(), known.target_minutes.to_string()),
        None => (String::new(), String::new(), "30".to_owned()),
    };
    view! {
        {entry.text("name", &tr!("Name"), true, &name)} {entry.text("tokenPrefix", &tr!("Tokens begin with"), true, &prefix)}
        {entry.text("targetMinutes", &tr!("Target, in minutes"), true, &target)}
    }
    .into_any()
}

fn room_row(room: &Room, departments: &[&Department], attempt: Option<&Arc<Attempt>>) -> AnyView {
    let entry = Entry::new("room", &room.id, attempt);
    let department = departments.iter().find(|department| Some(&department.id) == room.department_id.as_ref());
    let department = department.map(|department| department.name.clone());
    let details: Vec<_> = [Some(say(room.kind.label())), department].into_iter().flatten().collect();
    view! {
        <li class="list-row">
            {icon(Icon::DoorClosed)}
            <div class="list-main">
                <p class="list-title">{room.name.clone()} " " {closed(room.is_open())}</p>
                <p class="list-detail">{details.join(" · ")}</p>
                {fold(tr!("Change"), &entry, room_fields(&entry, departments, Some(room)))}
            </div>
            {turn(("close-room", "open-room"), &room.id, room.is_open(), (&room.name, tr!("Close room")))}
        </li>
    }
    .into_any()
}

fn room_fields(entry: &Entry, departments: &[&Department], room: Option<&Room>) -> AnyView {
    let kinds = RoomKind::ALL.iter().map(|kind| (kind.word().to_owned(), say(kind.label()))).collect();
    let (name, kind) = room.map_or(("", RoomKind::Consultation), |room| (&room.name, room.kind));
    let chosen = room.and_then(|room| room.department_id.as_ref());
    let offered = departments.iter().filter(|department| department.is_open() || Some(&department.id) == chosen);
    let departments = offered.map(|department| (department.id.to_string(), department.name.clone())).collect();
    let department = chosen.map(ToString::to_string).unwrap_or_default();
    view! {
        {entry.text("name", &tr!("Name"), true, name)} {entry.select("kind", &tr!("Kind"), kinds, true, kind.word())}
        {entry.select("departmentId", &tr!("Department"), departments, false, &department)}
    }
    .into_any()
}
