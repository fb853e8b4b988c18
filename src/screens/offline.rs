//! The laboratory's shell: what a tablet opens without network. The browser keeps it, so there is nothing on it of anybody.

use leptos::prelude::*;
use tr::tr;

use super::icon::{Icon, icon};
use super::layout::logo;
use crate::islands::offline::Bench;

/// Shows the shell.
pub fn shell() -> impl IntoView {
    view! {
        <a class="skip-link" href="#main">{tr!("Skip to the content")}</a>
        <header class="masthead touch">
            <a class="brand" href="/lab">{logo()} <span>"Sojourn"</span></a>
            <div class="masthead-end">
                <span class="live live-off" role="status">{tr!("Offline")}</span>
                <form method="post" action="/logout">
                    <button class="button button-quiet">{icon(Icon::LogOut)} {tr!("Sign out")}</button>
                </form>
            </div>
        </header>
        <main class="page stack touch" id="main">
            <h1 class="visually-hidden">{tr!("Laboratory")}</h1>
            <div id="not-sent"></div>
            <form class="scan" role="search" aria-label=tr!("Samples") action="/lab">
                <div class="search-box">
                    {icon(Icon::Barcode)}
                    <input type="search" name="sample" autocomplete="off" data-key="n"
                        aria-label=tr!("Scan or type a sample id") placeholder=tr!("Scan or type a sample id")/>
                </div>
            </form>
            <div id="bench" class="stack">
                <p class="secondary" role="status">{tr!("Looking what this tablet keeps …")}</p>
            </div>
            <Bench/>
        </main>
    }
}
