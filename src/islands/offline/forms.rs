//! The page's forms: sent while the server is there, otherwise kept; and what is typed in them, kept as it is typed.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlSelectElement, SubmitEvent};

use super::super::draft;
use super::super::language::say;
use super::kept::{EVENTS, in_lines, metadata};
use super::tablet::{Tablet, began, owner, set_owner};
use super::{html, network, store};
use crate::journey::decimal;
use crate::journey::events::EventType;
use crate::journey::ids::{Id, TestId};
use crate::journey::results::change;
use crate::journey::wording::fill;
use crate::journey::words::Word;

/// The laboratory without network.
pub const SHELL: &str = "/lab/offline";
/// Marks a form that may go its way: the server is there.
const REACHED: &str = "data-reached";

/// Begins to listen, before anything else on the page hears of a form.
pub fn listen(tablet: Tablet, is_shell: bool) {
    let submitted = Closure::<dyn Fn(Event)>::new(move |event: Event| submitted(tablet, is_shell, &event));
    let _ = document().add_event_listener_with_callback_and_bool("submit", submitted.as_ref().unchecked_ref(), true);
    submitted.forget();
    window_event_listener_untyped("input", |event| {
        let form = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
        let Some(form) = form.and_then(|field| field.closest("form").ok()?) else { return };
        if let Ok(form) = form.dyn_into::<HtmlFormElement>() {
            judge(&form);
            keep_draft(form);
        }
    });
    if !is_shell {
        fill_in_drafts();
    }
}

fn submitted(tablet: Tablet, is_shell: bool, event: &Event) {
    let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
    let is_leaving = form.get_attribute("action").as_deref() == Some("/logout");
    let typed = typed(&form);
    let step = event_of(&typed).filter(|_| is_shell || window().location().pathname().as_deref() == Ok("/lab"));
    if (step.is_none() && !is_leaving) || form.has_attribute(REACHED) {
        return;
    }
    event.prevent_default();
    event.stop_propagation();
    if form.has_attribute("data-sent") {
        return;
    }
    let submitter = event.unchecked_ref::<SubmitEvent>().submitter();
    if is_leaving {
        let unsent = tablet.unsent.with_untracked(Vec::len);
        let question = say("{unsent} not sent. Signing out forgets what is not sent. Sign out?");
        let question = fill(&question, &[("unsent", &unsent.to_string())]);
        if unsent > 0 && !window().confirm_with_message(&question).unwrap_or(false) {
            return;
        }
    }
    let _ = form.set_attribute("data-sent", "");
    spawn_local(async move {
        match step {
            Some(step) => act(tablet, is_shell, step, &form, submitter, typed).await,
            None => leave(tablet, &form, submitter).await,
        }
    });
}

/// Sends a step by its form, or keeps it.
async fn act(
    tablet: Tablet,
    is_shell: bool,
    step: EventType,
    form: &HtmlFormElement,
    submitter: Option<HtmlElement>,
    typed: Vec<(String, String)>,
) {
    if !is_shell && network::is_reachable().await {
        // What was typed is kept until the server has it: the network may be lost before it answers.
        go(form, submitter);
        return;
    }
    if !tablet.take(step, metadata(&typed)).await {
        let _ = form.remove_attribute("data-sent");
        return;
    }
    if let Some(test) = test_of(&typed) {
        let _ = store::forget_draft(&test).await;
    }
    if is_shell {
        let _ = form.remove_attribute("data-sent");
    } else {
        to_shell(form);
    }
}

/// Forgets everything and signs out; without network, the server is told as soon as it is there.
async fn leave(tablet: Tablet, form: &HtmlFormElement, submitter: Option<HtmlElement>) {
    let (person, began) = left().unwrap_or_else(|| (owner().unwrap_or_default(), began().unwrap_or_default()));
    tablet.purge().await;
    draft::forget_all();
    if network::is_reachable().await {
        go(form, submitter);
    } else {
        set_owner(Some(&[LEFT, &person, " ", &began].concat()));
        let _ = window().location().assign(SHELL);
    }
}

/// Stands before the owner until the server knows that they signed out, or somebody else signs in.
const LEFT: &str = "signed out ";

/// Who signed out without the server knowing of it, and when their session began.
pub fn left() -> Option<(String, String)> {
    let owner = owner()?;
    let left = owner.strip_prefix(LEFT)?;
    let (person, began) = left.rsplit_once(' ').unwrap_or((left, ""));
    Some((person.to_owned(), began.to_owned()))
}

/// Sends a form as if nothing had come between.
fn go(form: &HtmlFormElement, submitter: Option<HtmlElement>) {
    let _ = form.set_attribute(REACHED, "");
    let _ = form.remove_attribute("data-sent");
    let _ = match &submitter {
        Some(button) => form.request_submit_with_submitter(Some(button)),
        None => form.request_submit(),
    };
    let _ = form.remove_attribute(REACHED);
}

