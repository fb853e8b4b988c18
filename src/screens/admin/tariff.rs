//! The tariff: what is offered for how much, and what it cost before.

use std::sync::Arc;

use leptos::prelude::*;
use tr::tr;

use super::history::{Names, history};
use super::page;
use crate::hospital::tariff::{Analyte, TariffEntry, TariffKind};
use crate::hospital::tenants::Tenant;
use crate::journey::decimal;
use crate::journey::money::Money;
use crate::journey::words::Word;
use crate::language::say;
use crate::log::StoredEvent;
use crate::screens::attempt::Attempt;
use crate::screens::entry::{Entry, press};
use crate::screens::form::enter;
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::Column::{Number, Words};
use crate::screens::parts::table;

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
    let table = table(
        "tariff",
        [Words(tr!("Name")), Words(tr!("Code")), Words(tr!("Kind")), Number(tr!("Price")), Words(tr!("State"))],
        rows,
    );
    let body = view! {
        <section class="card card-flush" aria-labelledby="tariff">
            <div class="card-head"><h2 id="tariff">{tr!("What is offered")}</h2></div>
            {table}
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

/// Something that a test measures, as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What is measured.
    pub analyte: String,
    /// The unit it is measured in.
    pub unit: String,
    /// The lowest value in range.
    pub low: String,
    /// The highest value in range.
    pub high: String,
}

impl From<&Analyte> for Line {
    fn from(Analyte { analyte, unit, low, high }: &Analyte) -> Self {
        let number = |bound: Option<f64>| bound.map(decimal::written).unwrap_or_default();
        let unit = unit.clone().unwrap_or_default();
        Self { analyte: analyte.clone(), unit, low: number(*low), high: number(*high) }
    }
}

/// What the page of one entry shows.
pub struct OneEntry {
    /// The hospital.
    pub tenant: Tenant,
    /// The entry.
    pub entry: TariffEntry,
    /// What it measures, as it is being typed.
    pub lines: Vec<Line>,
    /// What became of it.
    pub events: Vec<StoredEvent>,
    /// What ids are called.
    pub names: Names,
    /// The departments to choose from.
    pub departments: Vec<(String, String)>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows one entry with its history.
pub fn one_entry(screen: OneEntry) -> impl IntoView {
    let OneEntry { tenant, entry, lines, events, names, departments, attempt } = screen;
    let form = Entry::new("details", "", attempt.as_ref());
    let Money(price) = entry.price;
    let price = format!("{}.{:02}", price / 100, price % 100);
    let specimen = entry.specimen.as_deref().unwrap_or_default();
    let department = entry.department_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let turn = if entry.active {
        press("withdraw", "", "button button-danger", view! { {icon(Icon::CircleOff)} {tr!("Stop offering")} })
    } else {
        press("offer", "", "button", view! { {icon(Icon::CircleCheck)} {tr!("Offer again")} })
    };
    let lead = format!("{} · {} · {}", say(entry.kind.label()), entry.code, tenant.money(entry.price));
    let body = view! {
        <div class="columns">
            <div class="stack">
                {(entry.kind == TariffKind::Test).then(|| analytes(lines, attempt.as_ref()))}
                <section class="card stack" aria-labelledby="details">
                    <h2 id="details">{tr!("Details")} " " {state(&entry)}</h2>
                    <form method="post" class="stack">
                        {form.hidden()}
                        <div class="fields">
                            {form.text("name", &tr!("Name"), true, &entry.name)} {form.text("price", &tr!("Price"), true, &price)}
                            {form.text("specimen", &tr!("Specimen"), false, specimen)}
                            {form.select("departmentId", &tr!("Department"), departments, false, &department)}
                            {(entry.kind == TariffKind::Test)
                                .then(|| form.text("panels", &tr!("Panels, separated by commas"), false, &entry.panels.join(", ")))}
                        </div>
                        <p class="secondary">{tr!("Bills that were made keep the price they were made with.")}</p>
                        <div class="form-foot"><button class="button button-primary">{tr!("Save details")}</button></div>
                    </form>
                    {turn}
                </section>
            </div>
            <aside class="stack" aria-label=tr!("History")>{history(&tenant, &events, &names)}</aside>
        </div>
    };
    page("/admin/tariff", entry.name.clone(), lead, body)
}

/// The form for what a test measures. Its buttons that add and take away lines send it too; nothing is changed until it is saved.
fn analytes(lines: Vec<Line>, attempt: Option<&Arc<Attempt>>) -> AnyView {
    let form = Entry::new("analytes", "", attempt);
    let count = lines.len();
    let row = |(number, line): (usize, Line)| {
        let cell = |field: &str, label: String, longest, value| {
            let label = tr!("{field}, line {line}", field = label, line = number + 1);
            form.cell(format!("analytes[{number}].{field}"), label, longest, value)
        };
        let name = if line.analyte.is_empty() { (number + 1).to_string() } else { line.analyte.clone() };
        view! {
            <tr>
                <td class="cell-wide">{cell("analyte", tr!("Analyte"), 100, line.analyte)}</td>
                <td>{cell("unit", tr!("Unit"), 50, line.unit)}</td>
                <td>{cell("low", tr!("Lowest in range"), 20, line.low)}</td>
                <td>{cell("high", tr!("Highest in range"), 20, line.high)}</td>
                <td class="cell-icon">
                    <button class="button button-quiet button-icon" name="_remove" value=number.to_string() aria-label=tr!("Remove line: {name}", name)>
                        {icon(Icon::Trash2)}
                    </button>
                </td>
            </tr>
        }
    };
    let rows = lines.into_iter().enumerate().map(row).collect_view();
    view! {
        <section class="card stack" aria-labelledby="analytes">
            <h2 id="analytes">{tr!("What it measures")}</h2>
            <form method="post" class="stack">
                {enter()} {form.hidden()} <input type="hidden" name="_rows" value=count.to_string()/>
                <p class="hint">{tr!("Results are compared with these ranges as they are entered. A line without a range takes words.")}</p>
                <div class="table-wrap" role="group" aria-labelledby="analytes" tabindex="0">
                    <table class="table table-lines">
                        <thead>
                            <tr>
                                <th scope="col">{tr!("Analyte")}</th>
                                <th scope="col">{tr!("Unit")}</th>
                                <th scope="col">{tr!("Lowest")}</th>
                                <th scope="col">{tr!("Highest")}</th>
                                <th scope="col"><span class="visually-hidden">{tr!("Remove")}</span></th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                <div class="form-foot">
                    <button class="button button-primary">{tr!("Save what it measures")}</button>
                    <button class="button button-compact" name="_add" value="line" aria-label=tr!("Add a blank line")>
                        {icon(Icon::Plus)} {tr!("Line")}
                    </button>
                </div>
            </form>
        </section>
    }
    .into_any()
}
