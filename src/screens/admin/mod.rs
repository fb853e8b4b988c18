//! The administration: the house as it is, and how it came to be so.

pub mod history;
pub mod hours;
pub mod house;
pub mod people;
pub mod rules;
pub mod tariff;
pub mod tokens;

use leptos::prelude::*;
use tr::tr;

/// The way from one page of the administration to another.
pub fn tabs(current: &'static str) -> AnyView {
    let pages = [
        ("/admin", tr!("People")),
        ("/admin/house", tr!("Branches and rooms")),
        ("/admin/tariff", tr!("Tariff")),
        ("/admin/rules", tr!("Rules")),
        ("/admin/tokens", tr!("Tokens")),
        ("/admin/projections", tr!("Read models")),
    ];
    let links = pages
        .into_iter()
        .map(|(href, name)| view! { <li><a href=href aria-current=(href == current).then_some("true")>{name}</a></li> })
        .collect_view();
    view! { <nav class="tabs" aria-label=tr!("Administration")><ul>{links}</ul></nav> }.into_any()
}

/// A page of the administration: its tabs, its title, what it holds.
pub fn page(current: &'static str, title: String, lead: String, body: impl IntoView + 'static) -> AnyView {
    view! {
        <main class="page stack" id="main">
            {tabs(current)}
            <div class="page-head">
                <div>
                    <h1>{title}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
            </div>
            {body.into_any()}
        </main>
    }
    .into_any()
}
