//! Panels: a button for each, which ticks the tests that are ordered together.

use leptos::prelude::*;
use tr::tr;

use super::form::enter;
use super::icon::{Icon, icon};
use crate::hospital::tariff::{TariffEntry, is_same_panel};

/// The panels that tests belong to; they stand in the form of the order, above its tests.
///
/// A button sends the form, so that nothing typed is lost; the server answers with the panel's tests ticked.
pub fn panels<'a>(tests: impl Iterator<Item = &'a TariffEntry>) -> AnyView {
    let mut names: Vec<&str> = tests.flat_map(|test| &test.panels).map(String::as_str).collect();
    names.sort_unstable_by_key(|name| name.to_lowercase());
    names.dedup_by(|one, other| is_same_panel(one, other));
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
