//! Panels: a button for each, which ticks the tests that are ordered together.

use std::collections::BTreeSet;

use leptos::prelude::*;
use tr::tr;

use super::form::enter;
use super::icon::{Icon, icon};
use crate::hospital::tariff::TariffEntry;

/// The panels that tests belong to; they stand in the form of the order, above its tests.
///
/// A button sends the form, so that nothing typed is lost; the server answers with the panel's tests ticked.
pub fn panels<'a>(tests: impl Iterator<Item = &'a TariffEntry>) -> AnyView {
    let names: BTreeSet<&str> = tests.flat_map(|test| &test.panels).map(String::as_str).collect();
    if names.is_empty() {
        return ().into_any();
    }
    let buttons = names.into_iter().map(|name| {
        view! {
            <button class="button button-compact" name="_panel" value=name.to_owned() formnovalidate=true>
                {icon(Icon::TestTubes)} {name.to_owned()}
            </button>
        }
    });
    view! {
        {enter()}
        <div class="row" role="group" aria-label=tr!("Panels")>
            <span class="secondary small" aria-hidden="true">{tr!("Panels")}</span> {buttons.collect_view()}
        </div>
    }
    .into_any()
}
