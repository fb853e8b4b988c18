//! What is drawn: tables of colours, bars and lines, by the server, in the colours of the page.

use leptos::prelude::*;
use tr::tr;

use super::asked::{grouped, times};
use super::now::NowView;
use super::sankey::{Sankey, sankey};
use crate::hospital::tenants::Tenant;
use crate::journey::money::Money;
use crate::journey::words::Phase;
use crate::language::{duration, units};
use crate::screens::icon::Icon;
use crate::screens::parts::{Lateness, empty, phase_class};

/// What is drawn.
#[derive(Clone, Debug)]
pub enum Chart {
    /// There is nothing to draw.
    Nothing,
    /// A colour for each weekday and hour.
    Heat(Heat),
    /// Median and ninetieth percentile of each, with its target.
    Bars(Vec<Bar>),
    /// How many of each.
    Counts(Phase, Vec<Count>),
    /// How much of each, in whole units of the currency.
    Sums(Phase, Vec<Count>),
    /// Day by day.
    Lines(Lines),
    /// Flows between stages.
    Sankey(Sankey),
    /// Paths, each as its stages.
    Paths(Vec<Path>),
    /// What goes on now.
    Now(Box<NowView>),
}

/// Weekdays by hours.
#[derive(Clone, Debug)]
pub struct Heat {
    /// The hours, from left to right.
    pub hours: Vec<u8>,
    /// A weekday's name and its cells; an empty cell has nothing.
    pub rows: Vec<(String, Vec<Option<HeatCell>>)>,
}

/// A cell of it.
#[derive(Clone, Debug)]
pub struct HeatCell {
    /// What it shows, in seconds.
    pub seconds: i64,
    /// Which of six colours, from 1.
    pub step: u8,
    /// What it says in words.
    pub words: String,
    /// Where its visits are listed.
    pub href: String,
}

/// A bar of a group.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What the group is called.
    pub name: String,
    /// Where it is looked at alone.
    pub href: Option<String>,
    /// The median, in seconds.
    pub median: Option<i64>,
    /// The ninetieth percentile.
    pub p90: Option<i64>,
    /// The target, in seconds.
    pub target: Option<i64>,
    /// The share within it, in per cent.
    pub within: Option<f64>,
    /// How many there are.
    pub count: usize,
}

/// A bar of a count.
#[derive(Clone, Debug)]
pub struct Count {
    /// What is counted.
    pub name: String,
    /// How many.
    pub count: usize,
    /// What is said beside the count.
    pub note: String,
    /// Where its visits are listed.
    pub href: Option<String>,
}

/// A line for each row of values, day by day.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The days, as they are called below the axis.
    pub days: Vec<String>,
    /// The lines: what each is called, its class, and its values in seconds.
    pub lines: Vec<(String, &'static str, Vec<Option<i64>>)>,
    /// The target, in seconds.
    pub target: Option<i64>,
}

/// A path that visits went.
#[derive(Clone, Debug)]
pub struct Path {
    /// Its stages, each with its phase.
    pub stops: Vec<(Phase, String)>,
    /// How many of a hundred went it.
    pub share: f64,
    /// How many visits, and how long they took.
    pub words: String,
    /// Where its visits are listed.
    pub href: String,
}

/// Draws a chart.
pub fn draw(tenant: &Tenant, chart: Chart) -> AnyView {
    match chart {
        Chart::Nothing => {
            empty(Icon::ChartColumn, tr!("Nothing to show"), tr!("There is nothing of this in the period."))
        }
        Chart::Heat(heat) => draw_heat(heat),
        Chart::Bars(bars) => draw_bars(&bars),
        Chart::Counts(phase, counts) => draw_counts(phase, &counts, grouped),
        Chart::Sums(phase, sums) => draw_counts(phase, &sums, |sum| tenant.money(Money(sum as i64 * 100))),
        Chart::Lines(lines) => draw_lines(&lines),
        Chart::Sankey(flows) => sankey(&flows),
        Chart::Paths(paths) => draw_paths(paths),
        Chart::Now(now) => super::now::draw(tenant, *now),
    }
}

