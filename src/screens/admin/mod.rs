//! The administration: the house as it is, and how it came to be so.

pub mod history;
pub mod hours;
pub mod house;
pub mod people;
pub mod rules;
pub mod tariff;
pub mod tokens;

use leptos::prelude::*;

/// The pages of the administration: address, name.
const TABS: [(&str, &str); 6] = [
    ("/admin", "People"),
    ("/admin/house", "Branches and rooms"),
    ("/admin/tariff", "Tariff"),
    ("/admin/rules", "Rules"),
    ("/admin/tokens", "Tokens"),
    ("/admin/projections", "Read models"),
];

/// The way from one page of the administration to another.
pub fn tabs(current: &'static str) -> AnyView {
    let links = TABS
        .into_iter()
        .map(|(href, name)| view! { <li><a href=href aria-current=(href == current).then_some("true")>{name}</a></li> })
        .collect_view();
    view! { <nav class="tabs" aria-label="Administration"><ul>{links}</ul></nav> }.into_any()
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
