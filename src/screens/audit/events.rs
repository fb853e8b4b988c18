//! The log as the auditor reads it: every event with its link, and the proof that the links hold.

use std::collections::BTreeMap;

use leptos::prelude::*;
use tr::tr;

use super::tabs;
use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::ids::PersonId;
use crate::journey::words::Word;
use crate::language::{number, say};
use crate::log::{Broken, StoredEvent, Verified};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::Column::{Number, Words};
use crate::screens::parts::{day_and_time, empty, query_text, table};

/// A page of the log.
pub struct Events {
    /// The hospital.
    pub tenant: Tenant,
    /// What everybody is called.
    pub names: BTreeMap<PersonId, String>,
    /// Whether visits may be opened from here.
    pub opens_visits: bool,
    /// What the page is narrowed to.
    pub asked: Asked,
    /// The last position in the log.
    pub head: i64,
    /// The events, in their order.
    pub events: Vec<StoredEvent>,
    /// The position after which the page before this one begins.
    pub earlier: Option<i64>,
    /// The position after which it goes on.
    pub next: Option<i64>,
    /// The proof that was just made.
    pub proof: Option<Proof>,
}

/// What a page of the log is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// One type of event; empty for all.
    pub event_type: String,
    /// Who performed them.
    pub person: Option<PersonId>,
    /// Only what comes after this position.
    pub after: Option<i64>,
}

/// What came of a proof.
pub enum Proof {
    /// Every link holds.
    Holds(Verified),
    /// One does not.
    Broken(Broken),
    /// Somebody else has one made.
    Busy,
}

/// Shows the page.
pub fn events(page: Events) -> impl IntoView {
    let lead = tr!("{count} events, each linked to the one before it by its hash", count = number(page.head));
    view! {
        <main class="page stack" id="main">
            {tabs("/audit/events")}
            <div class="page-head">
                <div>
                    <h1>{tr!("Log")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
                <form method="post" class="actions">
                    <button class="button">{icon(Icon::ShieldCheck)} {tr!("Prove the chain")}</button>
                </form>
            </div>
            {page.proof.as_ref().map(proof)}
            {filters(&page)}
            {list(&page)}
        </main>
    }
}

fn proof(proof: &Proof) -> AnyView {
    let (class, sign, words) = match proof {
        Proof::Holds(verified) => (
            "notice notice-success",
            Icon::ShieldCheck,
            tr!(
                "Intact: all {count} events hash to {hash}.",
                count = number(verified.events),
                hash = verified.last_hash
            ),
        ),
        Proof::Broken(broken) => {
            ("notice notice-problem", Icon::TriangleAlert, tr!("The log was changed. At {place}.", place = broken))
        }
        Proof::Busy => {
            ("notice notice-warning", Icon::TriangleAlert, tr!("A proof is being made. Wait a little, then ask again."))
        }
    };
    view! { <div class=class role="status">{icon(sign)} <p class="break-anywhere">{words}</p></div> }.into_any()
}

fn filters(page: &Events) -> AnyView {
    let mut people: Vec<_> = page.names.iter().collect();
    people.sort_by_key(|(_, name)| name.to_lowercase());
    let people = people
        .into_iter()
        .map(|(id, name)| {
            let chosen = page.asked.person.as_ref() == Some(id);
            view! { <option value=id.to_string() selected=chosen>{name.clone()}</option> }
        })
        .collect_view();
    view! {
        <form class="card stack" aria-label=tr!("Narrow the list") action="/audit/events">
            <div class="fields">
                <div class="field">
                    <label for="type">{tr!("Type of event")}</label>
                    <input id="type" name="type" list="types" value=page.asked.event_type.clone() maxlength="100"/>
                    <datalist id="types">
                        {EventType::ALL.iter().map(|event| view! { <option value=event.word()></option> }).collect_view()}
                    </datalist>
                </div>
                <div class="field">
                    <label for="person">{tr!("Who performed it")}</label>
                    <select id="person" name="person">
                        <option value="">{tr!("Everybody")}</option>
                        {people}
                    </select>
                </div>
                <div class="field">
                    <label for="after">{tr!("After position")}</label>
                    <input id="after" name="after" class="number" inputmode="numeric" value=page.asked.after.map(|after| after.to_string())/>
                </div>
            </div>
            <div class="actions">
                <button class="button button-primary">{tr!("Show")}</button>
                <a class="button" href="/audit/events">{tr!("Show the latest")}</a>
            </div>
        </form>
    }
    .into_any()
}

fn list(page: &Events) -> AnyView {
    if page.events.is_empty() {
        return view! {
            <section class="card" aria-label=tr!("Events")>
                {empty(Icon::History, tr!("No event"), tr!("Choose another type, person or position."))}
            </section>
        }
        .into_any();
    }
    let rows = page.events.iter().map(|stored| row(page, stored)).collect_view();
    let turn = |after: Option<i64>, sign, name: String| {
        after.map(|after| {
            let person = page.asked.person.as_ref().map(ToString::to_string).unwrap_or_default();
            let event_type = query_text(&page.asked.event_type);
            let href = format!("/audit/events?type={event_type}&person={person}&after={after}");
            view! { <a class="button" href=href>{icon(sign)} {name}</a> }
        })
    };
    let turns = (page.earlier.is_some() || page.next.is_some()).then(|| {
        let earlier = turn(page.earlier, Icon::ArrowLeft, tr!("Earlier"));
        let later = turn(page.next, Icon::ArrowRight, tr!("Later"));
        view! { <div class="card-foot row">{earlier} {later}</div> }
    });
    let table = table(
        "events",
        [
            Number(tr!("Position")),
            Words(tr!("Event")),
            Words(tr!("Of")),
            Words(tr!("Who")),
            Words(tr!("time" => "Done")),
            Words(tr!("Logged")),
            Words(tr!("Hash")),
        ],
        rows,
    );
    view! {
        <section class="card card-flush" aria-labelledby="events">
            <div class="card-head"><h2 id="events">{tr!("Events")}</h2></div>
            {table}
            {turns}
        </section>
    }
    .into_any()
}

fn row(page: &Events, stored: &StoredEvent) -> AnyView {
    let event = &stored.event;
    let label = EventType::from_word(&event.event_type).map(|event| say(event.label()));
    let of = match &event.visit_id {
        Some(visit) if page.opens_visits => {
            view! { <a href=format!("/visits/{visit}?version={}", event.version)>{visit.to_string()}</a> }.into_any()
        }
        _ => view! { <span>{event.aggregate_id.clone()}</span> }.into_any(),
    };
    let who = page.names.get(&event.performed_by).cloned().unwrap_or_else(|| event.performed_by.to_string());
    // On a tablet a time has room for two lines: the day, and the hour.
    let when = |at| {
        let words = day_and_time(&page.tenant, at);
        words.rsplit_once(' ').map(|(day, hour)| format!("{} {hour}", day.replace(' ', "\u{a0}"))).unwrap_or(words)
    };
    let hash = stored.hash.to_string();
    let short = hash.get(..12).unwrap_or_default().to_owned();
    view! {
        <tr>
            <td class="number">{number(stored.position)}</td>
            <th scope="row">{label.unwrap_or_else(|| tr!("Other event"))} <span class="sub">{event.event_type.clone()}</span></th>
            <td>{of} <span class="sub">{tr!("{kind}, version {version}", kind = event.aggregate_type, version = event.version)}</span></td>
            <td>{who}</td>
            <td>{when(event.performed_at)}</td>
            <td>{when(stored.recorded_at)}</td>
            <td><code class="nowrap" title=hash>{short}</code></td>
        </tr>
    }
    .into_any()
}