fn draw_heat(heat: Heat) -> AnyView {
    let head = heat.hours.iter().map(|hour| view! { <th scope="col">{format!("{hour:02}")}</th> }).collect_view();
    let rows = heat.rows.into_iter().map(|(day, cells)| {
        let cells = cells.into_iter().map(|cell| match cell {
            Some(HeatCell { seconds, step, words, href }) => {
                let minutes = seconds / 60;
                view! {
                    <td class=format!("heat-{step}")>
                        <a href=href aria-label=words.clone() title=words>{minutes}</a>
                    </td>
                }
                .into_any()
            }
            None => view! { <td class="heat-none"><span class="visually-hidden">{tr!("none")}</span></td> }.into_any(),
        });
        let cells = cells.collect_view();
        view! { <tr><th scope="row">{day}</th>{cells}</tr> }.into_any()
    });
    view! {
        <div class="table-wrap" role="group" aria-label=tr!("By weekday and hour") tabindex="0">
            <table class="heat">
                <caption class="visually-hidden">{tr!("Median in minutes, by weekday and hour")}</caption>
                <thead><tr><td></td>{head}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn per_cent(part: i64, whole: i64) -> String {
    format!("{:.2}%", (part as f64 * 100.0 / whole.max(1) as f64).clamp(0.0, 100.0))
}

fn draw_bars(bars: &[Bar]) -> AnyView {
    let longest = bars.iter().flat_map(|bar| [bar.p90, bar.median, bar.target]).flatten().max().unwrap_or(1) * 21 / 20;
    let rows = bars.iter().map(|bar| {
        let late = bar.median.zip(bar.target).map_or(Lateness::InTime, |(median, target)| Lateness::of(median, Some(target / 60)));
        let words = match (bar.median, bar.p90) {
            (Some(median), Some(p90)) => format!("{} / {}", short(median), short(p90)),
            _ => "–".to_owned(),
        };
        let within = bar.within.map(|share| format!(" · {share:.0} %"));
        let name = match &bar.href {
            Some(href) => view! { <a href=href.clone()>{bar.name.clone()}</a> }.into_any(),
            None => bar.name.clone().into_any(),
        };
        let target = bar.target.map(|target| {
            let x = per_cent(target, longest);
            view! { <line class="bar-target" x1=x.clone() x2=x y1="0" y2="28"></line> }
        });
        view! {
            <li class="bar-row">
                <span class="bar-name">{name}</span>
                <svg class="bar" aria-hidden="true" width="100%" height="28">
                    <rect class="bar-ground" x="0" y="5" width="100%" height="18" rx="4"></rect>
                    <rect class="bar-p90" x="0" y="5" width=per_cent(bar.p90.unwrap_or(0), longest) height="18" rx="4"></rect>
                    <rect class="bar-median" x="0" y="5" width=per_cent(bar.median.unwrap_or(0), longest) height="18" rx="4"></rect>
                    {target}
                </svg>
                <span class=late.class("wait")>{words} {within} <span class="bar-count">{times(bar.count)}</span></span>
            </li>
        }
        .into_any()
    });
    view! { <ul class="bars">{rows.collect_view()}</ul> }.into_any()
}

/// A duration in the least room: 52 min, 1 h 28.
pub fn short(seconds: i64) -> String {
    let minutes = seconds / 60;
    let [day, hour, minute] = units();
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("<1 {minute}"),
        (0, minutes) => format!("{minutes} {minute}"),
        (hours @ 48.., _) => format!("{} {day}", hours / 24),
        (hours, minutes) => format!("{hours} {hour} {minutes:02}"),
    }
}

fn draw_counts(phase: Phase, counts: &[Count], written: impl Fn(usize) -> String) -> AnyView {
    let most = counts.iter().map(|count| count.count).max().unwrap_or(1) as i64;
    let rows = counts.iter().map(|count| {
        let note = (!count.note.is_empty()).then(|| format!(" · {}", count.note));
        let name = match count.href.clone() {
            Some(href) => view! { <a href=href>{count.name.clone()}</a> }.into_any(),
            None => count.name.clone().into_any(),
        };
        view! {
            <li class="bar-row bar-row-count">
                <span class="bar-name">{name}</span>
                <svg class="bar" aria-hidden="true" width="100%" height="28">
                    <rect class="bar-solid" x="0" y="3" width=per_cent(count.count as i64, most) height="22" rx="4"></rect>
                </svg>
                <span class="bar-number"><b>{written(count.count)}</b> {note}</span>
            </li>
        }
        .into_any()
    });
    view! { <ul class=phase_class("bars", phase)>{rows.collect_view()}</ul> }.into_any()
}

/// The drawing of lines, in its own units.
const WIDTH: f64 = 1240.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 76.0;
const BOTTOM: f64 = 28.0;

fn draw_lines(lines: &Lines) -> AnyView {
    let values = lines.lines.iter().flat_map(|(.., values)| values.iter().flatten());
    let most = values.copied().chain(lines.target).max().unwrap_or(60).max(60);
    let step = [5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 7200];
    let step = step.into_iter().map(|minutes| minutes * 60).find(|step| most / step < 5).unwrap_or(most);
    let top = (most / step + 1) * step;
    let count = lines.days.len().max(1);
    let x = |place: usize| LEFT + (WIDTH - LEFT - 12.0) * (place as f64 + 0.5) / count as f64;
    let y = |seconds: i64| 8.0 + (HEIGHT - BOTTOM - 8.0) * (1.0 - seconds as f64 / top as f64);
    let grid = (0..=top / step).map(|line| {
        let at = y(line * step);
        let label = if line == 0 { "0".to_owned() } else { duration(line * step) };
        view! {
            <line class="grid" x1=LEFT.to_string() x2=WIDTH.to_string() y1=format!("{at:.1}") y2=format!("{at:.1}")></line>
            <text class="axis" x=(LEFT - 8.0).to_string() y=format!("{:.1}", at + 4.0) text-anchor="end">{label}</text>
        }
    });
    let every = count.div_ceil(14);
    let days = lines.days.iter().enumerate().filter(|(place, _)| place % every == 0).map(|(place, day)| {
        view! { <text class="axis" x=format!("{:.1}", x(place)) y=(HEIGHT - 8.0).to_string() text-anchor="middle">{day.clone()}</text> }
    });
    let target = lines.target.map(|target| {
        let at = format!("{:.1}", y(target));
        view! { <line class="line-target" x1=LEFT.to_string() x2=WIDTH.to_string() y1=at.clone() y2=at></line> }
    });
    let drawn = lines.lines.iter().map(|(_, class, values)| {
        let points: Vec<_> =
            values.iter().enumerate().filter_map(|(place, value)| Some((x(place), y((*value)?)))).collect();
        let path = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
        let dots = points.iter().map(|(x, y)| {
            view! { <circle cx=format!("{x:.1}") cy=format!("{y:.1}") r="3"></circle> }
        });
        view! { <g class=*class><polyline points=path></polyline>{dots.collect_view()}</g> }.into_any()
    });
    let drawn = drawn.collect_view();
    let mut key: Vec<_> = lines.lines.iter().map(|(name, class, _)| (name.clone(), *class)).collect();
    if lines.target.is_some() {
        key.push((tr!("target"), "line-target"));
    }
    let key = key.into_iter().map(|(name, class)| {
        view! {
            <li>
                <svg aria-hidden="true" width="24" height="12"><g class=class><line class=class x1="0" x2="24" y1="6" y2="6"></line></g></svg>
                {name}
            </li>
        }
    });
    view! {
        <svg class="lines" viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=tr!("Day by day; the table has the figures")>
            {grid.collect_view()} {days.collect_view()} {target} {drawn}
        </svg>
        <ul class="lines-key">{key.collect_view()}</ul>
    }
    .into_any()
}

fn draw_paths(paths: Vec<Path>) -> AnyView {
    let rows = paths.into_iter().map(|path| {
        let stops =
            path.stops.into_iter().map(|(phase, name)| view! { <li class=phase_class("stop", phase)>{name}</li> });
        view! {
            <li class="path">
                <ol class="stops">{stops.collect_view()}</ol>
                <svg class="bar" aria-hidden="true" width="100%" height="8">
                    <rect class="bar-ground" x="0" y="0" width="100%" height="8" rx="4"></rect>
                    <rect class="bar-median" x="0" y="0" width=format!("{:.2}%", path.share) height="8" rx="4"></rect>
                </svg>
                <span class="path-words"><b>{format!("{:.0} %", path.share)}</b> " · " <a href=path.href>{path.words}</a></span>
            </li>
        }
        .into_any()
    });
    view! { <ol class="paths">{rows.collect_view()}</ol> }.into_any()
}
