//! The first page, until the screens are there.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::journey::wording::human_duration;

/// Says that the server is up, and since when.
pub fn welcome(up_since: DateTime<Utc>) -> impl IntoView {
    let up_for = human_duration((Utc::now() - up_since).num_seconds());
    view! {
        <main>
            <h1>{icon(Icon::Route)} "Sojourn"</h1>
            <p>"Open for " <time data-since=up_since.to_rfc3339()>{up_for}</time></p>
        </main>
    }
}
