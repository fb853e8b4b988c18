//! A panel: one finding, its chart, the table behind it, what it means, and where what is in it is listed.

use leptos::prelude::*;
use tr::tr;

use super::charts::{Chart, draw};
use crate::analytics::Figure;
use crate::analytics::figures::{self, FEWEST, few};
use crate::analytics::journeys::Sum;
use crate::hospital::tenants::Tenant;
use crate::journey::money::Money;
use crate::language::duration;
use crate::screens::icon::{Icon, icon};

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
    /// Where what is in it is listed.
    pub listed: Listed,
    /// Whether it takes the whole width.
    pub wide: bool,
}

/// What a panel is made of, and where that is listed.
#[derive(Clone, Debug)]
pub enum Listed {
    /// Visits.
    Visits(String),
    /// Refused attempts.
    Attempts(String),
    /// Follow-ups.
    FollowUps(String),
}

/// A table of figures.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// What the columns are called.
    pub columns: Vec<String>,
    /// The rows; the first figure of each is what the others are of.
    pub rows: Vec<Vec<Cell>>,
    /// The rows as they leave the house, where those tell what somebody wrote.
    pub outside: Option<Vec<Vec<Cell>>>,
}

/// A figure; what few visits could be told by says of how many it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing that could stand here.
    Nothing,
    /// Words.
    Text(String),
    /// How many, and of how many visits.
    Count(usize, usize),
    /// How long.
    Seconds(Option<i64>, usize),
    /// How many of a hundred.
    Share(Option<f64>, usize),
    /// How much.
    Money(Money, usize),
    /// A figure, and where the visits behind it are listed.
    Link(Box<Cell>, String),
}

impl Cell {
    /// How many, where each is of another visit or of none.
    pub fn count(count: usize) -> Self {
        Self::Count(count, count)
    }

    /// A part of a whole: where it, or the rest, is small, the share would tell how many they are.
    pub fn share(part: usize, whole: usize) -> Self {
        Self::Share(figures::share(part, whole), figures::least(part, whole))
    }

    /// How many durations a figure is of.
    pub fn of_all(figure: &Figure) -> Self {
        Self::Count(figure.count, figure.visits)
    }

    /// How many a figure leaves out.
    pub fn missing(figure: &Figure) -> Self {
        Self::Count(figure.missing, figure.unfinished)
    }

    /// One of the durations that a figure comes to.
    pub fn of(figure: &Figure, seconds: impl Fn(&Figure) -> Option<i64>) -> Self {
        Self::Seconds(seconds(figure), figure.visits)
    }

    /// An amount.
    pub fn sum(sum: Sum) -> Self {
        Self::Money(sum.money, sum.visits)
    }

    /// The same with the place where the visits behind it are listed.
    pub fn linked(self, href: String) -> Self {
        Self::Link(Box::new(self), href)
    }

    /// The same where there is such a place.
    pub fn linked_if(self, href: Option<String>) -> Self {
        match href {
            Some(href) => self.linked(href),
            None => self,
        }
    }

    /// The figure itself.
    fn bare(&self) -> &Self {
        match self {
            Self::Link(cell, _) => cell.bare(),
            cell => cell,
        }
    }

    /// A figure as people read it.
    fn words(&self, tenant: &Tenant) -> String {
        match self {
            Self::Link(cell, _) => cell.words(tenant),
            Self::Nothing => "–".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Count(count, _) => super::asked::grouped(*count),
            Self::Seconds(seconds, _) => seconds.map_or_else(|| "–".to_owned(), duration),
            Self::Share(share, _) => share.map_or_else(|| "–".to_owned(), |share| format!("{share:.0} %")),
            Self::Money(money, _) => tenant.money(*money),
        }
    }

    /// The same for a program: durations in seconds, money in its smallest unit; of too few visits, nothing.
    fn plain(&self) -> String {
        match self {
            Self::Link(cell, _) => cell.plain(),
            Self::Nothing => String::new(),
            // A spreadsheet would take it for a formula.
            Self::Text(text) if text.starts_with(['=', '+', '-', '@']) => format!("'{text}"),
            Self::Text(text) => text.clone(),
            Self::Count(_, visits) if few(*visits) => format!("under {FEWEST}"),
            Self::Count(count, _) => count.to_string(),
            Self::Seconds(_, visits) | Self::Share(_, visits) | Self::Money(_, visits) if few(*visits) => String::new(),
            Self::Seconds(seconds, _) => seconds.map_or_else(String::new, |seconds| seconds.to_string()),
            Self::Share(share, _) => share.map_or_else(String::new, |share| format!("{share:.1}")),
            Self::Money(money, _) => money.0.to_string(),
        }
    }

