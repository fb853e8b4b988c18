//! Analytics: where patients wait and how visits go, for managers.

pub mod asked;
pub mod behind;
pub mod charts;
pub mod follow_ups;
pub mod house;
pub mod journeys;
pub mod measures;
pub mod now;
pub mod panel;
pub mod refused;
mod sankey;
pub mod targets;
pub mod tiles;
pub mod visits;
pub mod waits;

use leptos::prelude::*;
use tr::tr;

use self::asked::{Asked, LONGEST, Names, Preset};
use self::behind::Unfinished;
use self::panel::Panel;
use self::refused::Attempts;
use self::tiles::{Change, Tile};
use super::icon::{Icon, icon};
use super::parts::print_button;
use crate::analytics::Filter;
use crate::analytics::waits::Dimension;
use crate::hospital::tenants::Tenant;
use crate::journey::words::Word;
use crate::language::say;

/// A page of the analytics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Where patients wait.
    Waits,
    /// How visits go.
    Journeys,
    /// What took longer than it should.
    Breaches,
    /// The visits behind a figure.
    Visits,
    /// The follow-ups behind a figure.
    FollowUps,
    /// The refused attempts behind a figure.
    Refused,
    /// How long things should take.
    Targets,
}

impl Tab {
    /// Its address.
    pub fn path(self) -> &'static str {
        match self {
            Self::Waits => "/analytics",
            Self::Journeys => "/analytics/journeys",
            Self::Breaches => "/analytics/breaches",
            Self::Visits => "/analytics/visits",
            Self::FollowUps => "/analytics/follow-ups",
            Self::Refused => "/analytics/refused",
            Self::Targets => "/analytics/targets",
        }
    }
}

/// What a page shows.
pub struct Analytics {
    /// The hospital.
    pub tenant: Tenant,
    /// Which page.
    pub tab: Tab,
    /// What the address asks for.
    pub asked: Asked,
    /// What things are called.
    pub names: Names,
    /// Why its figures are not whole, when they are not.
    pub unfinished: Option<Unfinished>,
    /// The figures at its head.
    pub tiles: Vec<Tile>,
    /// The panels below.
    pub panels: Vec<Panel>,
}

/// Shows a page.
pub fn analytics(page: Analytics) -> impl IntoView {
    let Analytics { tenant, tab, asked, names, unfinished, tiles, panels } = page;
    let title = match tab {
        Tab::Waits => tr!("Where patients wait"),
        Tab::Journeys => tr!("How visits go"),
        Tab::Breaches => tr!("Past their target"),
        Tab::Visits => tr!("Visits"),
        Tab::FollowUps => tr!("Follow-ups"),
        Tab::Refused => tr!("Refused attempts"),
        Tab::Targets => tr!("Targets"),
    };
    let measure = (tab == Tab::Waits).then(|| {
        view! { <h2 class="title panels-title">{say(asked.measure.label())}</h2> }
    });
    let tiles = (!tiles.is_empty()).then(|| {
        let against = asked.against();
        let tiles = tiles.into_iter().map(|tile| tile_view(tile, &against)).collect_view();
        view! { <ul class="tiles" aria-label=tr!("Figures of the period")>{tiles}</ul> }
    });
    let cards = panels.into_iter().map(|panel| {
        let csv = asked.address(&format!("{}/{}.csv", tab.path(), panel.id));
        panel::card(&tenant, panel, csv)
    });
    let cards = cards.collect_view();
    view! {
        <main class="page stack analytics" id="main">
            {head(title, tab, &asked, &names)} {unfinished.map(behind::notice)} {tiles} {measure} <div class="panels">{cards}</div>
        </main>
    }
}

