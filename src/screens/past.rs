//! What marks a screen as one of the past, and where its moment is chosen.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::icon::{Icon, icon};
use super::parts::day_and_time;
use crate::hospital::tenants::Tenant;
use crate::projections::visits::VisitRow;
use crate::record::past::Then;

/// The past moment that a screen shows.
#[derive(Clone, Debug)]
pub struct Past {
    /// The hospital, whose clock it is told on.
    pub tenant: Tenant,
    /// The moment.
    pub moment: DateTime<Utc>,
    /// The step of a visit that was asked for instead of a moment, by its number.
    pub step: Option<i64>,
    /// The last event of the hospital's log that counts, where one was asked for, by its position.
    pub position: Option<i64>,
    /// The address of the same screen now.
    pub now: String,
}

impl Past {
    /// How far the hospital's log is told.
    pub fn then(&self) -> Then {
        Then { moment: self.moment, position: self.position }
    }
}

/// Says plainly that a screen shows the past; nothing in the present.
pub fn banner(past: Option<&Past>) -> AnyView {
    let Some(past) = past else { return ().into_any() };
    let moment = day_and_time(&past.tenant, past.moment);
    let words = match (past.step, past.position) {
        (Some(step), _) => tr!("As it was after step {step}, logged on {moment}.", step, moment),
        (None, Some(position)) => {
            tr!("As it was after event {position} of the log, on {moment}.", position, moment)
        }
        (None, None) => tr!("As it was known on {moment}.", moment),
    };
    view! {
        <div class="notice notice-warning notice-line" role="status" id="past">
            {icon(Icon::History)}
            <p>{words} " " {tr!("Nothing can be logged here.")}</p>
            <a href=past.now.clone()>{tr!("Back to now")}</a>
        </div>
    }
    .into_any()
}

/// Where another moment is chosen; `kept` is what else the address says.
pub fn chooser(tenant: &Tenant, now: DateTime<Utc>, past: Option<&Past>, kept: &[(&'static str, String)]) -> AnyView {
    let typed = |moment: DateTime<Utc>| tenant.local(moment).format("%Y-%m-%dT%H:%M").to_string();
    let chosen = past.map_or(now, |past| past.moment);
    let kept =
        kept.iter().map(|(name, value)| view! { <input type="hidden" name=*name value=value.clone()/> }).collect_view();
    view! {
        <details class="menu" name="menu">
            <summary class="button button-compact chevron">{icon(Icon::History)} {tr!("Earlier")}</summary>
            <form class="menu-panel stack stack-tight menu-form">
                {kept}
                <div class="field">
                    <label for="as-of">{tr!("As it was on")}</label>
                    <input type="datetime-local" id="as-of" name="asOf" value=typed(chosen) required/>
                </div>
                <button class="button button-primary button-wide">{tr!("Show")}</button>
            </form>
        </details>
    }
    .into_any()
}

/// An address of a board or a list that stays in the past which a screen of the same log shows.
pub fn address(past: Option<&Past>, address: String) -> String {
    match past.and_then(|past| past.position) {
        Some(position) => with(&address, &format!("version={position}")),
        None => match past {
            Some(past) => with(&address, &format!("asOf={}", past.moment.format("%Y-%m-%dT%H:%M:%S%.3fZ"))),
            None => address,
        },
    }
}

/// The address of a visit as a screen shows it: at a position of the log, what a visit calls a version is its own last step by then.
pub fn address_of_visit(past: Option<&Past>, visit: &VisitRow) -> String {
    let page = format!("/visits/{}", visit.visit_id);
    match past.and_then(|past| past.position) {
        Some(_) => with(&page, &format!("version={}", visit.version)),
        None => address(past, page),
    }
}

fn with(address: &str, query: &str) -> String {
    let join = if address.contains('?') { '&' } else { '?' };
    format!("{address}{join}{query}")
}
