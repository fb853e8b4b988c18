//! `/audit/events`: every event of the log, and the proof that nobody changed one.

use axum::response::Response;
use tokio::sync::Semaphore;
use tr::tr;

use crate::hospital::people;
use crate::http::desk::{Desk, Failure};
use crate::http::seen::Seen;
use crate::journey::ids::{Id, PersonId};
use crate::log::{self, Filter, Unverified};
use crate::screens::audit::events::{Asked, Events, Proof, events};
use crate::screens::layout::AUDIT;

/// How many events stand on a page.
const ROWS: u32 = 100;

/// A proof reads the whole log, so one is made at a time.
static PROVING: Semaphore = Semaphore::const_new(1);

/// Shows a page of the log.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None).await
}

/// Recomputes every link of the log.
pub async fn prove(desk: Desk) -> Result<Response, Failure> {
    desk.needs(AUDIT)?;
    let proof = match PROVING.try_acquire() {
        Err(_) => Proof::Busy,
        Ok(_turn) => match log::verify(desk.db(), &desk.tenant.id).await {
            Ok(verified) => Proof::Holds(verified),
            Err(Unverified::Broken(broken)) => Proof::Broken(broken),
            Err(Unverified::Database(error)) => return Err(error.into()),
        },
    };
    page(desk, Some(proof)).await
}

async fn page(desk: Desk, proof: Option<Proof>) -> Result<Response, Failure> {
    desk.needs(AUDIT)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let head = log::position(db, tenant).await?;
    let text = |name| desk.query(name).map(str::trim).unwrap_or_default();
    let mut asked = Asked {
        event_type: text("type").to_owned(),
        person: PersonId::parse(text("person")).ok(),
        // Copied from a page, a position has commas.
        after: text("after").replace(',', "").parse().ok().filter(|after| *after >= 0),
    };
    let filter = if asked.event_type.is_empty() { Filter::All } else { Filter::Type(asked.event_type.clone()) };
    let whole = filter == Filter::All && asked.person.is_none();
    if asked.after.is_none() && whole {
        asked.after = Some((head - i64::from(ROWS)).max(0));
    }
    let mut found = match (&asked.person, filter) {
        (None, filter) => log::page(db, tenant, &filter, asked.after, ROWS + 1).await?,
        (Some(person), Filter::All) => {
            log::page(db, tenant, &Filter::Performer(person.clone()), asked.after, ROWS + 1).await?
        }
        (Some(person), filter) => log::own_page(db, tenant, person, &filter, asked.after, ROWS + 1).await?,
    };
    let goes_on = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    // Only in the whole log do positions tell how many come before.
    let begins = found.first().map_or(head, |first| first.position - 1).min(head);
    let data = Events {
        tenant: desk.tenant.clone(),
        names: people::names(db, tenant).await?,
        opens_visits: desk.reader().reads_patients(),
        next: found.last().filter(|_| goes_on).map(|last| last.position),
        earlier: (whole && begins > 0).then(|| (begins - i64::from(ROWS)).max(0)),
        head,
        events: found,
        asked,
        proof,
    };
    desk.show(tr!("Log"), Seen::List, None, move || events(data)).await
}
