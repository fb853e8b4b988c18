//! The people of the house: who they are, what they may do, where they are signed in.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::history::{Names, history};
use super::page;
use crate::hospital::branches::Branch;
use crate::hospital::departments::Department;
use crate::hospital::people::Person;
use crate::hospital::rooms::Room;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{DepartmentId, Id as _, RoomId};
use crate::journey::words::{ActorType, Role, Word};
use crate::language::say;
use crate::log::StoredEvent;
use crate::screens::attempt::Attempt;
use crate::screens::entry::{Entry, press};
use crate::screens::icon::{Icon, icon};
use crate::screens::layout::initials;
use crate::screens::parts::Column::Words;
use crate::screens::parts::{day_and_time, table};

/// Where people may work.
pub struct Places {
    /// The branches.
    pub branches: Vec<Branch>,
    /// The departments.
    pub departments: Vec<Department>,
    /// The rooms.
    pub rooms: Vec<Room>,
}

impl Places {
    fn branch_name(&self, department: &Department) -> String {
        let branch = self.branches.iter().find(|branch| branch.id == department.branch_id);
        branch.filter(|_| self.branches.len() > 1).map(|branch| format!(" · {}", branch.name)).unwrap_or_default()
    }

    /// The branches as choices.
    pub fn branch_choices(&self) -> Vec<(String, String)> {
        self.branches.iter().map(|branch| (branch.id.to_string(), branch.name.clone())).collect()
    }

    fn department_name(&self, department: &Department) -> (String, String) {
        (department.id.to_string(), format!("{}{}", department.name, self.branch_name(department)))
    }

    /// The departments as choices: those in use, and the one that was chosen before.
    pub fn department_choices(&self, chosen: Option<&DepartmentId>) -> Vec<(String, String)> {
        let offered = |department: &&Department| department.is_open() || Some(&department.id) == chosen;
        self.departments.iter().filter(offered).map(|department| self.department_name(department)).collect()
    }

    /// The rooms as choices: those in use, and the one that was chosen before.
    pub fn room_choices(&self, chosen: Option<&RoomId>) -> Vec<(String, String)> {
        let offered = self.rooms.iter().filter(|room| room.is_open() || Some(&room.id) == chosen);
        offered.map(|room| (room.id.to_string(), room.name.clone())).collect()
    }

    /// What each of them is called.
    pub fn names(&self) -> Names {
        let departments = self.departments.iter().map(|department| self.department_name(department));
        let rooms = self.rooms.iter().map(|room| (room.id.to_string(), room.name.clone()));
        self.branch_choices().into_iter().chain(departments).chain(rooms).collect()
    }
}

