//! Searching as one types: what the server finds is shown below the box, without another page.
//!
//! A form with `data-lookup` names the address that answers with the list; the list goes into its `data-found`, and stands instead of
//! whatever bears `data-found-before`. While it asks that is `aria-busy`; where no answer comes, it says its `data-failed`. Without
//! this, the form is sent as any other.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, HtmlInputElement, XmlHttpRequest};

/// Long enough that a word is not asked for letter by letter.
const PAUSE: Duration = Duration::from_millis(180);

/// How many milliseconds an answer is waited for.
const PATIENCE: u32 = 8_000;

/// Begins to listen.
pub fn start() {
    let turn = Rc::new(Cell::new(0_u32));
    window_event_listener_untyped("input", move |event| {
        let Some((form, typed)) = asked(&event) else { return };
        let mine = turn.get().wrapping_add(1);
        turn.set(mine);
        let turn = Rc::clone(&turn);
        set_timeout(
            move || {
                // Only the last that was typed is asked for, and only its answer is shown.
                if turn.get() == mine {
                    ask(form, typed, move || turn.get() == mine);
                }
            },
            PAUSE,
        );
    });
}

/// The form and what is typed in it, when something was typed into a search.
fn asked(event: &Event) -> Option<(Element, String)> {
    let input = event.target()?.dyn_into::<HtmlInputElement>().ok()?;
    let form = input.closest("form[data-lookup]").ok()??;
    Some((form, input.value()))
}

fn ask(form: Element, typed: String, is_last: impl Fn() -> bool + 'static) {
    let Ok(Some(place)) = form.query_selector("[data-found]") else { return };
    if typed.trim().chars().count() < 2 {
        return show(&place, "");
    }
    let address = form.get_attribute("data-lookup").unwrap_or_default();
    let query = js_sys::encode_uri_component(typed.trim());
    let Ok(request) = XmlHttpRequest::new() else { return };
    if request.open("GET", &format!("{address}?q={query}")).is_err() {
        return;
    }
    let _ = place.set_attribute("aria-busy", "true");
    request.set_timeout(PATIENCE);
    let ended = {
        let request = request.clone();
        Closure::once_into_js(move || {
            if !is_last() {
                return;
            }
            match (request.status(), request.response_text()) {
                // A whole page is that for signing in.
                (Ok(200), Ok(Some(list))) if !list.starts_with("<!DOCTYPE") => show(&place, &list),
                _ => fail(&place),
            }
        })
    };
    request.set_onloadend(Some(ended.unchecked_ref()));
    let _ = request.send();
}

fn show(place: &Element, list: &str) {
    place.set_inner_html(list);
    settle(place);
}

/// What was found for another word is not left standing under this one.
fn fail(place: &Element) {
    place.set_text_content(place.get_attribute("data-failed").as_deref());
    settle(place);
}

fn settle(place: &Element) {
    let _ = place.remove_attribute("aria-busy");
    if let Ok(Some(before)) = document().query_selector("[data-found-before]") {
        let _ = before.toggle_attribute_with_force("hidden", place.has_child_nodes());
    }
}
