//! Tokens for programs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::history::Names;
use super::page;
use crate::hospital::tenants::Tenant;
use crate::hospital::tokens::Token;
use crate::journey::ids::Id as _;
use crate::screens::attempt::Attempt;
use crate::screens::entry::{Entry, press};
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{day_and_time, empty};

/// What the screen shows.
pub struct Tokens {
    /// The hospital.
    pub tenant: Tenant,
    /// The tokens, the newest first.
    pub tokens: Vec<Token>,
    /// Whom a token may act for.
    pub people: Vec<(String, String)>,
    /// What ids are called.
    pub names: Names,
    /// A token made just now, in the clear.
    pub secret: Option<String>,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows the tokens.
pub fn tokens(screen: Tokens) -> impl IntoView {
    let Tokens { tenant, tokens, people, names, secret, now, attempt } = screen;
    let entry = Entry::new("create", "", attempt.as_ref());
    let live = |token: &&Token| token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now);
    let count = tokens.iter().filter(live).count();
    let rows = tokens.iter().map(|token| row(&tenant, token, &names, now)).collect_view();
    let list = if tokens.is_empty() {
        empty(
            Icon::KeyRound,
            tr!("No tokens yet"),
            tr!("A program calls the API with a token that acts for one person."),
        )
    } else {
        view! { <ul class="list">{rows}</ul> }.into_any()
    };
    let secret = secret.map(|secret| {
        view! {
            <div class="notice notice-success" role="status">
                <h2 class="notice-title">{icon(Icon::KeyRound)} {tr!("Copy this token now; it is shown only once")}</h2>
                <p><code>{secret}</code></p>
            </div>
        }
    });
    let days = [("30", tr!("30 days")), ("90", tr!("90 days")), ("365", tr!("a year"))];
    let days = days.map(|(value, words)| (value.to_owned(), words));
    let body = view! {
        {secret}
        <section class="card card-flush" aria-labelledby="tokens">
            <div class="card-head"><h2 id="tokens">{tr!("Tokens")}</h2></div>
            {list}
        </section>
        <section class="card" aria-labelledby="new-token">
            <div class="card-head"><h2 id="new-token">{tr!("Make a token")}</h2> <a href="/api/docs">{tr!("What programs can do")}</a></div>
            <form method="post" class="stack">
                {entry.hidden()}
                <div class="fields">
                    {entry.text("label", &tr!("What it is for"), true, "")}
                    {entry.select("personId", &tr!("Whom it acts for"), people, true, "")}
                    {entry.select("days", &tr!("How long it lasts"), days.into(), true, "90")}
                </div>
                <div class="form-foot"><button class="button button-primary">{icon(Icon::Plus)} {tr!("Make token")}</button></div>
            </form>
        </section>
    };
    page("/admin/tokens", tr!("Tokens for programs"), tr!("{count} in use", count), body)
}

fn row(tenant: &Tenant, token: &Token, names: &Names, now: DateTime<Utc>) -> AnyView {
    let for_whom = names.get(token.person_id.as_str()).cloned().unwrap_or_default();
    let end = token.expires_at.map(|end| day_and_time(tenant, end)).unwrap_or_default();
    let made = day_and_time(tenant, token.created_at);
    let details = match (token.revoked_at, token.expires_at) {
        (Some(revoked), _) => {
            let revoked = day_and_time(tenant, revoked);
            tr!("for {person} · made {made} · withdrawn {time}", person = for_whom, made, time = revoked)
        }
        (None, Some(at)) if at <= now => {
            tr!("for {person} · made {made} · ran out {time}", person = for_whom, made, time = end)
        }
        (None, Some(_)) => tr!("for {person} · made {made} · until {time}", person = for_whom, made, time = end),
        (None, None) => tr!("for {person} · made {made} · for ever", person = for_whom, made),
    };
    let usable = token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now);
    view! {
        <li class="list-row">
            {icon(Icon::KeyRound)}
            <div class="list-main">
                <p class="list-title">{token.label.clone()}</p>
                <p class="list-detail">{details}</p>
            </div>
            {usable.then(|| press("revoke", &token.id, "button button-compact button-danger", tr!("Withdraw")))}
        </li>
    }
    .into_any()
}
