//! Vital signs over time, this visit's and those of visits before: a column for each measurement, a line through them.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::vital_signs::measurements;
use super::{Chart, Doctor, EarlierVisit};
use crate::language;

/// How many measurements are shown.
const COLUMNS: usize = 6;
/// The room that a line has, in units of its drawing.
const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 24.0;

/// One sign: its name, its unit, and what it was in each column.
struct Row {
    name: &'static str,
    unit: &'static str,
    values: Vec<Option<String>>,
}

/// Draws the table; nothing when nothing was measured.
pub(super) fn trend(chart: &Chart, earlier: &[EarlierVisit], doctor: &Doctor) -> AnyView {
    let visits = earlier.iter().map(|visit| visit.steps.as_slice()).chain([chart.steps.as_slice()]);
    let mut measured: Vec<_> = visits.flat_map(measurements).collect();
    if measured.is_empty() {
        return ().into_any();
    }
    measured.sort_by_key(|(at, _)| *at);
    let measured = &measured[measured.len().saturating_sub(COLUMNS)..];
    let mut rows: Vec<Row> = Vec::new();
    for (column, (_, vitals)) in measured.iter().enumerate() {
        for (name, value, unit) in vitals.measurements() {
            let at = rows.iter().position(|row| row.name == name).unwrap_or_else(|| {
                rows.push(Row { name, unit, values: vec![None; measured.len()] });
                rows.len() - 1
            });
            rows[at].values[column] = Some(value);
        }
    }
    let heads = measured.iter().map(|(at, _)| head(*at, doctor)).collect_view();
    let rows = rows.into_iter().map(row).collect_view();
    view! {
        <section aria-labelledby="trend">
            <h2 class="form-title" id="trend">{tr!("Trend")}</h2>
            <div class="table-wrap" role="group" aria-labelledby="trend" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{tr!("Measured")}</th>
                            {heads}
                            <th scope="col"><span class="visually-hidden">{tr!("drawing" => "Line")}</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

fn head(at: DateTime<Utc>, doctor: &Doctor) -> AnyView {
    let local = doctor.tenant.local(at);
    view! {
        <th scope="col" class="number">
            {language::date(local, "%-d %b %Y")} <span class="sub">{local.format("%H:%M").to_string()}</span>
        </th>
    }
    .into_any()
}

fn row(row: Row) -> AnyView {
    let numbers: Vec<Option<f64>> = row.values.iter().map(|value| value.as_deref().and_then(number)).collect();
    let line = points(&numbers).map(|points| {
        let view_box = format!("0 0 {WIDTH} {HEIGHT}");
        view! {
            <svg class="trend" viewBox=view_box width=WIDTH.to_string() height=HEIGHT.to_string() aria-hidden="true">
                <polyline points=points></polyline>
            </svg>
        }
    });
    let values = row
        .values
        .into_iter()
        .map(|value| view! { <td class="number">{value.unwrap_or_else(|| "–".to_owned())}</td> })
        .collect_view();
    view! {
        <tr>
            <th scope="row">{language::say(row.name)} <span class="sub">{language::say(row.unit)}</span></th>
            {values}
            <td>{line}</td>
        </tr>
    }
    .into_any()
}

/// The number that a value is drawn by; of a blood pressure the upper one.
fn number(value: &str) -> Option<f64> {
    value.split('/').next().and_then(|value| value.parse().ok())
}

/// The points of a line through at least two numbers, the lowest at the bottom.
fn points(numbers: &[Option<f64>]) -> Option<String> {
    let known: Vec<(usize, f64)> =
        numbers.iter().enumerate().filter_map(|(at, number)| Some((at, (*number)?))).collect();
    if known.len() < 2 {
        return None;
    }
    let least = known.iter().map(|(_, number)| *number).fold(f64::INFINITY, f64::min);
    let most = known.iter().map(|(_, number)| *number).fold(f64::NEG_INFINITY, f64::max);
    let (step, range) = ((WIDTH - 4.0) / (numbers.len() - 1) as f64, (most - least).max(f64::EPSILON));
    let point = |(at, number): &(usize, f64)| {
        let height = if most > least { (number - least) / range } else { 0.5 };
        format!("{:.1},{:.1}", 2.0 + step * *at as f64, HEIGHT - 3.0 - height * (HEIGHT - 6.0))
    };
    Some(known.iter().map(point).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_the_first_to_the_last_that_is_known() {
        assert_eq!(points(&[Some(36.0), None, Some(38.0)]).as_deref(), Some("2.0,21.0 94.0,3.0"));
        assert_eq!(points(&[Some(36.0), Some(36.0)]).as_deref(), Some("2.0,12.0 94.0,12.0"));
        assert_eq!(points(&[Some(36.0)]), None);
        assert_eq!((number("120/80"), number("–/80"), number("38.5")), (Some(120.0), None, Some(38.5)));
    }
}
