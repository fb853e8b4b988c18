//! Forms for events: their fields follow from the event's schema, and what was typed and refused is shown again.

use std::sync::Arc;

use leptos::prelude::*;
use tr::tr;

use super::attempt::Attempt;
use super::icon::{Icon, icon};
use crate::db::new_id;
use crate::journey::course::Measure;
use crate::journey::events::EventType;
use crate::journey::ids::{RequestKey, VisitId};
use crate::journey::schema::{FieldProblem, Shape};
use crate::journey::words::Word;
use crate::language::{say, say_filled};

/// The id of a field's element: unique on the page.
pub fn field_id(event: EventType, visit: Option<&VisitId>, field: &str) -> String {
    let visit = visit.map(ToString::to_string).unwrap_or_default();
    let visit = &visit[visit.len().saturating_sub(8)..];
    let field: String = field.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    format!("{}-{visit}-{field}", event.word().to_ascii_lowercase().replace('_', "-"))
}

/// What people call a field, in the language that is spoken: `birthDate` is "Birth date", `items[1].dose` is "Dose, line 2".
pub fn field_label(field: &str) -> String {
    let (list, name) = field.rsplit_once('.').unwrap_or(("", field));
    if let Some(measure) = Measure::from_word(name) {
        return say(measure.label());
    }
    let name = match name {
        "temperatureC" => "Temperature",
        "spo2" => "SpO₂",
        "weightKg" => "Weight",
        "heightCm" => "Height",
        "doctorId" => "Doctor",
        "roomId" => "Room",
        "departmentId" => "Department",
        "patientId" => "Patient",
        "to" => "Referred to",
        "dueAt" => "Due on",
        name => name.strip_suffix("Id").unwrap_or(name),
    };
    let mut words = String::new();
    for (index, letter) in name.chars().enumerate() {
        match letter {
            _ if index == 0 => words.extend(letter.to_uppercase()),
            'A'..='Z' if name.chars().next().is_some_and(char::is_lowercase) => {
                words.push(' ');
                words.extend(letter.to_lowercase());
            }
            _ => words.push(letter),
        }
    }
    let line = list.split_once('[').and_then(|(_, rest)| rest.trim_end_matches(']').parse::<u32>().ok());
    match line {
        Some(line) => tr!("{field}, line {line}", field = say(&words), line = line + 1),
        None => say(&words),
    }
}

/// What is wrong with a field, as a sentence.
pub fn problem_in_words(problem: &FieldProblem) -> String {
    let field = if problem.field.is_empty() { tr!("What was entered") } else { field_label(&problem.field) };
    tr!("{field} {problem}", field, problem = say_filled(&problem.problem))
}

/// A form for one event, perhaps one that was refused before.
#[derive(Clone, Debug)]
pub struct EventForm {
    event: EventType,
    visit: Option<VisitId>,
    version: Option<i64>,
    key: RequestKey,
    attempt: Option<Arc<Attempt>>,
}

impl EventForm {
    /// A form for an event; `version` only where the step rests on what the screen shows.
    pub fn new(
        event: EventType,
        visit: Option<&VisitId>,
        version: Option<i64>,
        attempt: Option<&Arc<Attempt>>,
    ) -> Self {
        let attempt = attempt.filter(|attempt| attempt.is_for(event, visit)).cloned();
        Self { event, visit: visit.cloned(), version, key: new_id(), attempt }
    }

    /// The event.
    pub fn event(&self) -> EventType {
        self.event
    }

    /// Whether this form was sent and refused.
    pub fn was_refused(&self) -> bool {
        self.attempt.is_some()
    }

    /// The fields that say what the form is for; every form begins with them.
    pub fn hidden(&self) -> AnyView {
        view! {
            <input type="hidden" name="_event" value=self.event.word()/>
            <input type="hidden" name="_key" value=self.key.to_string()/>
            {self.visit.as_ref().map(|visit| view! { <input type="hidden" name="_visit" value=visit.to_string()/> })}
            {self.version.map(|version| view! { <input type="hidden" name="_version" value=version.to_string()/> })}
        }
        .into_any()
    }

    /// The id of a field's element.
    pub fn id(&self, field: &str) -> String {
        field_id(self.event, self.visit.as_ref(), field)
    }

