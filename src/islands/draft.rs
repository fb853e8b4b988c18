//! What is typed in a form and not sent, kept while its page is left and come back to.
//!
//! A form's `data-draft` names whose it is, what it is about and the number of its kind, with spaces between: once it was sent, the
//! next is another one. The browser keeps it in its tab, until a page says that somebody else is signed in there, or by `data-nobody`
//! that nobody is; a page that says neither, as of what did not work, lets it stay. A form with `data-typed` shows by itself what was
//! typed last. Lines that there is no room for are asked for by `rows` in the address.

use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlFormElement, HtmlInputElement, Storage};

use super::json;

/// What the names of drafts begin with.
const DRAFT: &str = "draft ";

/// Begins to keep what is typed.
pub fn start() {
    let person = document().get_element_by_id("not-sent").and_then(|place| place.get_attribute("data-person"));
    if let Some(person) = person {
        let own = [DRAFT, &person, " "].concat();
        forget(|name| !name.starts_with(&own));
    } else if let Ok(Some(_)) = document().query_selector("[data-nobody]") {
        forget_all();
    }
    fill_in();
    window_event_listener_untyped("input", |event| {
        let field = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let form = field.and_then(|field| field.closest("form[data-draft]").ok()?);
        if let Some(form) = form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) {
            keep(&form);
        }
    });
    let renewed = Closure::<dyn Fn()>::new(fill_in);
    let _ = document().add_event_listener_with_callback("renewed", renewed.as_ref().unchecked_ref());
    renewed.forget();
}

fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}

/// Forgets all drafts.
pub fn forget_all() {
    forget(|_| true);
}

/// Forgets the drafts of certain names.
fn forget(which: impl Fn(&str) -> bool) {
    let Some(storage) = storage() else { return };
    let all = 0..storage.length().unwrap_or_default();
    let names: Vec<String> = all.filter_map(|index| storage.key(index).ok()?).collect();
    for name in names.iter().filter(|name| name.starts_with(DRAFT) && which(name)) {
        let _ = storage.remove_item(name);
    }
}

/// Puts what was typed back into a blank form, and keeps what is in it.
fn fill_in() {
    let Ok(Some(form)) = document().query_selector("form[data-draft]") else { return };
    let Ok(form) = form.dyn_into::<HtmlFormElement>() else { return };
    let name = name_of(&form);
    // Those of lower numbers were sent.
    let about = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
    forget(|other| other.starts_with(about) && other != name);
    // Of two prescriptions, cell by cell, a third would come about.
    let is_blank = fields(&form).all(|field| field.value().is_empty());
    if is_blank && !form.has_attribute("data-typed") {
        let kept = kept(&name);
        let line = |(name, _): &(String, String)| name.split_once('[')?.1.split_once(']')?.0.parse::<usize>().ok();
        let rows = kept.iter().filter_map(line).max().map_or(0, |last| last + 1);
        let is_short = kept.iter().any(|(name, _)| form.elements().named_item(name).is_none());
        if is_short && ask_for(rows) {
            return;
        }
        for field in fields(&form) {
            if let Some((_, text)) = kept.iter().find(|(name, _)| *name == field.name()) {
                field.set_value(text);
            }
        }
    }
    keep(&form);
}

/// Asks for the page with so many lines, unless it is that page already.
fn ask_for(rows: usize) -> bool {
    let asked = format!("rows={rows}");
    let address = window().location().search().unwrap_or_default();
    let mut parts: Vec<&str> = address.trim_start_matches('?').split('&').filter(|part| !part.is_empty()).collect();
    if parts.contains(&asked.as_str()) {
        return false;
    }
    parts.retain(|part| !part.starts_with("rows="));
    parts.push(&asked);
    window().location().replace(&["?", &parts.join("&")].concat()).is_ok()
}

/// The fields in which something is typed.
fn fields(form: &HtmlFormElement) -> impl Iterator<Item = HtmlInputElement> {
    let all = form.elements();
    let fields = (0..all.length()).filter_map(move |index| all.item(index)?.dyn_into::<HtmlInputElement>().ok());
    fields.filter(|field| field.type_() != "hidden" && !field.name().is_empty())
}

fn name_of(form: &HtmlFormElement) -> String {
    [DRAFT, &form.get_attribute("data-draft").unwrap_or_default()].concat()
}

fn kept(name: &str) -> Vec<(String, String)> {
    let text = storage().and_then(|storage| storage.get_item(name).ok()?);
    let fields = text.and_then(|text| json::read(&text));
    let pair = |field: &Value| Some((field[0].as_str()?.to_owned(), field[1].as_str()?.to_owned()));
    fields.iter().filter_map(Value::as_array).flatten().filter_map(pair).collect()
}

/// Keeps what is in a form; of a blank one, nothing.
fn keep(form: &HtmlFormElement) {
    let Some(storage) = storage() else { return };
    let name = name_of(form);
    let typed = fields(form).filter(|field| !field.value().is_empty());
    let typed: Vec<Value> = typed.map(|field| Value::from(vec![field.name(), field.value()])).collect();
    let _ = match typed.is_empty() {
        true => storage.remove_item(&name),
        false => storage.set_item(&name, &json::written(&Value::from(typed))),
    };
}
