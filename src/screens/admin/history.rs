//! What became of one thing of the house: each change, by whom, from what to what.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde_json::{Map, Value};
use tr::tr;

use crate::hospital::event_types;
use crate::hospital::tariff::Analyte;
use crate::hospital::tenants::Tenant;
use crate::journey::course::Measure;
use crate::journey::ids::Id as _;
use crate::journey::words::Word as _;
use crate::language::say;
use crate::log::{NewEvent, StoredEvent};
use crate::screens::form::field_label;
use crate::screens::icon::{Icon, icon};
use crate::screens::lab::results::range;
use crate::screens::parts::{day_and_time, empty};

/// What ids of the house are called.
pub type Names = BTreeMap<String, String>;

/// Shows the changes, the latest first.
pub fn history(tenant: &Tenant, events: &[StoredEvent], names: &Names) -> AnyView {
    let rows = events
        .iter()
        .rev()
        .map(|stored| {
            let event = &stored.event;
            let title = event_types::title(&event.event_type)
                .map(|title| say(&title))
                .unwrap_or_else(|| event.event_type.clone());
            let by = names.get(event.performed_by.as_str()).cloned().unwrap_or_else(|| tr!("name" => "somebody"));
            let at = day_and_time(tenant, event.performed_at);
            let changes = changes(tenant, event, names);
            view! {
                <li class="list-row">
                    {icon(Icon::History)}
                    <div class="list-main">
                        <p class="list-title">{title}</p>
                        {changes.into_iter().map(|words| view! { <p class="list-detail">{words}</p> }).collect_view()}
                        <p class="list-detail">{tr!("{time} by {person}", time = at, person = by)}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    let body = if events.is_empty() {
        empty(
            Icon::History,
            tr!("Nothing was changed yet"),
            tr!("Every change stands here, with its old and its new value."),
        )
    } else {
        view! { <ul class="list">{rows}</ul> }.into_any()
    };
    view! {
        <section class="card card-flush" aria-labelledby="history">
            <div class="card-head"><h2 id="history">{tr!("History")}</h2></div>
            {body}
        </section>
    }
    .into_any()
}

/// A change in words: each field with its old and its new value.
fn changes(tenant: &Tenant, event: &NewEvent, names: &Names) -> Vec<String> {
    let metadata = event.today();
    if let Some(measure) = metadata.get("measure").and_then(Value::as_str).and_then(Measure::from_word) {
        return vec![target(measure, &event.aggregate_id, &metadata, names)];
    }
    let said = |name: &str, value: Option<&Value>| said(tenant, name, value.unwrap_or(&Value::Null), names);
    match (metadata.get("before"), metadata.get("after")) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => after
            .iter()
            .map(|(name, value)| {
                format!("{}: {} → {}", field_label(name), said(name, before.get(name)), said(name, Some(value)))
            })
            .collect(),
        (Some(before), Some(after)) => vec![format!("{} → {}", said("", Some(before)), said("", Some(after)))],
        _ => metadata
            .as_object()
            .unwrap_or(&Map::new())
            .iter()
            .map(|(name, value)| format!("{}: {}", field_label(name), said(name, Some(value))))
            .collect(),
    }
}

/// A department's target in words: "General Medicine · Wait for the doctor: 30 min → 20 min".
fn target(measure: Measure, department: &str, metadata: &Value, names: &Names) -> String {
    let minutes = |side: &str| match metadata.get(side).and_then(Value::as_i64) {
        Some(minutes) => tr!("{minutes} min", minutes),
        None => tr!("none"),
    };
    let department = names.get(department).map(|name| format!("{name} · ")).unwrap_or_default();
    format!("{department}{}: {} → {}", say(measure.label()), minutes("before"), minutes("after"))
}

fn said(tenant: &Tenant, name: &str, value: &Value, names: &Names) -> String {
    match value {
        Value::Null => tr!("none"),
        Value::Bool(true) => tr!("yes"),
        Value::Bool(false) => tr!("no"),
        Value::Number(number) if name == "price" => {
            tenant.money(crate::journey::money::Money(number.as_i64().unwrap_or_default()))
        }
        Value::String(text) => names.get(text).cloned().unwrap_or_else(|| match text.parse() {
            Ok(moment) => day_and_time(tenant, moment),
            Err(_) if text.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_') => {
                say(&text.replace('_', " ").to_lowercase())
            }
            Err(_) => text.clone(),
        }),
        Value::Object(_) => serde_json::from_value(value.clone()).map_or_else(|_| value.to_string(), measured),
        Value::Array(items) if items.is_empty() => tr!("none"),
        Value::Array(items) => items.iter().map(|item| said(tenant, name, item, names)).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What a test measures, with its range: "Haemoglobin 12 – 17 g/dL".
fn measured(Analyte { analyte, unit, low, high }: Analyte) -> String {
    let range = (low.is_some() || high.is_some()).then(|| range(low, high));
    [Some(analyte), range, unit].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
