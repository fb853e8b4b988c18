//! What a tablet shows, as HTML: written by hand as well, for views that change would weigh more than all the rest.
//!
//! What is pressed bears what it is for: `data-stage`, `data-open`, `data-close`, `data-again`, `data-discard`
//! and `data-seen`.

use std::collections::BTreeMap;

use super::super::language::{say, say_of};
use super::kept::{Before, Measured, Task, Unsent, Worklist, held, in_lines};
use crate::journey::decimal;
use crate::journey::events::EventType;
use crate::journey::ids::TestId;
use crate::journey::results::{change, flag};
use crate::journey::visit::Test;
use crate::journey::wording::fill;
use crate::journey::words::{Flag, Priority, Stage, Word};

/// The stages at which something is done without network: their words in the address, and what people call them.
pub const STAGES: [(Stage, &str, &str); 3] = [
    (Stage::Ordered, "collect", "To collect"),
    (Stage::Collected, "collected", "Collected"),
    (Stage::InProgress, "running", "Running"),
];
/// How many lines there are for a test of which the tariff does not say what it measures.
const FREE_LINES: usize = 3;

/// What was typed, name by name.
pub type Typed = Vec<(String, String)>;

/// Text as it stands in HTML.
fn safe(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Names, each once with how often it is there.
fn counted(names: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let counted: Vec<_> = counts.iter().map(|(name, count)| format!("{name} ({count})")).collect();
    counted.join(", ")
}

/// What is not sent, with a way to settle what was refused, how much waits for others, and whose steps were dropped; nothing when
/// there is nothing to say.
pub fn outbox(
    unsent: &[(u32, Unsent)],
    others: usize,
    dropped: &[String],
    worklist: Option<&Worklist>,
    notice: Option<&str>,
    signed_out: bool,
) -> String {
    if unsent.is_empty() && others == 0 && dropped.is_empty() && notice.is_none() && !signed_out {
        return String::new();
    }
    let steps: Vec<Unsent> = unsent.iter().map(|(_, unsent)| unsent.clone()).collect();
    let held = held(&steps);
    let class = if held.is_empty() { "notice-warning" } else { "notice-refusal" };
    let mut html = format!(
        "<div class=\"page notices screen-only\"><section class=\"notice {class}\" aria-label=\"{}\" id=\"outbox\">",
        say("Not sent")
    );
    if let Some(words) = notice {
        html += &["<p role=\"alert\">", &safe(words), "</p>"].concat();
    }
    if others > 0 {
        let words =
            say("Steps of somebody else wait on this tablet ({count}): they must sign in here again to send them.");
        let words = fill(&words, &[("count", &others.to_string())]);
        html += &["<p role=\"status\">", &words, "</p>"].concat();
    }
    if !dropped.is_empty() {
        let words = say(
            "Steps were dropped from this tablet, as nobody came back to send them within 72 hours: {who}. Do on the visits what is still to be done.",
        );
        let words = fill(&words, &[("who", &safe(&counted(dropped)))]);
        html += &["<div role=\"status\"><p>", &words, "</p></div><p>"].concat();
        html += "<button type=\"button\" class=\"button button-compact\" data-seen>";
        html += &[&say("Close"), "</button></p>"].concat();
    }
    if !steps.is_empty() {
        let words = fill(&say("{count} not sent"), &[("count", &steps.len().to_string())]);
        html += &["<div role=\"status\"><h2 class=\"notice-title\">", &words, "</h2></div>"].concat();
    }
    if signed_out {
        html += &["<p><a href=\"/login?next=/lab\">", &say("Sign in to have it sent"), "</a></p>"].concat();
    }
    html += "<ol class=\"outbox-list\">";
    for (number, one) in unsent {
        html += &["<li><p><b>", &say(one.deed.event_type.label()), " · ", &safe(&one.about), "</b>"].concat();
        if let Some(worklist) = worklist {
            html += " · ";
            html += &fill(&say("done {time}"), &[("time", &worklist.clock(one.deed.performed_at))]);
        }
        match &one.refusal {
            Some(sentence) => {
                let visit = one.deed.visit_id.to_string();
                html += &["</p><p>", &safe(sentence), "</p><div class=\"row\">"].concat();
                html += &["<a class=\"button button-compact\" href=\"/visits/", &visit, "\">"].concat();
                html += &[&say("Look at the visit"), "</a>"].concat();
                let buttons = [("again", "", say("Send again")), ("discard", " button-danger", say("Discard"))];
                for (word, class, label) in buttons {
                    html += &format!(
                        "<button type=\"button\" class=\"button button-compact{class}\" data-{word}=\"{number}\">{label}</button>"
                    );
                }
                html += "</div></li>";
            }
            None if held.contains(&one.test_id) => {
                html += &[" · ", &say("waits for the step before it"), "</p></li>"].concat();
            }
            None => html += "</p></li>",
        }
    }
    html + "</ol></section></div>"
}

/// That there is nothing, and what to do about it.
pub fn empty(title: &str, words: &str) -> String {
    ["<div class=\"empty\"><p class=\"empty-title\">", title, "</p><p>", words, "</p></div>"].concat()
}

/// Which tests are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Those at a stage.
    Stage(Stage),
    /// Those whose specimen bears a label.
    Sample(String),
}

