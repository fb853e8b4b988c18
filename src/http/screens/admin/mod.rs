//! `/admin`: the house, changed by who administers it; every change is an event.

mod hours;
pub mod house;
pub mod people;
pub mod rules;
pub mod tariff;
pub mod tokens;

use crate::hospital::{branches, departments, people as working, rooms};
use crate::http::desk::{Desk, Failure};
use crate::http::form::Values;
use crate::journey::ids::Id;
use crate::screens::admin::history::Names;
use crate::screens::admin::people::Places;

/// Where people may work.
async fn places(desk: &Desk) -> Result<Places, Failure> {
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    Ok(Places {
        branches: branches::list(db, tenant).await?,
        departments: departments::list(db, tenant).await?,
        rooms: rooms::list(db, tenant).await?,
    })
}

/// What everything of the house is called, by its id.
async fn names(desk: &Desk, places: &Places) -> Result<Names, Failure> {
    let people = working::names(desk.db(), &desk.tenant.id).await?;
    let mut names = places.names();
    names.extend(people.into_iter().map(|(id, name)| (id.to_string(), name)));
    Ok(names)
}

/// The id that was chosen in a field; none when nothing was.
fn chosen<I: Id>(values: &Values, field: &str) -> Option<I> {
    I::parse(values.get(field)?).ok()
}

/// What was typed in a field, perhaps nothing.
fn typed(values: &Values, field: &str) -> String {
    values.get(field).unwrap_or_default().to_owned()
}

/// The id in an address.
fn named<I: Id>(id: &str) -> Result<I, Failure> {
    I::parse(id).map_err(|_| Failure::NotFound)
}
