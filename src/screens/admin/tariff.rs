//! The tariff: what is offered for how much, and what it cost before.

use std::sync::Arc;

use leptos::prelude::*;
use tr::tr;

use super::history::{Names, history};
use super::page;
use crate::hospital::tariff::{TariffEntry, TariffKind};
use crate::hospital::tenants::Tenant;
use crate::journey::money::Money;
use crate::journey::words::Word;
use crate::language::say;
use crate::log::StoredEvent;
use crate::screens::attempt::Attempt;
use crate::screens::entry::{Entry, press};
use crate::screens::icon::{Icon, icon};

/// What the list shows.
pub struct Tariff {
    /// The hospital.
    pub tenant: Tenant,
    /// What is offered, and what was.
    pub entries: Vec<TariffEntry>,
    /// The departments to choose from.
    pub departments: Vec<(String, String)>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows the tariff, and the form for something new.
pub fn tariff(screen: Tariff) -> impl IntoView {
    let Tariff { tenant, entries, departments, attempt } = screen;
    let entry = Entry::new("add", "", attempt.as_ref());
    let kinds = TariffKind::ALL.iter().map(|kind| (kind.word().to_owned(), say(kind.label()))).collect();
    let offered = entries.iter().filter(|entry| entry.active).count();
    let rows = entries
        .iter()
        .map(|entry| {
            view! {
                <tr>
                    <th scope="row"><a href=format!("/admin/tariff/{}", entry.id)>{entry.name.clone()}</a></th>
                    <td>{entry.code.clone()}</td>
                    <td>{say(entry.kind.label())}</td>
                    <td class="number">{tenant.money(entry.price)}</td>
                    <td>{state(entry)}</td>
                </tr>
            }
        })
        .collect_view();
    let body = view! {
        <section class="card card-flush" aria-labelledby="tariff">
            <div class="card-head"><h2 id="tariff">{tr!("What is offered")}</h2></div>
            <div class="table-wrap" role="group" aria-labelledby="tariff" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{tr!("Name")}</th>
                            <th scope="col">{tr!("Code")}</th>
                            <th scope="col">{tr!("Kind")}</th>
                            <th scope="col" class="number">{tr!("Price")}</th>
                            <th scope="col">{tr!("State")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
        <section class="card" aria-labelledby="new-entry">
            <h2 id="new-entry">{tr!("Add to the tariff")}</h2>
            <form method="post" class="stack">
                {entry.hidden()}
                <div class="fields">
                    {entry.text("name", &tr!("Name"), true, "")} {entry.text("code", &tr!("Code"), true, "")}
                    {entry.select("kind", &tr!("Kind"), kinds, true, TariffKind::Test.word())}
                    {entry.text("price", &tr!("Price"), true, "")} {entry.text("specimen", &tr!("Specimen"), false, "")}
                    {entry.select("departmentId", &tr!("Department"), departments, false, "")}
                </div>
                <div class="form-foot"><button class="button button-primary">{icon(Icon::Plus)} {tr!("Add to the tariff")}</button></div>
            </form>
        </section>
    };
    page("/admin/tariff", tr!("Tariff"), tr!("{count} offered now", count = offered), body)
}

fn state(entry: &TariffEntry) -> AnyView {
    if entry.active {
        view! { <span class="tag tag-success">{icon(Icon::CircleCheck)} {tr!("Offered")}</span> }.into_any()
    } else {
        view! { <span class="tag">{icon(Icon::CircleOff)} {tr!("No more")}</span> }.into_any()
    }
}

/// What the page of one entry shows.
pub struct OneEntry {
    /// The hospital.
    pub tenant: Tenant,
    /// The entry.
    pub entry: TariffEntry,
    /// What became of it.
    pub events: Vec<StoredEvent>,
    /// What ids are called.
    pub names: Names,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows one entry with its history.
pub fn one_entry(screen: OneEntry) -> impl IntoView {
    let OneEntry { tenant, entry, events, names, attempt } = screen;
    let form = Entry::new("price", "", attempt.as_ref());
    let Money(price) = entry.price;
    let price = format!("{}.{:02}", price / 100, price % 100);
    let turn = if entry.active {
        press("withdraw", "", "button button-danger", view! { {icon(Icon::CircleOff)} {tr!("Offer no more")} })
    } else {
        press("offer", "", "button", view! { {icon(Icon::CircleCheck)} {tr!("Offer again")} })
    };
    let lead = format!("{} · {} · {}", say(entry.kind.label()), entry.code, tenant.money(entry.price));
    let body = view! {
        <div class="columns">
            <section class="card stack" aria-labelledby="price">
                <h2 id="price">{tr!("Price")} " " {state(&entry)}</h2>
                <form method="post" class="stack">
                    {form.hidden()}
                    <div class="fields">{form.text("price", &tr!("New price"), true, &price)}</div>
                    <p class="secondary">{tr!("Bills that were made keep the price they were made with.")}</p>
                    <div class="form-foot"><button class="button button-primary">{tr!("Save price")}</button></div>
                </form>
                {turn}
            </section>
            <aside class="stack" aria-label=tr!("History")>{history(&tenant, &events, &names)}</aside>
        </div>
    };
    page("/admin/tariff", entry.name.clone(), lead, body)
}