/// The tests shown, with the one step that brings each further; the form for results is open on one.
pub fn bench(worklist: &Worklist, shown: &Shown, opened: Option<&(TestId, Typed)>) -> String {
    let known = say(
        "No network: this is what was known at {time}. What you do is kept on this tablet and sent when the network is back.",
    );
    let mut html = [
        "<div class=\"notice notice-warning notice-line\" role=\"status\" id=\"known-at\"><p>",
        &fill(&known, &[("time", &worklist.clock(worklist.known_at))]),
        "</p></div><nav class=\"stages\" aria-label=\"",
        &say("Stages"),
        "\"><ul>",
    ]
    .concat();
    for (here, word, label) in STAGES {
        let current = if *shown == Shown::Stage(here) { " aria-current=\"true\"" } else { "" };
        let count = worklist.at(here).count();
        html += &format!(
            "<li><a href=\"/lab?stage={word}\" data-stage=\"{word}\"{current}><b>{count}</b> {}</a></li>",
            say(label)
        );
    }
    html += "</ul></nav>";
    let tests: Vec<_> = match shown {
        Shown::Stage(stage) => worklist.at(*stage).collect(),
        Shown::Sample(label) => worklist.of_sample(label).collect(),
    };
    if tests.is_empty() {
        let (title, words) = match shown {
            Shown::Stage(_) => (say("Nothing to do here"), say("Tests appear when they reach this stage.")),
            Shown::Sample(_) => (say("No test has this sample"), say("Scan the label again, or type what it says.")),
        };
        return html + &empty(&title, &words);
    }
    html += "<ul class=\"work-list\">";
    for (task, test) in tests {
        let typed = opened.filter(|(id, _)| *id == task.test_id).map(|(_, typed)| &typed[..]);
        card(&mut html, worklist, task, test, typed);
    }
    html + "</ul>"
}

/// The look of a test's card.
pub fn frame(urgency: Priority) -> &'static str {
    match urgency {
        Priority::Emergency => "work work-over",
        Priority::Urgent => "work work-late",
        Priority::Routine => "work",
    }
}

/// What is drawn beside a word that warns.
pub const WARNING: &str = r#"<svg class="icon" aria-hidden="true" viewBox="0 0 24 24"><path d="m21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3" />
  <path d="M12 9v4" />
  <path d="M12 17h.01" /></svg> "#;

fn tag(class: &str, words: &str) -> String {
    ["<span class=\"tag tag-", class, "\">", WARNING, words, "</span>"].concat()
}

