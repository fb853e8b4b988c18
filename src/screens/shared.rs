//! A document that somebody was lent by a link: who lends it, and the one button that opens it.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::layout::logo;
use super::parts::day_and_time;
use crate::hospital::tenants::Tenant;

/// What the page says before the document is opened.
pub struct Shared {
    /// The hospital.
    pub tenant: Tenant,
    /// For whom it is.
    pub shared_with: String,
    /// Until when the link works.
    pub expires_at: DateTime<Utc>,
}

/// Shows who lends the document; it is opened by a button, so that programs that look at links open nothing.
pub fn shared(shared: Shared) -> impl IntoView {
    let Shared { tenant, shared_with, expires_at } = shared;
    view! {
        <main class="page page-narrow stack" id="main">
            <p class="brand">{logo()} <span>"Sojourn"</span></p>
            <section class="card stack" aria-labelledby="lent">
                <h1 id="lent">{tenant.name.clone()} " shares a document with you"</h1>
                <p>"It is for " <b>{shared_with}</b> ". Whoever else has this link should throw it away."</p>
                <p class="secondary">"The link works until " {day_and_time(&tenant, expires_at)} ". Each opening is recorded."</p>
                <form method="post">
                    <button class="button button-primary button-large">{icon(Icon::Download)} "Open the document"</button>
                </form>
            </section>
        </main>
    }
}
