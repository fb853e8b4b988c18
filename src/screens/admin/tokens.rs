//! Tokens for programs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

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
        empty(Icon::KeyRound, "No tokens yet", "A program calls the API with a token that acts for one person.")
    } else {
        view! { <ul class="list">{rows}</ul> }.into_any()
    };
    let secret = secret.map(|secret| {
        view! {
            <div class="notice notice-success" role="status">
                <h2 class="notice-title">{icon(Icon::KeyRound)} "Copy this token now; it is shown only once"</h2>
                <p><code>{secret}</code></p>
            </div>
        }
    });
    let days = [("30", "30 days"), ("90", "90 days"), ("365", "a year")];
    let days = days.map(|(value, words)| (value.to_owned(), words.to_owned()));
    let body = view! {
        {secret}
        <section class="card card-flush" aria-labelledby="tokens">
            <div class="card-head"><h2 id="tokens">"Tokens"</h2></div>
            {list}
        </section>
        <section class="card" aria-labelledby="new-token">
            <h2 id="new-token">"Make a token"</h2>
            <form method="post" class="stack">
                {entry.hidden()}
                <div class="fields">
                    {entry.text("label", "What it is for", true, "")}
                    {entry.select("personId", "Whom it acts for", people, true, "")}
                    {entry.select("days", "How long it lasts", days.into(), true, "90")}
                </div>
                <div class="form-foot"><button class="button button-primary">{icon(Icon::Plus)} "Make token"</button></div>
            </form>
        </section>
    };
    page("/admin/tokens", "Tokens for programs".to_owned(), format!("{count} in use"), body)
}

fn row(tenant: &Tenant, token: &Token, names: &Names, now: DateTime<Utc>) -> AnyView {
    let for_whom = names.get(token.person_id.as_str()).cloned().unwrap_or_default();
    let ends = match (token.revoked_at, token.expires_at) {
        (Some(revoked), _) => format!("withdrawn {}", day_and_time(tenant, revoked)),
        (None, Some(end)) if end <= now => format!("ran out {}", day_and_time(tenant, end)),
        (None, Some(end)) => format!("until {}", day_and_time(tenant, end)),
        (None, None) => "for ever".to_owned(),
    };
    let details = format!("for {for_whom} · made {} · {ends}", day_and_time(tenant, token.created_at));
    let usable = token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now);
    view! {
        <li class="list-row">
            {icon(Icon::KeyRound)}
            <div class="list-main">
                <p class="list-title">{token.label.clone()}</p>
                <p class="list-detail">{details}</p>
            </div>
            {usable.then(|| press("revoke", &token.id, "button button-compact button-danger", "Withdraw"))}
        </li>
    }
    .into_any()
}