fn card(html: &mut String, worklist: &Worklist, task: &Task, test: &Test, typed: Option<&[(String, String)]>) {
    let urgency = match task.urgency {
        Priority::Emergency => tag("emergency", &say("STAT")),
        Priority::Urgent => tag("urgent", &say("Urgent")),
        Priority::Routine => String::new(),
    };
    let specimen = test.specimen.clone().unwrap_or_else(|| say("specimen not recorded"));
    let since = [&say(test.stage.label()).to_ascii_lowercase(), " ", &worklist.clock(test.since)].concat();
    let mut details = vec![task.patient.as_str(), &task.age_and_sex, &specimen, &since];
    // A rejected specimen's label is used no more.
    details.extend(test.sample_id.as_deref().filter(|_| test.stage != Stage::Ordered));
    details.extend(task.branch.as_deref());
    *html += &[
        "<li class=\"",
        frame(task.urgency),
        "\"><span class=\"token token-plain\">",
        &safe(&task.token),
        "</span><div class=\"work-main\"><h2 class=\"work-title\">",
        &safe(&test.name),
        " ",
        &urgency,
        "</h2><p class=\"work-detail\">",
        &safe(&details.join(" · ")),
        "</p></div><div class=\"work-action\">",
    ]
    .concat();
    match test.stage {
        Stage::Ordered => {
            form(html, EventType::TestSampleCollected, task, "");
            hidden(html, "sampleId", &task.label);
            hidden(html, "specimen", test.specimen.as_deref().unwrap_or_default());
            do_it(html, &say("Collect"));
        }
        Stage::Collected => {
            form(html, EventType::TestInProgress, task, "");
            do_it(html, &say("Start"));
        }
        Stage::InProgress if typed.is_none() => {
            let test = task.test_id.to_string();
            *html +=
                &["<button type=\"button\" class=\"button button-primary button-wide\" data-open=\"", &test].concat();
            *html += &["\">", &say("Enter results"), "</button>"].concat();
        }
        _ => {}
    }
    *html += "</div>";
    if let Some(typed) = typed {
        *html += "<div class=\"work-wide\">";
        entry(html, task, test, typed);
        *html += "</div>";
    }
    *html += "</li>";
}

fn form(html: &mut String, event: EventType, task: &Task, class: &str) {
    *html += &["<form method=\"post\" action=\"/lab\" class=\"", class, "\">"].concat();
    hidden(html, "_event", event.word());
    hidden(html, "testId", &task.test_id.to_string());
}

fn do_it(html: &mut String, label: &str) {
    *html += &["<button class=\"button button-primary button-wide\">", label, "</button></form>"].concat();
}

fn hidden(html: &mut String, name: &str, value: &str) {
    *html += &["<input type=\"hidden\" name=\"", name, "\" value=\"", &safe(value), "\">"].concat();
}

/// The form for a test's results.
fn entry(html: &mut String, task: &Task, test: &Test, typed: &[(String, String)]) {
    let lines: Vec<_> = task.analytes.iter().map(Measured::line).collect();
    let typed = &in_lines(typed, &lines);
    form(html, EventType::TestCompleted, task, "stack");
    *html +=
        &["<p class=\"form-title\">", &say("Results"), " · ", &safe(&task.token), ", ", &safe(&test.name)].concat();
    *html += "</p><div class=\"fields\">";
    for (line, analyte) in task.analytes.iter().enumerate() {
        known_line(html, line, typed, analyte);
    }
    if task.analytes.is_empty() {
        for line in 0..FREE_LINES {
            let first = if line == 0 { test.name.as_str() } else { "" };
            let fields = [("analyte", say("Analyte"), first), ("value", say("Value"), ""), ("unit", say("Unit"), "")];
            for (name, label, given) in fields {
                let label = [&label, " ", &(line + 1).to_string()].concat();
                field(html, &format!("results[{line}].{name}"), &label, typed, given, ("", String::new(), ""));
            }
            let result = [&say("result"), " ", &(line + 1).to_string()].concat();
            flags(html, line, &result, typed);
        }
    }
    *html += "</div><div class=\"form-foot\"><button class=\"button button-primary\">";
    *html += &[&say("Complete the test"), "</button><button type=\"button\" class=\"button button-quiet\" data-close>"]
        .concat();
    *html += &[&say("Close"), "</button></div></form>"].concat();
}