/// The head of a page: its title, the pages beside it, and what it is narrowed to.
pub fn head(title: String, tab: Tab, asked: &Asked, names: &Names) -> AnyView {
    let tabs = [
        (Tab::Waits, tr!("Waits")),
        (Tab::Journeys, tr!("Journeys")),
        (Tab::Breaches, tr!("Past target")),
        (Tab::Targets, tr!("Targets")),
    ];
    let tabs = tabs.map(|(to, name)| {
        let within = matches!((to, tab), (Tab::Waits, Tab::Visits) | (Tab::Journeys, Tab::FollowUps | Tab::Refused));
        let current = (to == tab || within).then_some("page");
        let href = Asked { among: None, attempts: Attempts::default(), ..asked.clone() }.address(to.path());
        view! { <li><a href=href aria-current=current>{name}</a></li> }
    });
    let (period_words, against) = (asked.period_words(), asked.against());
    let lead = tr!("{period}, against {against}", period = period_words, against);
    let narrows = tab != Tab::Targets;
    let has_figures = matches!(tab, Tab::Waits | Tab::Journeys);
    // Attempts are those of the whole hospital; the address keeps which visits are looked at for the pages beside.
    let of_visits = tab != Tab::Refused;
    let narrowed = asked.filter != Filter::default() || asked.hour.is_some() || asked.weekday.is_some();
    let among = asked.among.as_ref().map(|only| (visits::which(only), Asked { among: None, ..asked.clone() }));
    let attempts = asked.attempts.narrowed().map(|(label, attempts)| (label, Asked { attempts, ..asked.clone() }));
    let only: Vec<(String, Asked)> = among.into_iter().chain(attempts).collect();
    // Paper has no filters, but says what they chose.
    let kinds = Dimension::ALL.iter().filter(|_| of_visits).filter_map(|dimension| {
        let key = chosen(asked, *dimension)?;
        Some(names.of(*dimension, Some(key.as_str())))
    });
    let printed: Vec<String> = kinds.chain(only.iter().map(|(label, _)| label.clone())).collect();
    let printed = (narrows && !printed.is_empty()).then(|| view! { <p class="print-only">{printed.join(" · ")}</p> });
    let only = only.into_iter().map(|(label, without)| {
        let href = without.address(tab.path());
        view! {
            <a class="button button-compact" href=href aria-label=tr!("No longer only: {visits}", visits = label.clone())>
                {icon(Icon::X)} {label.clone()}
            </a>
        }
    });
    let only = only.collect_view();
    let cut = asked.cut.then(|| {
        view! { <p class="secondary">{tr!("Of a longer period, the last {count} days are shown.", count = LONGEST)}</p> }
    });
    let all = (of_visits && narrowed).then(|| {
        let href = asked.of_all().address(tab.path());
        view! { <a class="button button-quiet button-compact" href=href>{icon(Icon::X)} {tr!("All visits")}</a> }
    });
    let filters =
        of_visits.then(|| Dimension::ALL.iter().map(|dimension| filter(*dimension, tab, asked, names)).collect_view());
    view! {
        <div class="page-head">
            <div>
                <h1>{title}</h1>
                {narrows.then(|| view! { <p class="page-lead">{lead}</p> })}
                {printed} {cut}
            </div>
            <div class="row screen-only">
                {has_figures
                    .then(|| view! { <p class="secondary">{tr!("Every figure: tap for its definition and what is behind it.")}</p> })}
                {print_button()}
            </div>
        </div>
        <nav class="tabs" aria-label=tr!("Analytics")><ul>{tabs.collect_view()}</ul></nav>
        {narrows
            .then(|| view! { <div class="row analytics-filters screen-only">{period(tab, asked)} {filters} {only} {all}</div> })}
    }
    .into_any()
}

