//! Results as a table, the same at the bench and on paper.

use leptos::prelude::*;
use tr::tr;

use super::super::form::EventForm;
use super::super::icon::{Icon, icon};
use crate::hospital::tenants::Tenant;
use crate::journey::events::AnalyteResult;
use crate::journey::results::change;
use crate::journey::words::{Flag, Word};
use crate::language;
use crate::projections::earlier_results::EarlierResults;

/// A range as people write it: `12 – 17`, `≤ 20`, `≥ 40`.
pub fn range(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{low} – {high}"),
        (Some(low), None) => format!("≥ {low}"),
        (None, Some(high)) => format!("≤ {high}"),
        (None, None) => "–".to_owned(),
    }
}

/// The tag of a flag; what is in range needs none.
pub fn flag_tag(flag: Option<Flag>) -> AnyView {
    match flag {
        None => "–".into_any(),
        Some(Flag::Normal) => language::say(Flag::Normal.label()).into_any(),
        Some(Flag::Low) => {
            view! { <span class="tag tag-warning">{icon(Icon::TriangleAlert)} {tr!("flag" => "Low")}</span> }.into_any()
        }
        Some(Flag::High) => {
            view! { <span class="tag tag-warning">{icon(Icon::TriangleAlert)} {tr!("flag" => "High")}</span> }
                .into_any()
        }
        Some(Flag::Abnormal) => {
            view! { <span class="tag tag-warning">{icon(Icon::TriangleAlert)} {tr!("Abnormal")}</span> }.into_any()
        }
        Some(Flag::Critical) => {
            view! { <span class="tag tag-danger">{icon(Icon::TriangleAlert)} {tr!("Critical")}</span> }.into_any()
        }
    }
}

/// Marks a value critical, whatever its range says.
pub fn critical(form: &EventForm, field: &str, analyte: &str) -> AnyView {
    let word = Flag::Critical.word();
    view! {
        <label class="choice">
            <input type="checkbox" id=form.id(field) name=field.to_owned() value=word checked=form.chose(field, word)
                aria-label=tr!("Critical: {analyte}", analyte)/>
            {tr!("Critical")}
        </label>
    }
    .into_any()
}

/// What was measured before in the same unit, and when: "11.2, 3 Oct".
pub fn earlier(before: Option<(&EarlierResults, &Tenant)>, analyte: &str, unit: Option<&str>) -> String {
    let found =
        before.and_then(|(before, tenant)| Some((before.value(analyte, unit)?, tenant.local_day(before.ordered_at))));
    found.map_or_else(|| "–".to_owned(), |(value, day)| format!("{value}, {}", language::date(day, "%-d %b")))
}

/// The results of a test, beside those before when they are asked for; `id` is the caption's.
pub fn results(
    results: &[AnalyteResult],
    before: Option<(&EarlierResults, &Tenant)>,
    id: String,
    test: &str,
) -> AnyView {
    let row = |result: &AnalyteResult| {
        let bound = |bound: &Option<_>| bound.as_ref().map(|bound: &crate::journey::schema::Decimal<_, _>| bound.0);
        let unit = result.unit.as_deref().map(String::as_str);
        let value = result.value.0.clone();
        let value = match result.flag {
            None | Some(Flag::Normal) => value.into_any(),
            Some(_) => view! { <b>{value}</b> }.into_any(),
        };
        view! {
            <tr>
                <th scope="row">{result.analyte.0.clone()}</th>
                <td class="number">{value}</td>
                <td>{unit.unwrap_or("–").to_owned()}</td>
                <td class="nowrap">{range(bound(&result.low), bound(&result.high))}</td>
                <td>{flag_tag(result.flag)}</td>
                {before.map(|_| {
                    let value = before.and_then(|(before, _)| before.value(&result.analyte.0, unit));
                    let change = value.and_then(|value| change(&result.value.0, value));
                    let change = change.unwrap_or_else(|| "–".to_owned());
                    view! {
                        <td class="number nowrap">{change}</td>
                        <td class="nowrap">{earlier(before, &result.analyte.0, unit)}</td>
                    }
                })}
            </tr>
        }
    };
    view! {
        <div class="table-wrap" role="group" aria-labelledby=id tabindex="0">
            <table class="table">
                <caption class="visually-hidden" id=id.clone()>{tr!("Results of {test}", test)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{tr!("Analyte")}</th>
                        <th scope="col" class="number">{tr!("Value")}</th>
                        <th scope="col">{tr!("Unit")}</th>
                        <th scope="col">{tr!("Range")}</th>
                        <th scope="col">{tr!("Flag")}</th>
                        {before.map(|_| view! { <th scope="col" class="number">{tr!("since before" => "Change")}</th> <th scope="col">{tr!("measured before" => "Last")}</th> })}
                    </tr>
                </thead>
                <tbody>{results.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