    /// What was typed in a field before.
    pub fn value(&self, field: &str) -> Option<String> {
        let attempt = self.attempt.as_ref()?;
        attempt.values.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone())
    }

    /// Whether something was chosen under a name before.
    pub fn chose(&self, field: &str, choice: &str) -> bool {
        let values = self.attempt.iter().flat_map(|attempt| attempt.values.iter());
        values.into_iter().any(|(name, value)| name == field && value == choice)
    }

    /// What was wrong with a field.
    pub fn problem(&self, field: &str) -> Option<String> {
        let attempt = self.attempt.as_ref()?;
        attempt.problems.iter().find(|problem| problem.field == field).map(problem_in_words)
    }

    /// Puts a label, and what was wrong, around a control that bears `self.id(field)` and `describedby`.
    pub fn field(&self, field: &str, label: &str, optional: bool, control: impl IntoView) -> AnyView {
        let problem = self.problem(field);
        let class = if problem.is_some() { "field field-error" } else { "field" };
        view! {
            <div class=class>
                <label for=self.id(field)>{label.to_owned()} {optional.then(|| view! { " " <span class="optional">{tr!("optional")}</span> })}</label>
                {problem
                    .map(|problem| {
                        view! {
                            <p class="field-message" id=format!("{}-message", self.id(field))>
                                {icon(Icon::TriangleAlert)} <span>{problem}</span>
                            </p>
                        }
                    })}
                {control.into_any()}
            </div>
        }
        .into_any()
    }

    /// The id of the element that says what was wrong with a field.
    pub fn describedby(&self, field: &str) -> Option<String> {
        self.problem(field).map(|_| format!("{}-message", self.id(field)))
    }

    /// A bare control for a field: an input by its shape. In tables, pass the label for screen readers.
    pub fn input(&self, field: &str, shape: Shape, required: bool, aria_label: Option<String>, given: &str) -> AnyView {
        let value = self.value(field).unwrap_or_else(|| given.to_owned());
        let invalid = self.problem(field).map(|_| "true");
        let (id, name, described) = (self.id(field), field.to_owned(), self.describedby(field));
        match shape {
            Shape::Text { max } if max > 254 => view! {
                <textarea id=id name=name rows="2" maxlength=max.to_string() required=required aria-label=aria_label
                    aria-invalid=invalid aria-describedby=described>{value}</textarea>
            }
            .into_any(),
            Shape::Choice(choices) => {
                let choices = choices.iter().map(|(word, label)| ((*word).to_owned(), say(label))).collect();
                self.select(field, choices, required, aria_label, given)
            }
            shape => {
                let (kind, mode) = match shape {
                    Shape::Date => ("date", None),
                    Shape::Time => ("datetime-local", None),
                    Shape::Whole { .. } => ("text", Some("numeric")),
                    Shape::Decimal { .. } | Shape::Money { .. } => ("text", Some("decimal")),
                    _ => ("text", None),
                };
                let max = match shape {
                    Shape::Text { max } => Some(max.to_string()),
                    _ => None,
                };
                view! {
                    <input type=kind id=id name=name value=value inputmode=mode maxlength=max required=required
                        autocomplete="off" aria-label=aria_label aria-invalid=invalid aria-describedby=described/>
                }
                .into_any()
            }
        }
    }

    /// A bare list to choose one from: (value, words). When it is not required, the first choice is none.
    pub fn select(
        &self,
        field: &str,
        choices: Vec<(String, String)>,
        required: bool,
        aria_label: Option<String>,
        given: &str,
    ) -> AnyView {
        let chosen = self.value(field).unwrap_or_else(|| given.to_owned());
        view! {
            <select id=self.id(field) name=field.to_owned() required=required aria-label=aria_label
                aria-invalid=self.problem(field).map(|_| "true") aria-describedby=self.describedby(field)>
                {(!required || chosen.is_empty()).then(|| view! { <option value="">{tr!("Choose")}</option> })}
                {choices
                    .into_iter()
                    .map(|(value, words)| {
                        let selected = value == chosen;
                        view! { <option value=value selected=selected>{words}</option> }
                    })
                    .collect_view()}
            </select>
        }
        .into_any()
    }

    /// A labelled field by its shape in the event's schema.
    pub fn labelled(&self, field: &str, label: &str) -> AnyView {
        let Some(schema) = self.event.row().fields.iter().find(|schema| schema.name == field) else {
            return ().into_any();
        };
        let control = self.input(field, schema.shape, schema.required, None, "");
        self.field(field, label, !schema.required, control)
    }
}

/// What Enter presses in a form where a button that does something else comes before the one that sends it.
pub fn enter() -> AnyView {
    view! { <button hidden></button> }.into_any()
}

/// A form that is one button.
pub struct ButtonForm {
    form: EventForm,
    given: Vec<(String, String)>,
    class: &'static str,
    label: String,
    key: Option<&'static str>,
}

/// A form for an event that needs nothing more than a press; `given` is metadata sent with it.
pub fn button(event: EventType, visit: &VisitId, version: Option<i64>, given: &[(&str, String)]) -> ButtonForm {
    ButtonForm {
        form: EventForm::new(event, Some(visit), version, None),
        given: given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        class: "button",
        label: say(event.row().action),
        key: None,
    }
}

impl ButtonForm {
    /// Its look.
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// Its verb.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The key that presses it.
    pub fn key(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }

    /// The form.
    pub fn view(self) -> AnyView {
        let given = self
            .given
            .into_iter()
            .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
            .collect_view();
        view! {
            <form method="post">
                {self.form.hidden()} {given}
                <button class=self.class data-key=self.key>{icon(Icon::of(self.form.event))} {self.label}</button>
            </form>
        }
        .into_any()
    }
}
