//! A document that somebody was lent by a link: who lends it, and the one button that opens it.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

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
    let until = tr!("The link works until {time}. Each opening is recorded.", time = day_and_time(&tenant, expires_at));
    view! {
        <main class="page page-narrow stack" id="main">
            <p class="brand">{logo()} <span>"Sojourn"</span></p>
            <section class="card stack" aria-labelledby="lent">
                <h1 id="lent">{tr!("{hospital} shares a document with you", hospital = tenant.name)}</h1>
                <p>{tr!("It is for ")} <b>{shared_with}</b> {tr!(". Whoever else has this link should throw it away.")}</p>
                <p class="secondary">{until}</p>
                <form method="post">
                    <button class="button button-primary button-large">{icon(Icon::Download)} {tr!("Open the document")}</button>
                </form>
            </section>
        </main>
    }
}
