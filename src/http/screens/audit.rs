//! `/audit`: who saw which patient's data, and what was refused.

use std::collections::BTreeMap;

use axum::response::Response;
use chrono::NaiveDate;
use tr::tr;

use crate::db::new_id;
use crate::hospital::patients::{self, Patient};
use crate::hospital::people;
use crate::http::desk::{Desk, Failure};
use crate::http::seen::Seen;
use crate::journey::ids::{Id, PatientId, PersonId};
use crate::log::access::{self, Access, Cursor, Filter};
use crate::log::refused;
use crate::screens::audit::{Asked, Audit, audit};
use crate::screens::layout::AUDIT;
use crate::screens::parts::query_text;

/// How many accesses stand on a page.
const ROWS: u32 = 100;
/// How many refused attempts are shown.
const REFUSED: u32 = 50;

/// Shows the latest accesses, or those that the address narrows them to.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    desk.needs(AUDIT)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let day = |name| desk.query(name).and_then(|day| day.parse::<NaiveDate>().ok());
    let mut asked = Asked {
        person: desk.query("person").and_then(|person| PersonId::parse(person).ok()),
        mrn: desk.query("mrn").unwrap_or_default().trim().to_owned(),
        unknown: false,
        from: day("from"),
        to: day("to"),
    };
    let patient = match asked.mrn.as_str() {
        "" => None,
        mrn => match patients::by_mrn(db, tenant, mrn).await? {
            Some(patient) => Some(patient.id),
            None => {
                asked.unknown = true;
                Some(new_id())
            }
        },
    };
    let filter = Filter {
        patient,
        person: asked.person.clone(),
        from: asked.from.map(|day| desk.tenant.day_bounds(day).start),
        before: asked.to.map(|day| desk.tenant.day_bounds(day).end),
    };
    let after = desk.query("after").and_then(access::read_cursor);
    // What was seen just now is to be seen here too.
    desk.app.accesses.flush().await;
    let (accesses, next) = page(&desk, &filter, after.as_ref()).await?;
    let data = Audit {
        tenant: desk.tenant.clone(),
        names: people::names(db, tenant).await?,
        patients: patients_of(&desk, &accesses).await?,
        older: next.map(|next| address(&asked, &next)),
        refused: refused::list(db, tenant, None, REFUSED).await?,
        accesses,
        asked,
    };
    desk.show(tr!("Audit"), Seen::AccessLog, None, move || audit(data)).await
}

async fn page(desk: &Desk, filter: &Filter, after: Option<&Cursor>) -> Result<(Vec<Access>, Option<String>), Failure> {
    let mut accesses = access::list(desk.db(), &desk.tenant.id, filter, after, ROWS + 1).await?;
    let goes_on = accesses.len() > ROWS as usize;
    accesses.truncate(ROWS as usize);
    let next = accesses.last().filter(|_| goes_on).map(Access::cursor);
    Ok((accesses, next))
}

/// The address of the page that goes on.
fn address(asked: &Asked, next: &str) -> String {
    let person = asked.person.as_ref().map(ToString::to_string).unwrap_or_default();
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let (mrn, from, to) = (query_text(&asked.mrn), day(asked.from), day(asked.to));
    format!("/audit?person={person}&mrn={mrn}&from={from}&to={to}&after={next}")
}

/// Whose data was seen; nobody for who may not know them.
async fn patients_of(desk: &Desk, accesses: &[Access]) -> Result<BTreeMap<PatientId, Patient>, Failure> {
    let mut found = BTreeMap::new();
    if !desk.reader().reads_patients() {
        return Ok(found);
    }
    for id in accesses.iter().filter_map(|access| access.patient_id.as_ref()) {
        if !found.contains_key(id)
            && let Some(patient) = patients::by_id(desk.db(), &desk.tenant.id, id).await?
        {
            found.insert(id.clone(), patient);
        }
    }
    Ok(found)
}