/// What the list shows.
pub struct People {
    /// The people, by name.
    pub people: Vec<Person>,
    /// Where they may work.
    pub places: Places,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows the list, and the form for somebody new.
pub fn people(screen: People) -> impl IntoView {
    let People { people, places, attempt } = screen;
    let entry = Entry::new("add", "", attempt.as_ref());
    let working = people.iter().filter(|person| person.active).count();
    let rows = people.iter().map(|person| row(person, &places)).collect_view();
    let kinds = [ActorType::Human, ActorType::Ai].map(|kind| (kind.word().to_owned(), say(kind.label())));
    let table = table(
        "people",
        [Words(tr!("Name")), Words(tr!("Roles")), Words(tr!("Signs in as")), Words(tr!("Place")), Words(tr!("State"))],
        rows,
    );
    let body = view! {
        <section class="card card-flush" aria-labelledby="people">
            <div class="card-head"><h2 id="people">{tr!("Who works here")}</h2></div>
            {table}
        </section>
        <section class="card" aria-labelledby="new-person">
            <h2 id="new-person">{tr!("Add a person")}</h2>
            <form method="post" class="stack">
                {entry.hidden()}
                <div class="fields">
                    {entry.text("name", &tr!("Name"), true, "")} {entry.text("signInName", &tr!("Sign-in name"), false, "")}
                    {entry.input("password", "passphrase", &tr!("Passphrase, 15 characters or more"), false, "")}
                    {entry.select("actorType", &tr!("Kind"), kinds.into(), true, ActorType::Human.word())}
                    {places_fields(&entry, &places, None)} {roles(&entry, &[])}
                </div>
                <div class="form-foot"><button class="button button-primary">{icon(Icon::UserPlus)} {tr!("Add person")}</button></div>
            </form>
        </section>
    };
    page("/admin", tr!("People"), tr!("{count} work here", count = working), body)
}

fn row(person: &Person, places: &Places) -> AnyView {
    let roles = person.roles.iter().map(|role| say(role.label())).collect::<Vec<_>>().join(", ");
    let names = places.names();
    let place = [
        person.department_id.as_ref().map(|id| id.as_str()),
        person.room_id.as_ref().map(|id| id.as_str()),
        // A department is named with its branch.
        person.branch_id.as_ref().filter(|_| person.department_id.is_none()).map(|id| id.as_str()),
    ];
    let place: Vec<_> = place.into_iter().flatten().filter_map(|id| names.get(id).cloned()).collect();
    let missing = || view! { <span class="secondary">{tr!("never")}</span> }.into_any();
    view! {
        <tr>
            <th scope="row"><a href=format!("/admin/people/{}", person.id)>{person.name.clone()}</a></th>
            <td>{roles}</td>
            <td>{person.sign_in_name.as_ref().map_or_else(missing, |name| name.to_string().into_any())}</td>
            <td>{place.join(" · ")}</td>
            <td>{state(person)}</td>
        </tr>
    }
    .into_any()
}

fn state(person: &Person) -> AnyView {
    if person.active {
        view! { <span class="tag tag-success">{icon(Icon::CircleCheck)} {tr!("Works here")}</span> }.into_any()
    } else {
        view! { <span class="tag">{icon(Icon::Lock)} {tr!("Sign-in blocked")}</span> }.into_any()
    }
}

fn places_fields(entry: &Entry, places: &Places, person: Option<&Person>) -> AnyView {
    let branch = person.and_then(|person| person.branch_id.as_ref());
    let department = person.and_then(|person| person.department_id.as_ref());
    let room = person.and_then(|person| person.room_id.as_ref());
    let (departments, rooms) = (places.department_choices(department), places.room_choices(room));
    let branch = branch.map(ToString::to_string).unwrap_or_default();
    let department = department.map(ToString::to_string).unwrap_or_default();
    let room = room.map(ToString::to_string).unwrap_or_default();
    view! {
        {entry.select("branchId", &tr!("Branch"), places.branch_choices(), false, &branch)}
        {entry.select("departmentId", &tr!("Department"), departments, false, &department)}
        {entry.select("roomId", &tr!("Room"), rooms, false, &room)}
    }
    .into_any()
}

fn roles(entry: &Entry, held: &[Role]) -> AnyView {
    let choices = Role::ALL
        .iter()
        .filter(|role| **role != Role::System)
        .map(|role| (role.word().to_owned(), say(role.label()), held.contains(role)));
    entry.ticks("roles", &tr!("Roles"), choices.collect())
}

/// What the page of one person shows.
pub struct OnePerson {
    /// The hospital.
    pub tenant: Tenant,
    /// Who it is.
    pub person: Person,
    /// Whether it is who looks.
    pub own: bool,
    /// Where they may work.
    pub places: Places,
    /// Their sessions: when each began, and when it was last active.
    pub sessions: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// What became of them.
    pub events: Vec<StoredEvent>,
    /// What ids are called.
    pub names: Names,
    /// The card with the hours in which they can be booked.
    pub hours: Option<AnyView>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows one person.
pub fn one_person(screen: OnePerson) -> impl IntoView {
    let OnePerson { tenant, person, own, places, sessions, events, names, hours, attempt } = screen;
    let details = Entry::new("details", "", attempt.as_ref());
    let held = Entry::new("roles", "", attempt.as_ref());
    let lead = match &person.sign_in_name {
        Some(name) => tr!("signs in as {name}", name),
        None => tr!("never signs in"),
    };
    let turn = match person.active {
        true if own => ().into_any(),
        true => press("leave", "", "button button-danger", view! { {icon(Icon::Lock)} {tr!("Block sign-in")} }),
        false => press("return", "", "button", view! { {icon(Icon::LogIn)} {tr!("Let in again")} }),
    };
    let body = view! {
        <section class="card patient-banner" aria-label=tr!("Person")>
            <span class="avatar avatar-large" aria-hidden="true">{initials(&person.name)}</span>
            <div class="patient-main"><p class="patient-name">{state(&person)}</p></div>
            <div class="actions">{turn}</div>
        </section>
        <div class="columns">
            <div class="stack">
                <section class="card" aria-labelledby="details">
                    <h2 id="details">{tr!("Details")}</h2>
                    <form method="post" class="stack">
                        {details.hidden()}
                        <div class="fields">
                            {details.text("name", &tr!("Name"), true, &person.name)}
                            {places_fields(&details, &places, Some(&person))}
                        </div>
                        <div class="form-foot"><button class="button button-primary">{tr!("Save details")}</button></div>
                    </form>
                </section>
                <section class="card" aria-labelledby="held">
                    <h2 id="held">{tr!("What they may do")}</h2>
                    <form method="post" class="stack">
                        {held.hidden()} {roles(&held, &person.roles)}
                        <div class="form-foot"><button class="button button-primary">{tr!("Save roles")}</button></div>
                    </form>
                </section>
                {hours}
            </div>
            <aside class="stack" aria-label=tr!("Signing in, and history")>
                {signing_in(&tenant, &person, &sessions, attempt.as_ref())}
                {history(&tenant, &events, &names)}
            </aside>
        </div>
    };
    page("/admin", person.name.clone(), lead, body)
}

fn signing_in(
    tenant: &Tenant,
    person: &Person,
    sessions: &[(DateTime<Utc>, DateTime<Utc>)],
    attempt: Option<&Arc<Attempt>>,
) -> AnyView {
    let rows = sessions
        .iter()
        .map(|(began, seen)| {
            let (began, seen) = (day_and_time(tenant, *began), day_and_time(tenant, *seen));
            view! { <li>{tr!("{time}, last active {seen}", time = began, seen)}</li> }
        })
        .collect_view();
    let none = sessions.is_empty().then(|| view! { <p class="secondary">{tr!("Signed in nowhere.")}</p> });
    let end = (!sessions.is_empty())
        .then(|| press("sessions", "", "button", view! { {icon(Icon::LogOut)} {tr!("Sign out everywhere")} }));
    let reset = person.sign_in_name.is_some().then(|| {
        let entry = Entry::new("passphrase", "", attempt);
        view! {
            <form method="post" class="stack">
                {entry.hidden()}
                {entry.input("password", "passphrase", &tr!("New passphrase, 15 characters or more"), true, "")}
                <div><button class="button">{icon(Icon::KeyRound)} {tr!("Reset passphrase")}</button></div>
            </form>
        }
    });
    // A program calls with tokens.
    let give = (person.sign_in_name.is_none() && person.actor_type == ActorType::Human).then(|| {
        let entry = Entry::new("sign-in", "", attempt);
        view! {
            <form method="post" class="stack">
                {entry.hidden()} {entry.text("signInName", &tr!("Sign-in name"), true, "")}
                {entry.input("password", "passphrase", &tr!("Passphrase, 15 characters or more"), true, "")}
                <div><button class="button">{icon(Icon::KeyRound)} {tr!("Give sign-in name")}</button></div>
            </form>
        }
    });
    view! {
        <section class="card stack" aria-labelledby="signing-in">
            <h2 id="signing-in">{tr!("Signing in")}</h2>
            <ul>{rows}</ul>
            {none} {end} {reset} {give}
        </section>
    }
    .into_any()
}