/// Goes on where there is no network; without a service worker, which needs TLS, the page stays and says what is not sent.
fn to_shell(form: &HtmlFormElement) {
    let has_worker = window().is_secure_context() && window().navigator().service_worker().controller().is_some();
    if has_worker {
        let stage = window().location().search().unwrap_or_default();
        let _ = window().location().assign(&format!("{SHELL}{stage}"));
    } else if let Ok(Some(button)) = form.query_selector("button") {
        button.set_text_content(Some(&say("Not sent yet")));
        let _ = button.set_attribute("disabled", "");
    }
}

/// What is in a form.
fn typed(form: &HtmlFormElement) -> Vec<(String, String)> {
    let fields = form.elements();
    let field = |index| {
        let field = fields.item(index)?;
        if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
            // What is not ticked is not said.
            let is_said = input.type_() != "checkbox" || input.checked();
            return is_said.then(|| (input.name(), input.value()));
        }
        let select = field.dyn_ref::<HtmlSelectElement>()?;
        Some((select.name(), select.value()))
    };
    (0..fields.length()).filter_map(field).filter(|(name, _)| !name.is_empty()).collect()
}

fn value<'a>(typed: &'a [(String, String)], name: &str) -> Option<&'a str> {
    typed.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

fn event_of(typed: &[(String, String)]) -> Option<EventType> {
    EventType::from_word(value(typed, "_event")?).filter(|event| EVENTS.contains(event))
}

fn test_of(typed: &[(String, String)]) -> Option<TestId> {
    TestId::parse(value(typed, "testId")?).ok()
}

/// Says of each value, in its line, how it compares with its range and with the value before.
fn judge(form: &HtmlFormElement) {
    let typed = typed(form);
    for (name, text) in &typed {
        let Some(line) = name.strip_suffix(".value") else { continue };
        let bound = |end: &str| decimal::read(value(&typed, &format!("{line}.{end}"))?);
        let field = form.elements().named_item(name);
        let Some(row) = field.and_then(|field| field.closest("tr, .field").ok()?) else { continue };
        if let Ok(Some(place)) = row.query_selector("[data-judged]") {
            place.set_inner_html(&html::judged(text, bound("low"), bound("high")));
        }
        if let Ok(Some(place)) = row.query_selector("[data-before]") {
            let before = place.get_attribute("data-before").unwrap_or_default();
            place.set_text_content(Some(&change(text, &before).unwrap_or_default()));
        }
    }
}

/// Keeps what is typed of results.
fn keep_draft(form: HtmlFormElement) {
    let typed = typed(&form);
    let (Some(EventType::TestCompleted), Some(test)) = (event_of(&typed), test_of(&typed)) else { return };
    let lines: Vec<_> = typed.into_iter().filter(|(name, _)| name.starts_with("results")).collect();
    spawn_local(async move {
        let _ = store::keep_draft(&test, &lines).await;
    });
}

/// The lines of a form for what the tariff knows: what each measures, and its unit.
fn lines(form: &HtmlFormElement) -> Vec<(String, String)> {
    let given = |line: usize, field: &str| {
        let input =
            form.elements().named_item(&format!("results[{line}].{field}"))?.dyn_into::<HtmlInputElement>().ok()?;
        (input.type_() == "hidden").then(|| input.value())
    };
    (0..).map_while(|line| Some((given(line, "analyte")?, given(line, "unit").unwrap_or_default()))).collect()
}

/// Puts what was typed without being sent back into an open form.
fn fill_in_drafts() {
    let Ok(Some(event)) = document().query_selector("form input[name=_event][value=TEST_COMPLETED]") else { return };
    let Some(form) = event.closest("form").ok().flatten().and_then(|form| form.dyn_into::<HtmlFormElement>().ok())
    else {
        return;
    };
    let Some(test) = test_of(&typed(&form)) else { return };
    let is_as_given = |input: &HtmlInputElement| {
        let stands = input.value() == input.default_value() && input.checked() == input.default_checked();
        input.type_() != "hidden" && stands
    };
    spawn_local(async move {
        let draft = store::draft(&test).await.unwrap_or_default();
        let lines = lines(&form);
        let lines: Vec<_> = lines.iter().map(|(analyte, unit)| (analyte.as_str(), unit.as_str())).collect();
        for (name, text) in in_lines(&draft, &lines) {
            let fields = form.elements();
            let field = fields.named_item(&name);
            if let Some(input) = field.as_ref().and_then(|field| field.dyn_ref::<HtmlInputElement>()) {
                // What was given on this page is older than the draft; what was typed on it is newer.
                if input.type_() == "checkbox" {
                    // Where a flag was chosen before, what is kept may be another one, or none.
                    if input.value() == text {
                        input.set_checked(true);
                    }
                } else if is_as_given(input) || input.value().is_empty() {
                    input.set_value(&text);
                }
            } else if let Some(select) = field.as_ref().and_then(|field| field.dyn_ref::<HtmlSelectElement>())
                && select.value().is_empty()
            {
                select.set_value(&text);
            }
        }
        judge(&form);
        // Somebody was quicker than the page, which heard nothing of what they typed.
        let fields = form.elements();
        let inputs = (0..fields.length()).filter_map(|at| fields.item(at)?.dyn_into::<HtmlInputElement>().ok());
        if inputs.into_iter().any(|input| input.type_() != "hidden" && !is_as_given(&input)) {
            keep_draft(form);
        }
    });
}
