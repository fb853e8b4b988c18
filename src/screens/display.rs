//! The waiting room's display: tokens and places, large enough for the last row.

use chrono::{DateTime, Offset as _, Utc};
use leptos::prelude::*;
use tr::tr;

use super::icon::{Icon, icon};
use super::layout::{Listening, live_sign};
use super::parts::clock_time;
use crate::hospital::branches::Branch;
use crate::hospital::tenants::Tenant;
use crate::islands::Bell;
use crate::journey::words::Station;
use crate::language::{duration, say};
use crate::projections::calls::{Called, Waiting};

/// How many tokens of a station are shown before their turn.
const NEXT: usize = 5;

/// What the display shows.
pub struct Display {
    /// The hospital.
    pub tenant: Tenant,
    /// The house that the room is in.
    pub branch: Branch,
    /// The latest calls, the newest first.
    pub calls: Vec<Called>,
    /// Who waits at each station, in the order they are to be called.
    pub next: Vec<(Station, Vec<Waiting>)>,
    /// What keeps it up to date.
    pub listening: Listening,
    /// The moment shown.
    pub now: DateTime<Utc>,
}

/// Shows the display.
pub fn display(display: Display) -> impl IntoView {
    let Display { tenant, branch, calls, next, listening, now } = display;
    let offset = tenant.local(now).offset().fix().local_minus_utc();
    let mut calls = calls.into_iter();
    let newest = calls.next();
    view! {
        <div class="display">
            <header class="display-head">
                <h1>{tenant.name.clone()} " · " {branch.name}</h1>
                <div class="display-signs">
                    <button type="button" class="display-switch" data-switch="chime" aria-pressed="false" data-silent=tr!("Chime: touch to allow sound")>
                        {tr!("Chime")}
                    </button>
                    <button type="button" class="display-switch" data-switch="speech" aria-pressed="false" data-silent=tr!("Speech: touch to allow sound")>
                        {tr!("Speech")}
                    </button>
                    <Bell/>
                    {live_sign(listening)}
                    <time class="display-clock" data-clock=offset.to_string()>{clock_time(&tenant, now)}</time>
                </div>
            </header>
            <main id="main" class="display-main">
                <section class="display-now" aria-label=tr!("Called now")>{newest_call(newest)}</section>
                <section class="display-before" aria-labelledby="before">
                    <h2 id="before">{tr!("Called before")}</h2>
                    <ol class="display-list">{calls.map(call_before).collect_view()}</ol>
                </section>
                <section class="display-next" aria-label=tr!("Next")>{next_tokens(&next)} {waits(&next, now)}</section>
                <p class="display-stale" role="alert">
                    {icon(Icon::TriangleAlert)} {tr!("This display is not up to date. Please ask at the desk.")}
                </p>
            </main>
        </div>
    }
}

fn newest_call(call: Option<Called>) -> AnyView {
    let Some(call) = call else {
        return view! { <p class="display-nobody">{tr!("Nobody has been called yet")}</p> }.into_any();
    };
    let words = spoken(&call);
    view! {
        <div class="display-call" data-row=call.position.to_string() data-say=words>
            <p class="display-token">{call.token}</p>
            {call.place.map(|place| view! { <p class="display-place">{icon(Icon::ArrowRight)} {place}</p> })}
        </div>
    }
    .into_any()
}

fn call_before(call: Called) -> impl IntoView {
    let words = spoken(&call);
    view! {
        <li data-row=call.position.to_string() data-say=words>
            <span>{call.token}</span>
            <span class="display-where">{call.place}</span>
        </li>
    }
}

/// A call as it is spoken: the letters one by one, the number without its noughts.
fn spoken(call: &Called) -> String {
    let (letters, number) = call.token.split_once('-').unwrap_or((&call.token, ""));
    let letters = letters.chars().map(String::from).collect::<Vec<_>>().join(" ");
    let token = format!("{letters} {}", number.trim_start_matches('0'));
    let token = token.trim_end();
    match &call.place {
        Some(place) => tr!("Token {token}, please go to {place}.", token, place),
        None => tr!("Token {token}, please come to the desk.", token),
    }
}

fn next_tokens(next: &[(Station, Vec<Waiting>)]) -> AnyView {
    let stations = next.iter().filter(|(_, waiting)| !waiting.is_empty());
    let rows = stations
        .map(|(station, waiting)| {
            let label = if *station == Station::Consultation { tr!("Next") } else { say(station.label()) };
            let tokens = waiting.iter().take(NEXT);
            view! {
                <div class="display-station">
                    <h2>{label}</h2>
                    <ol class="display-list">{tokens.map(|waiting| view! { <li data-row=waiting.token.clone()>{waiting.token.clone()}</li> }).collect_view()}</ol>
                </div>
            }
        })
        .collect_view();
    view! { <div class="display-stations">{rows}</div> }.into_any()
}

/// How long those wait who are there now: the shortest and the longest.
fn waits(next: &[(Station, Vec<Waiting>)], now: DateTime<Utc>) -> AnyView {
    let consultation = next.iter().filter(|(station, _)| *station == Station::Consultation);
    let mut since: Vec<_> = consultation.flat_map(|(_, waiting)| waiting).map(|waiting| waiting.since).collect();
    since.sort_unstable();
    let (Some(longest), Some(shortest)) = (since.first(), since.last()) else { return ().into_any() };
    let ticking = |since: &DateTime<Utc>| {
        let words = duration((now - *since).num_seconds().max(0));
        view! { <time data-since=since.to_rfc3339()>{words}</time> }
    };
    view! {
        <p class="display-waits">{tr!("Waiting now ")} {(since.len() > 1).then(|| view! { {ticking(shortest)} {tr!(" to ")} })} {ticking(longest)}</p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_spoken_as_a_person_would() {
        let call = |token: &str, place: Option<&str>| Called {
            position: 1,
            token: token.to_owned(),
            place: place.map(ToOwned::to_owned),
            at: DateTime::UNIX_EPOCH,
        };
        assert_eq!(spoken(&call("C-031", Some("Room 4"))), "Token C 31, please go to Room 4.");
        assert_eq!(spoken(&call("GM-100", None)), "Token G M 100, please come to the desk.");
    }
}
