//! Screens that keep themselves up to date: what they listen to, and where they fetch themselves anew.

use std::sync::Arc;

use axum::http::Method;
use axum::http::request::Parts;

use super::desk::Desk;
use crate::journey::ids::TenantId;
use crate::live::{Live, Pace, Topic};
use crate::screens::attempt::Attempt;
use crate::screens::layout::Listening;
use crate::screens::parts::query_text;

/// The header of a screen that fetches itself anew.
pub(super) const REFRESH: &str = "x-refresh";

/// What keeps a screen up to date.
#[derive(Clone, Debug)]
pub(super) struct Liveliness {
    /// Whether the screen itself is asked for, and nothing is sent to it.
    is_asked_for: bool,
    /// How far live updates were told, at each pace, before anything was read.
    positions: [Option<i64>; Pace::ALL.len()],
    topics: Vec<Topic>,
    /// What else the address says that stays with what is shown.
    fixed: Option<(&'static str, String)>,
    pub(super) reloads: bool,
}

impl Liveliness {
    /// That of a request, to be asked for before anything is read.
    pub(super) fn of(parts: &Parts, tenant: &TenantId) -> Self {
        Self {
            is_asked_for: parts.method == Method::GET,
            positions: Pace::ALL.map(|pace| parts.extensions.get::<Live>()?.position(tenant, pace)),
            topics: Vec::new(),
            fixed: None,
            reloads: false,
        }
    }
}

impl Desk {
    /// Keeps the screen up to date while it is looked at. One of the past stays as it is, and so does one that answers a form.
    pub fn live(mut self, topics: impl IntoIterator<Item = Topic>) -> Self {
        self.live.topics.extend(topics);
        self
    }

    /// Keeps the screen with what it shows, which without this would be chosen anew.
    pub fn fixed_on(mut self, name: &'static str, value: Option<String>) -> Self {
        self.live.fixed = value.map(|value| (name, value));
        self
    }

    /// Has the screen loaded again now and then where there is no JavaScript; not one that somebody types in.
    pub fn reloads(mut self, reloads: bool) -> Self {
        self.live.reloads = reloads;
        self
    }

    /// What the screen listens to.
    pub(super) fn listening(&self, attempt: Option<&Arc<Attempt>>) -> Option<Listening> {
        let is_live = self.live.is_asked_for && attempt.is_none() && matches!(self.until(), Ok(None));
        if self.live.topics.is_empty() || !is_live {
            return None;
        }
        let topics: Vec<_> = self.live.topics.iter().map(ToString::to_string).collect();
        let page = match &self.live.fixed {
            Some((name, value)) => self.address_with(&["logged", "done", name], Some((name, value))),
            None => self.address_with(&["logged", "done"], None),
        };
        let after = self.live.positions[Pace::of(&self.live.topics) as usize];
        Some(Listening { address: format!("/live?topics={}", topics.join(",")), after, page })
    }

    /// The address of the screen without some of what it says, and with something else.
    pub(super) fn address_with(&self, without: &[&str], with: Option<(&str, &str)>) -> String {
        let kept = self.query.0.iter().filter(|(name, _)| !without.contains(&name.as_str()));
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str())).chain(with);
        let query = kept.map(|(name, value)| format!("{}={}", query_text(name), query_text(value)));
        match query.collect::<Vec<_>>().join("&") {
            empty if empty.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }
}