/// A line for something of which the tariff knows the range.
fn known_line(html: &mut String, line: usize, typed: &[(String, String)], analyte: &Measured) {
    let unit = analyte.unit.as_deref().unwrap_or_default();
    let number = |bound: Option<f64>| bound.map(decimal::written);
    let (low, high) = (number(analyte.low), number(analyte.high));
    let range = match (&low, &high) {
        (Some(low), Some(high)) => format!("{low} – {high} "),
        (Some(low), None) => format!("≥ {low} "),
        (None, Some(high)) => format!("≤ {high} "),
        (None, None) => String::new(),
    };
    for (name, value) in [
        ("analyte", Some(analyte.analyte.as_str())),
        ("unit", Some(unit)),
        ("low", low.as_deref()),
        ("high", high.as_deref()),
    ] {
        if let Some(value) = value {
            hidden(html, &format!("results[{line}].{name}"), value);
        }
    }
    let label = [&analyte.analyte, ", ", &range, unit].concat();
    let name = format!("results[{line}].value");
    let value = typed.iter().find(|(typed, _)| *typed == name).map_or("", |(_, value)| value);
    let judged = judged(value, analyte.low, analyte.high);
    let is_ranged = low.is_some() || high.is_some();
    let critical = if is_ranged { critical(line, &analyte.analyte, typed) } else { String::new() };
    let below = [before(analyte, value), critical].concat();
    field(html, &name, label.trim_end_matches([',', ' ']), typed, "", (" required", judged, &below));
    if !is_ranged {
        flags(html, line, &analyte.analyte, typed);
    }
}

/// What was measured before, and how far a value is from it.
fn before(analyte: &Measured, value: &str) -> String {
    let Some(Before { value: last, words }) = &analyte.before else { return String::new() };
    let change = change(value, last).unwrap_or_default();
    let title = say_of("measured before", "Last");
    format!("<p class=\"hint\">{title}: {} <b data-before=\"{}\">{change}</b></p>", safe(words), safe(last))
}

/// Marks a value critical, whatever its range says.
fn critical(line: usize, of: &str, typed: &[(String, String)]) -> String {
    let (name, word) = (format!("results[{line}].flag"), Flag::Critical.word());
    let is_marked = typed.iter().any(|(typed, chosen)| *typed == name && chosen == word);
    let checked = if is_marked { "\" checked> " } else { "\"> " };
    let label = fill(&say("Critical: {analyte}"), &[("analyte", of)]);
    let input = ["<label class=\"choice\"><input type=\"checkbox\" name=\"", &name, "\" value=\"", word].concat();
    [&input, "\" aria-label=\"", &safe(&label), checked, &say("Critical"), "</label>"].concat()
}

/// What a value without a range says, chosen by who reads it.
fn flags(html: &mut String, line: usize, of: &str, typed: &[(String, String)]) {
    let name = format!("results[{line}].flag");
    let chosen = typed.iter().find(|(typed, _)| *typed == name).map_or("", |(_, value)| value);
    let label = fill(&say("Flag of {name}"), &[("name", of)]);
    *html += &["<div class=\"field\"><label for=\"", &name, "\">", &safe(&label), "</label><select id=\""].concat();
    *html += &[&name, "\" name=\"", &name, "\"><option value=\"\">", &say("Choose"), "</option>"].concat();
    for (word, label) in Flag::CHOICES {
        let selected = if *word == chosen { "\" selected>" } else { "\">" };
        *html += &["<option value=\"", word, selected, &say(label), "</option>"].concat();
    }
    *html += "</select></div>";
}

fn field(
    html: &mut String,
    name: &str,
    label: &str,
    typed: &[(String, String)],
    given: &str,
    (more, judged, below): (&str, String, &str),
) {
    let value = typed.iter().find(|(typed, _)| typed == name).map_or(given, |(_, value)| value);
    *html += &["<div class=\"field\"><label for=\"", name, "\">", &safe(label), "</label> <span data-judged>"].concat();
    *html += &[&judged, "</span>"].concat();
    *html += &["<input id=\"", name, "\" name=\"", name, "\" value=\"", &safe(value)].concat();
    *html += &["\" maxlength=\"200\" autocomplete=\"off\"", more, ">", below, "</div>"].concat();
}

/// How a value compares with its range.
pub fn judged(value: &str, low: Option<f64>, high: Option<f64>) -> String {
    match flag(value, low, high) {
        None => String::new(),
        Some(Flag::Normal) => say(Flag::Normal.label()),
        Some(Flag::Low) => tag("warning", &say_of("flag", "Low")),
        Some(_) => tag("warning", &say_of("flag", "High")),
    }
}