fn period(tab: Tab, asked: &Asked) -> AnyView {
    let presets = Preset::ALL.iter().map(|preset| {
        let current = (asked.preset == Some(*preset)).then_some("true");
        let href = Asked { preset: Some(*preset), ..asked.clone() }.address(tab.path());
        view! { <a class="menu-item" href=href aria-current=current>{say(preset.label())}</a> }
    });
    let kept = Asked { preset: Some(Preset::Today), ..asked.clone() }.query();
    let kept = kept.into_iter().filter(|(name, _)| *name != "period").map(|(name, value)| {
        view! { <input type="hidden" name=name value=value/> }
    });
    let kept = kept.collect_view();
    view! {
        <details class="menu menu-start" name="menu">
            <summary class="button button-compact chevron">{icon(Icon::CalendarClock)} {asked.period_words()}</summary>
            <div class="menu-panel">
                {presets.collect_view()} <hr/>
                <form class="stack stack-tight menu-form" action=tab.path()>
                    {kept}
                    <div class="field">
                        <label for="from">{tr!("From")}</label>
                        <input type="date" id="from" name="from" value=asked.period.from.to_string() required/>
                    </div>
                    <div class="field">
                        <label for="to">{tr!("To")}</label>
                        <input type="date" id="to" name="to" value=asked.period.to.to_string() required/>
                    </div>
                    <button class="button button-primary button-wide">{tr!("Show")}</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// Which visits are chosen by what they differ in, as addresses write it.
fn chosen(asked: &Asked, dimension: Dimension) -> Option<String> {
    let Filter { branch, department, doctor, visit_type, priority } = &asked.filter;
    match dimension {
        Dimension::Branch => branch.as_ref().map(ToString::to_string),
        Dimension::Department => department.as_ref().map(ToString::to_string),
        Dimension::Doctor => doctor.as_ref().map(ToString::to_string),
        Dimension::VisitType => visit_type.map(|kind| kind.word().to_owned()),
        Dimension::Priority => priority.map(|priority| priority.word().to_owned()),
    }
}

fn filter(dimension: Dimension, tab: Tab, asked: &Asked, names: &Names) -> AnyView {
    let chosen = chosen(asked, dimension);
    let (image, all) = match dimension {
        Dimension::Branch => (Icon::Building, tr!("All branches")),
        Dimension::Department => (Icon::Hospital, tr!("All departments")),
        Dimension::Doctor => (Icon::Stethoscope, tr!("All doctors")),
        Dimension::VisitType => (Icon::Route, tr!("All visit types")),
        Dimension::Priority => (Icon::Flag, tr!("All priorities")),
    };
    let choices = names.choices(dimension);
    if choices.len() < 2 && chosen.is_none() {
        return ().into_any();
    }
    let name = chosen.as_deref().map_or_else(|| all.clone(), |key| names.of(dimension, Some(key)));
    let items = choices.into_iter().map(|(key, name)| {
        let current = (chosen.as_ref() == Some(&key)).then_some("true");
        let href = asked.of_kind(dimension, Some(&key)).address(tab.path());
        view! { <a class="menu-item" href=href aria-current=current>{name}</a> }
    });
    let items = items.collect_view();
    let whole = asked.of_kind(dimension, None).address(tab.path());
    view! {
        <details class="menu menu-start" name="menu">
            <summary class="button button-compact chevron">{icon(image)} {name}</summary>
            <div class="menu-panel menu-long">
                <a class="menu-item" href=whole aria-current=chosen.is_none().then_some("true")>{all}</a>
                {items}
            </div>
        </details>
    }
    .into_any()
}

fn tile_view(tile: Tile, against: &str) -> AnyView {
    let Tile { name, value, change, note, definition, href, current } = tile;
    let (class, sign, words) = match change {
        Change::Unknown => ("change", "", tr!("no earlier figure")),
        Change::Same => ("change", "=", tr!("as {against}", against)),
        Change::Better(by) => ("change change-better", "▼", by),
        Change::Worse(by) => ("change change-worse", "▲", by),
        Change::More(by) => ("change", "▲", by),
        Change::Less(by) => ("change", "▼", by),
    };
    let spoken = match sign {
        "▲" => format!("{} ", tr!("up by")),
        "▼" => format!("{} ", tr!("down by")),
        _ => String::new(),
    };
    view! {
        <li>
            <a class="tile" href=href aria-current=current.then_some("true")>
                <span class="tile-name">{name.clone()}</span>
                <span class="tile-value">{value}</span>
                <span class=class>
                    <span aria-hidden="true">{sign} " "</span>
                    <span class="visually-hidden">{spoken}</span>
                    {words}
                </span>
                <span class="tile-note">{note}</span>
            </a>
            <details class="fold tile-fold" name="definition">
                <summary>{tr!("What it means")}<span class="visually-hidden">": " {name}</span></summary>
                <div class="fold-body"><p class="secondary">{definition}</p></div>
            </details>
        </li>
    }
    .into_any()
}
