//! What somebody tried on a screen and was refused: shown with its reason, what was typed, and what can be done instead.

use leptos::prelude::*;
use tr::tr;

use super::form::button;
use super::icon::{Icon, icon};
use crate::journey::events::EventType;
use crate::journey::ids::VisitId;
use crate::journey::schema::FieldProblem;
use crate::journey::words::Code;
use crate::language::say;

/// A form that was refused.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The event it was for.
    pub event: Option<EventType>,
    /// The visit it was for.
    pub visit: Option<VisitId>,
    /// What was typed.
    pub values: Vec<(String, String)>,
    /// Why, for programs.
    pub code: Option<Code>,
    /// Why, in one sentence.
    pub sentence: String,
    /// What explains it: words and values.
    pub facts: Vec<(String, String)>,
    /// What is wrong with each field.
    pub problems: Vec<FieldProblem>,
    /// What this person could log on the visit instead.
    pub allowed: Vec<EventType>,
}

impl Attempt {
    /// Whether a form for this event and visit is the one that was refused.
    pub fn is_for(&self, event: EventType, visit: Option<&VisitId>) -> bool {
        self.event == Some(event) && self.visit.as_ref() == visit
    }
}

/// Shows why an attempt was refused: a list of fields to mend, or a sentence with its facts and what can be done instead.
pub fn refusal(attempt: &Attempt) -> AnyView {
    if attempt.problems.is_empty() { refused(attempt) } else { problem(attempt) }
}

fn problem(attempt: &Attempt) -> AnyView {
    let problems = attempt.problems.clone();
    let about = (attempt.event, attempt.visit.clone());
    view! {
        <div class="notice notice-problem" role="alert" tabindex="-1" id="problem" autofocus>
            <h2 class="notice-title">{icon(Icon::TriangleAlert)} {tr!("There is a problem")}</h2>
            <ul>
                {problems
                    .into_iter()
                    .map(|problem| {
                        let words = super::form::problem_in_words(&problem);
                        match &about {
                            (Some(event), visit) if !problem.field.is_empty() => {
                                let href = format!("#{}", super::form::field_id(*event, visit.as_ref(), &problem.field));
                                view! { <li><a href=href>{words}</a></li> }.into_any()
                            }
                            _ => match super::entry::field_id(&attempt.values, &problem.field) {
                                Some(id) => view! { <li><a href=format!("#{id}")>{words}</a></li> }.into_any(),
                                None => view! { <li>{words}</li> }.into_any(),
                            },
                        }
                    })
                    .collect_view()}
            </ul>
        </div>
    }
    .into_any()
}

fn refused(attempt: &Attempt) -> AnyView {
    let title = match attempt.event {
        Some(event) => tr!("{action}: not possible now", action = say(event.row().action)),
        None => tr!("Not possible now"),
    };
    let facts = attempt.facts.clone();
    let visit = attempt.visit.clone();
    // What ends a visit is not offered to who wanted something else.
    let goes_on = |event: &EventType| Some(*event) != attempt.event && !event.is_outcome();
    let instead: Vec<_> = attempt.allowed.iter().copied().filter(goes_on).collect();
    view! {
        <div class="notice notice-refusal" role="alert" tabindex="-1" id="refusal" autofocus>
            <h2 class="notice-title">{icon(Icon::TriangleAlert)} {title}</h2>
            <p>{attempt.sentence.clone()}</p>
            {(!facts.is_empty())
                .then(|| {
                    let facts = facts
                        .into_iter()
                        .map(|(word, value)| view! { <dt>{word}</dt><dd>{value}</dd> })
                        .collect_view();
                    view! { <dl class="facts">{facts}</dl> }
                })}
            {visit
                .filter(|_| !instead.is_empty())
                .map(|visit| {
                    view! {
                        <p>{tr!("What can be done instead:")}</p>
                        <div class="row">{instead.into_iter().map(|event| instead_button(event, &visit)).collect_view()}</div>
                    }
                })}
        </div>
    }
    .into_any()
}

/// A step that needs nothing but a press is a button; one with something to fill in is a link to its form on the visit's page.
fn instead_button(event: EventType, visit: &VisitId) -> AnyView {
    if event.row().fields.iter().all(|field| !field.required) {
        button(event, visit, None, &[]).class("button").view()
    } else {
        let href = format!("/visits/{visit}?do={}#do", crate::journey::words::Word::word(event));
        view! { <a class="button" href=href>{icon(Icon::of(event))} {say(event.row().action)}</a> }.into_any()
    }
}
