//! What is typed in a form and not sent, kept while its page is left and come back to.
//!
//! A form's `data-draft` names whose it is, what it is about and the number of its kind, with spaces between: once it was sent, the
//! next is another one. The browser keeps it in its tab, until a page says that somebody else is signed in there, or by `data-nobody`
//! that nobody is; a page that says neither, as of what did not work, lets it stay. A form with `data-typed` shows by itself what was
//! typed last. Lines that there is no room for are asked for by `rows` in the address, but not over a refusal that nobody has read.

use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlFormElement, HtmlInputElement, Storage};

use super::beside::{Field, beside, line_of};
use super::json;

/// What the names of drafts begin with.
const DRAFT: &str = "draft ";
/// Marks a form into which everything was put back.
const OFFERED: &str = "data-offered";

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
            // Whoever types where not everything was put back yet has read what stood against it.
            match form.has_attribute(OFFERED) {
                true => keep_typed(&form),
                false => offer(&form, true),
            }
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

/// Puts what was typed back into the page's form; what there is no room for is asked for once no refusal has to be read before.
fn fill_in() {
    let Some(form) = document().query_selector("form[data-draft]").ok().flatten() else { return };
    let Ok(form) = form.dyn_into::<HtmlFormElement>() else { return };
    let is_refused = matches!(document().query_selector("#refusal, #problem"), Ok(Some(_)));
    offer(&form, !is_refused);
}

/// Puts what was typed back into a form, beside what somebody was quick enough to type in it, and keeps both.
fn offer(form: &HtmlFormElement, may_ask: bool) {
    let name = name_of(form);
    // Those of lower numbers were sent.
    let about = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
    forget(|other| other.starts_with(about) && other != name);
    let typed = typed(form);
    // What is typed in a form that has it all is newer than what is kept.
    let has_all = form.has_attribute("data-typed") || (form.has_attribute(OFFERED) && !typed.is_empty());
    if !has_all {
        let both = beside(typed, &kept(&name));
        if both.iter().any(|(name, _)| form.elements().named_item(name).is_none()) {
            if !may_ask {
                return;
            }
            let rows = both.iter().filter_map(|(name, _)| line_of(name)).max().map_or(0, |last| last + 1);
            keep(&name, &both);
            if ask_for(rows) {
                // Until that page is here, nothing more is typed on this one.
                let _ = form.set_attribute("inert", "");
                return;
            }
        }
        for field in fields(form).filter(|field| field.value().is_empty()) {
            if let Some((_, text)) = both.iter().find(|(name, _)| *name == field.name()) {
                field.set_value(text);
            }
        }
    }
    let _ = form.set_attribute(OFFERED, "");
    keep_typed(form);
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

fn kept(name: &str) -> Vec<Field> {
    let text = storage().and_then(|storage| storage.get_item(name).ok()?);
    let fields = text.and_then(|text| json::read(&text));
    let pair = |field: &Value| Some((field[0].as_str()?.to_owned(), field[1].as_str()?.to_owned()));
    fields.iter().filter_map(Value::as_array).flatten().filter_map(pair).collect()
}

/// What is typed in a form.
fn typed(form: &HtmlFormElement) -> Vec<Field> {
    fields(form).map(|field| (field.name(), field.value())).filter(|(_, text)| !text.is_empty()).collect()
}

/// Keeps what is typed in a form.
fn keep_typed(form: &HtmlFormElement) {
    keep(&name_of(form), &typed(form));
}

/// Keeps fields under a name; of a blank form, nothing.
fn keep(name: &str, fields: &[Field]) {
    let Some(storage) = storage() else { return };
    let pair = |(name, text): &Field| Value::from(vec![name.as_str(), text.as_str()]);
    let _ = match fields.is_empty() {
        true => storage.remove_item(name),
        false => storage.set_item(name, &json::written(&fields.iter().map(pair).collect::<Value>())),
    };
}
