//! The small comforts of every page: waits that tick, buttons that cannot be pressed twice, keys.
//!
//! It works on attributes, so that screens need no island of their own for it:
//! - `<html data-now="1795248180000">`: the server's time in milliseconds, since a desk's clock may be wrong;
//! - `data-since="2026-11-21T09:03:00Z"`: the text is how long ago that is; below `data-past` time stands still;
//! - `<html data-units="d h min">`: what days, hours and minutes are called where that is not English;
//! - `data-print`: pressed, it prints the page; a tablet has no keys for it;
//! - `data-key="e"`: the key follows a link and opens a fold, the first of several that is not in a closed one; a field, and a button
//!   that logs something, it only focuses: one stray touch logs nothing, Enter does. `n`, which calls who is next, presses at once;
//! - `?` opens and closes `<dialog id="keys">`, which lists them in the words of what they press.

use leptos::prelude::*;

/// Keeps a page's waits, buttons and keys alive.
#[island]
pub fn Pulse() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    {
        browser::start();
        super::lookup::start();
        super::draft::start();
    }
}

#[cfg(feature = "hydrate")]
pub use browser::ahead;

#[cfg(feature = "hydrate")]
mod browser {
    use std::time::Duration;

    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, HtmlFormElement, KeyboardEvent, Node, SubmitEvent};

    use crate::journey::wording::{Units, duration_in};

    /// What a key only focuses.
    const ASKS: &str = "input, select, textarea, form[method=post] button:not([data-key=n])";

    /// Often enough that no wait is seen a minute late.
    const TICK: Duration = Duration::from_secs(10);

    /// How many milliseconds this browser's clock is ahead of the server's, when a page has just come.
    pub fn ahead() -> f64 {
        let html = document().document_element();
        let server: Option<i64> = html.and_then(|html| html.get_attribute("data-now")?.parse().ok());
        server.map_or(0.0, |server| js_sys::Date::now() - server as f64)
    }

    pub fn start() {
        let ahead = ahead();
        let tick = move || show_waits(js_sys::Date::now() - ahead);
        tick();
        set_interval(tick, TICK);
        window_event_listener_untyped("submit", |event| submit_once(event.unchecked_ref()));
        window_event_listener_untyped("pageshow", |_| release_forms());
        window_event_listener_untyped("click", |event| print(&event));
        window_event_listener_untyped("keydown", |event| press(event.unchecked_ref()));
    }

    /// What a key finds: nothing that stands in a closed fold.
    fn keyed(key: &str) -> String {
        format!("[data-key{key}]:not(details:not([open]) > :not(summary), details:not([open]) > :not(summary) *)")
    }

    fn all(selector: &str) -> impl Iterator<Item = Element> {
        let found = document().query_selector_all(selector).ok();
        let length = found.as_ref().map_or(0, |found| found.length());
        (0..length).filter_map(move |index| found.as_ref()?.get(index)?.dyn_into().ok())
    }

    fn first(selector: &str) -> Option<HtmlElement> {
        document().query_selector(selector).ok()??.dyn_into().ok()
    }

    fn show_waits(now: f64) {
        let units = document().document_element().and_then(|html| html.get_attribute("data-units"));
        let mut named = units.iter().flat_map(|units| units.split(' '));
        let units = match (named.next(), named.next(), named.next()) {
            (Some(day), Some(hour), Some(minute)) => Units { day, hour, minute },
            _ => Units::ENGLISH,
        };
        for element in all("[data-since]:not([data-past] *)") {
            let since = js_sys::Date::parse(&element.get_attribute("data-since").unwrap_or_default());
            if since.is_nan() {
                continue;
            }
            let words = duration_in(((now - since) / 1000.0) as i64, &units);
            if element.text_content().as_deref() != Some(&words) {
                element.set_text_content(Some(&words));
            }
        }
    }

    /// Marks a form as sent, and stops it from being sent again before the answer is there.
    fn submit_once(event: &SubmitEvent) {
        let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        if event.default_prevented() || form.has_attribute("target") {
            return;
        }
        if form.has_attribute("data-sent") {
            event.prevent_default();
            return;
        }
        let _ = form.set_attribute("data-sent", "");
        let pressed = event.submitter().map(Element::from);
        if let Some(button) = pressed.or_else(|| form.query_selector("button:not([type=button])").ok().flatten()) {
            let _ = button.set_attribute("aria-busy", "true");
        }
    }

    /// A page that comes back from the browser's memory is as fresh as it was.
    fn release_forms() {
        for form in all("form[data-sent]") {
            let _ = form.remove_attribute("data-sent");
        }
        for button in all("button[aria-busy]") {
            let _ = button.remove_attribute("aria-busy");
        }
    }

    fn print(event: &Event) {
        let pressed = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if pressed.is_some_and(|element| matches!(element.closest("[data-print]"), Ok(Some(_)))) {
            let _ = window().print();
        }
    }

    fn press(event: &KeyboardEvent) {
        let is_command = event.ctrl_key() || event.meta_key() || event.alt_key();
        // A key that is held says nothing to the page that comes next.
        if event.default_prevented() || event.repeat() || is_command || is_typing(event) {
            return;
        }
        let key = event.key();
        let keys = || first("dialog#keys")?.dyn_into::<HtmlDialogElement>().ok();
        match (key.as_str(), first("dialog[open]")) {
            ("?", None) => {
                if let Some(keys) = keys() {
                    list_keys(&keys);
                    let _ = keys.show_modal();
                }
            }
            ("?", Some(_)) => {
                if let Some(keys) = keys() {
                    keys.close();
                }
            }
            (_, None) if key.len() == 1 && (key == "/" || key.as_bytes()[0].is_ascii_alphanumeric()) => {
                let Some(element) = first(&keyed(&format!("='{key}'"))) else { return };
                let _ = element.focus();
                if !element.matches(ASKS).unwrap_or(false) {
                    element.click();
                }
            }
            _ => return,
        }
        event.prevent_default();
    }

    /// Lists what the keys of this page do, above what `?` itself does.
    fn list_keys(keys: &Element) -> Option<()> {
        let list = keys.query_selector("dl").ok()??;
        while list.child_element_count() > 2 {
            list.first_element_child()?.remove();
        }
        let last: Node = list.first_element_child()?.into();
        let mut listed = Vec::new();
        for element in all(&keyed("")) {
            let key = element.get_attribute("data-key")?;
            if listed.contains(&key) {
                continue;
            }
            let new = |name| document().create_element(name).ok();
            let (term, cap, words) = (new("dt")?, new("kbd")?, new("dd")?);
            cap.set_text_content(Some(&key));
            term.append_child(&cap).ok()?;
            words.set_text_content(Some(&words_of(&element)));
            list.insert_before(&term, Some(&last)).ok()?;
            list.insert_before(&words, Some(&last)).ok()?;
            listed.push(key);
        }
        Some(())
    }

    /// What an element is called, or says.
    fn words_of(element: &Element) -> String {
        let shown = || element.dyn_ref::<HtmlElement>().map(HtmlElement::inner_text);
        let words = element.get_attribute("aria-label").or_else(shown);
        words.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn is_typing(event: &Event) -> bool {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        target.is_some_and(|element| element.matches("input, select, textarea, [contenteditable]").unwrap_or(false))
    }
}
