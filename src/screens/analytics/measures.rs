//! All measures at once, each beside the period before.

use tr::tr;

use super::asked::Asked;
use super::charts::{Bar, Chart};
use super::panel::{Cell, Listed, Panel, Sheet};
use super::waits::{columns, columns_before, exactly, figures, figures_before, nothing};
use crate::analytics::Among;
use crate::analytics::figures::FEWEST;
use crate::analytics::waits::Figures;
use crate::language::{duration, say};

/// Tells of every measure.
pub fn panel(all: &Figures, asked: &Asked) -> Panel {
    let mut sheet = Sheet::new(std::iter::once(tr!("measure")).chain(columns()).chain(columns_before()));
    for (measure, [now, before]) in all {
        let name = Cell::Text(say(measure.label())).linked(asked.of(*measure).measured());
        sheet.row(std::iter::once(name).chain(figures(now)).chain(figures_before(before)));
    }
    let bars = all.iter().filter(|(_, [now, _])| now.count > 0).map(|(measure, [now, _])| Bar {
        name: say(measure.label()),
        href: Some(asked.of(*measure).address("/analytics")),
        median: now.median,
        p90: now.p90,
        target: None,
        within: now.share_within(),
        count: now.count,
    });
    let bars: Vec<_> = bars.collect();
    // What a few visits took says nothing of a period.
    let told = all.iter().filter(|(_, both)| both.iter().all(|figure| figure.visits >= FEWEST));
    let both = told.filter_map(|(measure, [now, before])| Some((*measure, now.median?, before.median?)));
    let finding = match both.max_by_key(|(_, now, before)| (*now - *before).abs()) {
        _ if bars.is_empty() => nothing(),
        None => tr!("There is too little, now or before, to compare."),
        Some((_, now, before)) if (now - before).abs() < 60 => {
            tr!("At the median, no measure differs by a minute from the period before.")
        }
        Some((measure, now, before)) => {
            let (measure, now, before) = (say(measure.label()), duration(now), duration(before));
            tr!("Changed most: {measure}, {now} at the median, {before} before.", measure, now, before)
        }
    };
    let here = tr!("Every measure, over all visits that are looked at; what each means is said at its tile.");
    Panel {
        id: "measures",
        title: tr!("All measures"),
        finding,
        chart: if bars.is_empty() { Chart::Nothing } else { Chart::Bars(bars) },
        sheet,
        definition: format!("{here} {}", exactly()),
        listed: Listed::Visits(asked.listing(Among::All)),
        wide: true,
    }
}
