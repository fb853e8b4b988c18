//! Searching as one types: what the server finds is shown below the box, without another page.
//!
//! A form with `data-lookup` names the address that answers with the list; the list goes into its `data-found`, and stands instead of
//! whatever bears `data-found-before`. Without this, the form is sent as any other.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlInputElement, Response};

/// Long enough that a word is not asked for letter by letter.
const PAUSE: Duration = Duration::from_millis(180);

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
    let answered = window().fetch_with_str(&format!("{address}?q={query}"));
    let text = Closure::once(move |response: JsValue| -> JsValue {
        let response: Response = response.unchecked_into();
        match response.ok().then(|| response.text()) {
            Some(Ok(text)) => text.into(),
            _ => JsValue::NULL,
        }
    });
    let shown = Closure::once(move |text: JsValue| {
        if let (Some(text), true) = (text.as_string(), is_last()) {
            show(&place, &text);
        }
    });
    let ignored = Closure::once(|_: JsValue| {});
    let _ = answered.then(&text).then2(&shown, &ignored);
    text.forget();
    shown.forget();
    ignored.forget();
}

fn show(place: &Element, list: &str) {
    place.set_inner_html(list);
    if let Ok(Some(before)) = document().query_selector("[data-found-before]") {
        let _ = before.toggle_attribute_with_force("hidden", !list.is_empty());
    }
}
