//! A panel: one finding, its chart, the table behind it, what it means, and the visits in it.

use leptos::prelude::*;
use tr::tr;

use super::charts::{Chart, draw};
use crate::hospital::tenants::Tenant;
use crate::journey::money::Money;
use crate::language::duration;
use crate::screens::icon::{Icon, icon};

/// How many visits a group needs, for what leaves the house.
pub const FEWEST: usize = 5;

/// A panel.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Its name in addresses.
    pub id: &'static str,
    /// Its title.
    pub title: String,
    /// What it shows, in a sentence.
    pub finding: String,
    /// What is drawn.
    pub chart: Chart,
    /// The table behind it.
    pub sheet: Sheet,
    /// What its figures mean.
    pub definition: String,
    /// Where the visits in it are listed.
    pub visits: Option<String>,
    /// Whether it takes the whole width.
    pub wide: bool,
}

/// A table of figures.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// What the columns are called.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of figures.
#[derive(Clone, Debug)]
pub struct Row {
    /// The figures; the first is what they are of.
    pub cells: Vec<Cell>,
    /// How many visits they are of, where few could tell of somebody.
    pub visits: Option<usize>,
}

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// How many.
    Count(usize),
    /// How long.
    Seconds(Option<i64>),
    /// How many of a hundred.
    Share(Option<f64>),
    /// How much.
    Money(Money),
}

impl Cell {
    /// A figure as people read it.
    fn words(&self, tenant: &Tenant) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => super::asked::grouped(*count),
            Self::Seconds(seconds) => seconds.map_or_else(|| "–".to_owned(), duration),
            Self::Share(share) => share.map_or_else(|| "–".to_owned(), |share| format!("{share:.0} %")),
            Self::Money(money) => tenant.money(*money),
        }
    }

    /// The same for a program: durations in seconds, money in its smallest unit; of too few visits, nothing.
    fn plain(&self, few: bool) -> String {
        match self {
            // A spreadsheet would take it for a formula.
            Self::Text(text) if text.starts_with(['=', '+', '-', '@']) => format!("'{text}"),
            Self::Text(text) => text.clone(),
            Self::Count(0) => "0".to_owned(),
            Self::Count(_) if few => format!("under {FEWEST}"),
            Self::Count(count) => count.to_string(),
            _ if few => String::new(),
            Self::Seconds(seconds) => seconds.map_or_else(String::new, |seconds| seconds.to_string()),
            Self::Share(share) => share.map_or_else(String::new, |share| format!("{share:.1}")),
            Self::Money(money) => money.0.to_string(),
        }
    }

    fn is_number(&self) -> bool {
        !matches!(self, Self::Text(_))
    }
}

impl Sheet {
    /// A sheet with these columns.
    pub fn new(columns: impl IntoIterator<Item = String>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, visits: Option<usize>, cells: Vec<Cell>) {
        self.rows.push(Row { cells, visits });
    }

    /// The sheet as it leaves the house: groups of few visits are masked.
    pub fn masked(&self) -> Vec<Vec<String>> {
        let rows = self.rows.iter().map(|row| {
            let few = row.visits.is_some_and(|visits| (1..FEWEST).contains(&visits));
            row.cells.iter().map(|cell| cell.plain(few)).collect()
        });
        let units = self.columns.iter().enumerate().map(|(place, column)| {
            let kind = self.rows.iter().filter_map(|row| row.cells.get(place)).find(|cell| cell.is_number());
            match kind {
                Some(Cell::Seconds(_)) => format!("{column}, seconds"),
                Some(Cell::Share(_)) => format!("{column}, per cent"),
                Some(Cell::Money(_)) => format!("{column}, smallest unit"),
                _ => column.clone(),
            }
        });
        std::iter::once(units.collect()).chain(rows).collect()
    }
}

/// Shows a panel as a card.
pub fn card(tenant: &Tenant, panel: Panel, csv: String) -> AnyView {
    let Panel { id, title, finding, chart, sheet, definition, visits, wide } = panel;
    let table = table(tenant, &title, &sheet);
    let visits = visits.map(|href| {
        view! {
            <a class="button button-quiet button-compact" href=href aria-label=tr!("Visits: {title}", title)>
                {icon(Icon::Users)} {tr!("Visits")}
            </a>
        }
    });
    let class = if wide { "card panel panel-wide" } else { "card panel" };
    view! {
        <section class=class aria-labelledby=id>
            <div class="panel-head">
                <h2 id=id>{title.clone()}</h2>
                <p class="panel-finding">{finding}</p>
            </div>
            <div class="panel-chart">{draw(tenant, chart)}</div>
            <div class="panel-foot">
                <details class="fold">
                    <summary>{tr!("Table")}<span class="visually-hidden">": " {title.clone()}</span></summary>
                    <div class="fold-body">{table}</div>
                </details>
                <details class="fold">
                    <summary>{tr!("What it means")}<span class="visually-hidden">": " {title.clone()}</span></summary>
                    <div class="fold-body"><p class="secondary">{definition}</p></div>
                </details>
                <div class="panel-links">
                    {visits}
                    <a class="button button-quiet button-compact" href=csv aria-label=format!("CSV: {title}")>
                        {icon(Icon::Download)} {tr!("CSV")}
                    </a>
                </div>
            </div>
        </section>
    }
    .into_any()
}

/// Shows a sheet as a table.
pub fn table(tenant: &Tenant, title: &str, sheet: &Sheet) -> AnyView {
    let is_number = |place: usize| sheet.rows.first().and_then(|row| row.cells.get(place)).is_some_and(Cell::is_number);
    let head = sheet.columns.iter().enumerate().map(|(place, column)| {
        view! { <th scope="col" class=is_number(place).then_some("number")>{column.clone()}</th> }
    });
    let rows = sheet.rows.iter().map(|row| {
        let cells = row.cells.iter().enumerate().map(|(place, cell)| {
            let words = cell.words(tenant);
            match place {
                0 => view! { <th scope="row">{words}</th> }.into_any(),
                _ => view! { <td class=cell.is_number().then_some("number")>{words}</td> }.into_any(),
            }
        });
        view! { <tr>{cells.collect_view()}</tr> }.into_any()
    });
    view! {
        <div class="table-wrap" role="group" aria-label=title.to_owned() tabindex="0">
            <table class="table table-small">
                <caption class="visually-hidden">{title.to_owned()}</caption>
                <thead><tr>{head.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