    fn is_number(&self) -> bool {
        !matches!(self.bare(), Self::Nothing | Self::Text(_))
    }
}

impl Sheet {
    /// A sheet with these columns.
    pub fn new(columns: impl IntoIterator<Item = String>) -> Self {
        Self { columns: columns.into_iter().collect(), ..Self::default() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The sheet as it leaves the house: what is of few visits is masked.
    pub fn masked(&self) -> Vec<Vec<String>> {
        let rows = self.outside.as_ref().unwrap_or(&self.rows).iter();
        let rows = rows.map(|row| row.iter().map(Cell::plain).collect());
        let units = self.columns.iter().enumerate().map(|(place, column)| {
            let kind = self.rows.iter().filter_map(|row| row.get(place)).find(|cell| cell.is_number());
            match kind.map(Cell::bare) {
                Some(Cell::Seconds(..)) => format!("{column}, seconds"),
                Some(Cell::Share(..)) => format!("{column}, per cent"),
                Some(Cell::Money(..)) => format!("{column}, smallest unit"),
                _ => column.clone(),
            }
        });
        std::iter::once(units.collect()).chain(rows).collect()
    }
}

/// Shows a panel as a card.
pub fn card(tenant: &Tenant, panel: Panel, csv: String) -> AnyView {
    let Panel { id, title, finding, chart, sheet, definition, listed, wide } = panel;
    let table = table(tenant, &title, &sheet);
    let (list, picture, href) = match listed {
        Listed::Visits(href) => (tr!("Visits"), Icon::Users, href),
        Listed::Attempts(href) => (tr!("Refused attempts"), Icon::ShieldAlert, href),
        Listed::FollowUps(href) => (tr!("Follow-ups"), Icon::CalendarClock, href),
    };
    let label = format!("{list}: {title}");
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
                    <a class="button button-quiet button-compact" href=href aria-label=label>
                        {icon(picture)} {list}
                    </a>
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
    let numbers =
        (0..sheet.columns.len()).map(|place| sheet.rows.iter().filter_map(|row| row.get(place)).any(Cell::is_number));
    let numbers: Vec<bool> = numbers.collect();
    let is_number = |place: usize| numbers.get(place).copied().unwrap_or_default();
    let head = sheet.columns.iter().enumerate().map(|(place, column)| {
        view! { <th scope="col" class=is_number(place).then_some("number")>{column.clone()}</th> }
    });
    let rows = sheet.rows.iter().map(|row| {
        let cells = row.iter().enumerate().map(|(place, cell)| {
            let words = cell.words(tenant);
            let words = match cell {
                Cell::Link(_, href) => view! { <a href=href.clone()>{words}</a> }.into_any(),
                _ => words.into_any(),
            };
            match place {
                0 => view! { <th scope="row">{words}</th> }.into_any(),
                _ => view! { <td class=is_number(place).then_some("number")>{words}</td> }.into_any(),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What a row says outside the house.
    fn outside(cells: Vec<Cell>) -> Vec<String> {
        let mut sheet = Sheet::default();
        sheet.row(cells);
        sheet.masked().remove(1)
    }

    #[test]
    fn each_figure_is_masked_by_its_own_visits() {
        // Five tests of one visit; five visits before.
        let now = Figure { count: 5, visits: 1, missing: 8, unfinished: 4, median: Some(60), ..Figure::default() };
        let before = Figure { count: 5, visits: 5, median: Some(90), ..Figure::default() };
        let median = |figure: &Figure| Cell::of(figure, |figure| figure.median);
        assert_eq!(
            outside(vec![Cell::missing(&now), median(&now), median(&before), Cell::count(0)]),
            ["under 5", "", "90", "0"]
        );
        // How many there are would tell of whom they are, however many.
        let six = Figure { count: 6, visits: 3, ..Figure::default() };
        assert_eq!(outside(vec![Cell::of_all(&six), Cell::of_all(&before), Cell::count(6)]), ["under 5", "5", "6"]);
        // Two of a hundred, and none of three, could be told; none of a hundred is nobody.
        assert_eq!(outside(vec![Cell::share(2, 100), Cell::share(0, 3), Cell::share(0, 100)]), ["", "", "0.0"]);
        assert_eq!(outside(vec![Cell::share(50, 100), Cell::share(98, 100), Cell::share(0, 0)]), ["50.0", "", ""]);
        let sum = |visits| Cell::sum(Sum { money: Money(700), visits });
        assert_eq!(outside(vec![sum(4), sum(5), Cell::sum(Sum::default())]), ["", "700", "0"]);
        // A dash is for people.
        assert_eq!(outside(vec![Cell::Nothing]), [""]);
    }
}
