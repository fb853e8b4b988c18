//! Forms that are for no step of a visit: named, perhaps about one thing of many, shown again with what was wrong.

use std::sync::Arc;

use leptos::prelude::*;
use tr::tr;

use super::attempt::Attempt;
use super::form::problem_in_words;
use super::icon::{Icon, icon};
use crate::db::new_id;
use crate::journey::ids::RequestKey;

/// A form of a name, perhaps one that was refused before.
#[derive(Clone, Debug)]
pub struct Entry {
    name: &'static str,
    about: String,
    key: RequestKey,
    attempt: Option<Arc<Attempt>>,
}

/// The id of a field's element, out of what a posted form says of itself.
pub fn field_id(values: &[(String, String)], field: &str) -> Option<String> {
    let value = |name: &str| values.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    Some(id_of(value("_form")?, value("_about").unwrap_or_default(), field))
}

fn id_of(form: &str, about: &str, field: &str) -> String {
    format!("{form}-{}-{field}", &about[about.len().saturating_sub(8)..])
}

impl Entry {
    /// A form of a name, about one thing where there are many.
    pub fn new(name: &'static str, about: impl ToString, attempt: Option<&Arc<Attempt>>) -> Self {
        let about = about.to_string();
        let said = |attempt: &&Arc<Attempt>, field: &str| {
            attempt.values.iter().find(|(given, _)| given == field).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let attempt =
            attempt.filter(|attempt| said(attempt, "_form") == name && said(attempt, "_about") == about).cloned();
        Self { name, about, key: new_id(), attempt }
    }

    /// Whether this form was sent and refused.
    pub fn was_refused(&self) -> bool {
        self.attempt.is_some()
    }

    /// The fields that say which form it is; every form begins with them.
    pub fn hidden(&self) -> AnyView {
        view! {
            <input type="hidden" name="_form" value=self.name/>
            <input type="hidden" name="_about" value=self.about.clone()/>
            <input type="hidden" name="_key" value=self.key.to_string()/>
        }
        .into_any()
    }

    /// The id of a field's element.
    pub fn id(&self, field: &str) -> String {
        id_of(self.name, &self.about, field)
    }

    /// What was typed in a field, or else what is given.
    pub fn value(&self, field: &str, given: &str) -> String {
        let typed = self.attempt.iter().flat_map(|attempt| &attempt.values).find(|(name, _)| name == field);
        typed.map_or_else(|| given.to_owned(), |(_, value)| value.clone())
    }

    /// Whether something was chosen under a name, or else is given.
    pub fn chose(&self, field: &str, choice: &str, given: bool) -> bool {
        match &self.attempt {
            Some(attempt) => attempt.values.iter().any(|(name, value)| name == field && value == choice),
            None => given,
        }
    }

    fn problem(&self, field: &str) -> Option<String> {
        let attempt = self.attempt.as_ref()?;
        attempt.problems.iter().find(|problem| problem.field == field).map(problem_in_words)
    }

    /// The id of what was wrong with a field.
    pub fn message_id(&self, field: &str) -> Option<String> {
        self.problem(field).map(|_| format!("{}-message", self.id(field)))
    }

    /// What was wrong with a field.
    pub fn message(&self, field: &str) -> Option<AnyView> {
        let problem = self.problem(field)?;
        let said = view! {
            <p class="field-message" id=self.message_id(field)>
                {icon(Icon::TriangleAlert)} <span>{problem}</span>
            </p>
        };
        Some(said.into_any())
    }

    /// Puts a label, and what was wrong, around a control that bears `self.id(field)`.
    pub fn field(&self, field: &str, label: &str, optional: bool, control: impl IntoView) -> AnyView {
        let class = if self.problem(field).is_some() { "field field-error" } else { "field" };
        view! {
            <div class=class>
                <label for=self.id(field)>{label.to_owned()} {optional.then(|| view! { " " <span class="optional">{tr!("optional")}</span> })}</label>
                {self.message(field)}
                {control.into_any()}
            </div>
        }
        .into_any()
    }

    /// A labelled input of a kind that browsers know: `text`, `date`, `password` …
    pub fn input(&self, kind: &'static str, field: &'static str, label: &str, required: bool, given: &str) -> AnyView {
        let value = if kind == "password" { String::new() } else { self.value(field, given) };
        let autocomplete = if kind == "password" { "new-password" } else { "off" };
        let control = view! {
            <input type=kind id=self.id(field) name=field value=value required=required autocomplete=autocomplete
                aria-invalid=self.problem(field).map(|_| "true") aria-describedby=self.message_id(field)/>
        };
        self.field(field, label, !required, control)
    }

    /// A bare line of text for a table's cell, with what was wrong; its label is for screen readers.
    pub fn cell(&self, field: String, label: String, longest: u32, value: String) -> AnyView {
        let (id, message) = (self.id(&field), self.message_id(&field));
        view! {
            {self.message(&field)}
            <input id=id name=field value=value maxlength=longest.to_string() autocomplete="off" aria-label=label
                aria-invalid=message.is_some().then_some("true") aria-describedby=message/>
        }
        .into_any()
    }

    /// A labelled line of text.
    pub fn text(&self, field: &'static str, label: &str, required: bool, given: &str) -> AnyView {
        self.input("text", field, label, required, given)
    }

    /// A labelled list to choose one from: (value, words). When it is not required, the first choice is none.
    pub fn select(
        &self,
        field: &'static str,
        label: &str,
        choices: Vec<(String, String)>,
        required: bool,
        given: &str,
    ) -> AnyView {
        let chosen = self.value(field, given);
        let control = view! {
            <select id=self.id(field) name=field required=required
                aria-invalid=self.problem(field).map(|_| "true") aria-describedby=self.message_id(field)>
                {(!required || chosen.is_empty()).then(|| view! { <option value="">{tr!("Choose")}</option> })}
                {choices
                    .into_iter()
                    .map(|(value, words)| {
                        let selected = value == chosen;
                        view! { <option value=value selected=selected>{words}</option> }
                    })
                    .collect_view()}
            </select>
        };
        self.field(field, label, !required, control)
    }

    /// Boxes to tick any of: (value, words, ticked).
    pub fn ticks(&self, field: &'static str, legend: &str, choices: Vec<(String, String, bool)>) -> AnyView {
        let class = if self.problem(field).is_some() { "field wide field-error" } else { "field wide" };
        view! {
            <fieldset class=class id=self.id(field) tabindex="-1" aria-describedby=self.message_id(field)>
                <legend>{legend.to_owned()}</legend>
                {self.message(field)}
                <div class="choices choices-row">
                    {choices
                        .into_iter()
                        .map(|(value, words, given)| {
                            let checked = self.chose(field, &value, given);
                            view! {
                                <label class="choice">
                                    <input type="checkbox" name=field value=value checked=checked/>
                                    " "
                                    {words}
                                </label>
                            }
                        })
                        .collect_view()}
                </div>
            </fieldset>
        }
        .into_any()
    }
}

/// A form that is one button.
pub fn press(name: &'static str, about: impl ToString, class: &'static str, label: impl IntoView + 'static) -> AnyView {
    let entry = Entry::new(name, about, None);
    view! {
        <form method="post">
            {entry.hidden()}
            <button class=class>{label.into_any()}</button>
        </form>
    }
    .into_any()
}
