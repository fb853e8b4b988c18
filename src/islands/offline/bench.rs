//! The laboratory without network: the worklist as it was last known, and what was done on it since.

use leptos::prelude::*;

use super::kept::{Task, Worklist};
use super::outbox::outbox;
use super::tablet::Tablet;
use crate::journey::events::EventType;
use crate::journey::ids::TestId;
use crate::journey::results::flag;
use crate::journey::visit::Test;
use crate::journey::words::{Flag, Stage, Word};

/// The stages at which something is done without network: their words in the address, and what people call them.
const STAGES: [(Stage, &str, &str); 3] = [
    (Stage::Ordered, "collect", "To collect"),
    (Stage::Collected, "collected", "Collected"),
    (Stage::InProgress, "running", "Running"),
];
/// How many lines there are for a test of which the tariff does not say what it measures.
const FREE_LINES: usize = 3;

/// The results being entered: of which test, and what was typed before.
type Opened = Option<(TestId, Vec<(String, String)>)>;

/// The laboratory without network.
#[island]
pub fn Bench() -> impl IntoView {
    let tablet = Tablet::new();
    let stage = RwSignal::new(Stage::Ordered);
    let opened = RwSignal::new(Opened::None);
    let looked = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    browser::start(tablet, stage, opened, looked);
    let shown = move || {
        let unsent: Vec<_> = tablet.unsent.get().into_iter().map(|(_, unsent)| unsent).collect();
        match tablet.worklist.get() {
            Some(worklist) => bench(worklist.after(&unsent), stage, opened).into_any(),
            None if looked.get() => view! {
                <div class="empty">
                    <p class="empty-title">"No network"</p>
                    <p>"This tablet keeps no worklist. The lab opens again when the network is back."</p>
                </div>
            }
            .into_any(),
            None => view! { <p class="secondary" role="status">"Looking what this tablet keeps …"</p> }.into_any(),
        }
    };
    view! {
        {outbox(tablet)}
        <div class="stack">{shown}</div>
    }
}

fn bench(worklist: Worklist, stage: RwSignal<Stage>, opened: RwSignal<Opened>) -> impl IntoView {
    let tabs = STAGES
        .iter()
        .map(|(here, word, label)| {
            let (here, count) = (*here, worklist.at(*here).count());
            let current = move || (stage.get() == here).then_some("true");
            let choose = move |event: leptos::ev::MouseEvent| {
                event.prevent_default();
                opened.set(None);
                stage.set(here);
            };
            view! {
                <li>
                    <a href=format!("/lab?stage={word}") aria-current=current on:click=choose><b>{count}</b> {*label}</a>
                </li>
            }
        })
        .collect_view();
    let known_at = worklist.clock(worklist.known_at);
    let cards = move || {
        let mut cards: Vec<_> = worklist.at(stage.get()).collect();
        cards.sort_by_key(|(task, _)| !task.stat);
        if cards.is_empty() {
            return view! {
                <div class="empty">
                    <p class="empty-title">"Nothing to do here"</p>
                    <p>"Tests appear when they reach this stage."</p>
                </div>
            }
            .into_any();
        }
        let opened_now = opened.get();
        let cards = cards
            .into_iter()
            .map(|(task, test)| {
                let typed = opened_now.as_ref().filter(|(id, _)| *id == task.test_id).map(|(_, typed)| &typed[..]);
                card(&worklist, task, test, typed, opened)
            })
            .collect_view();
        view! { <ul class="work-list">{cards}</ul> }.into_any()
    };
    view! {
        <div class="notice notice-warning notice-line" role="status" id="known-at">
            <p>
                "No network: this is what was known at " {known_at}
                ". What you do is kept on this tablet and sent when the network is back."
            </p>
        </div>
        <nav class="stages" aria-label="Stages">
            <ul>{tabs}</ul>
        </nav>
        {cards}
    }
}

fn card(
    worklist: &Worklist,
    task: &Task,
    test: &Test,
    typed: Option<&[(String, String)]>,
    opened: RwSignal<Opened>,
) -> AnyView {
    let mut details = vec![
        task.patient.clone(),
        task.age_and_sex.clone(),
        test.specimen.clone().unwrap_or_else(|| "specimen not recorded".to_owned()),
    ];
    details.extend(test.sample_id.clone());
    details.push(format!("{} {}", test.stage.label().to_lowercase(), worklist.clock(test.since)));
    let action = match test.stage {
        Stage::Ordered => step(EventType::TestSampleCollected, "Collect", task, test),
        Stage::Collected => step(EventType::TestInProgress, "Start", task, test),
        _ if typed.is_some() => ().into_any(),
        _ => {
            let id = task.test_id.clone();
            view! {
                <button type="button" class="button button-primary button-wide" on:click=move |_| open(opened, id.clone())>
                    "Enter results"
                </button>
            }
            .into_any()
        }
    };
    view! {
        <li class=if task.stat { "work work-over" } else { "work" } id=format!("test-{}", task.test_id)>
            <span class="token token-plain">{task.token.clone()}</span>
            <div class="work-main">
                <h2 class="work-title">
                    {test.name.clone()} {task.stat.then(|| view! { <span class="tag tag-emergency">"STAT"</span> })}
                </h2>
                <p class="work-detail">{details.join(" · ")}</p>
            </div>
            <div class="work-action">{action}</div>
            {typed.map(|typed| view! { <div class="work-wide">{entry(task, test, typed, opened)}</div> })}
        </li>
    }
    .into_any()
}

/// Opens the form for a test's results, with what was typed before.
fn open(opened: RwSignal<Opened>, test: TestId) {
    #[cfg(feature = "hydrate")]
    leptos::task::spawn_local(async move {
        let typed = super::store::draft(&test).await.unwrap_or_default();
        opened.set(Some((test, typed)));
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (opened, test);
}

/// A form that is one button.
fn step(event: EventType, label: &'static str, task: &Task, test: &Test) -> AnyView {
    let collects = (event == EventType::TestSampleCollected).then(|| {
        let specimen = test.specimen.clone().unwrap_or_default();
        view! {
            <input type="hidden" name="sampleId" value=task.label.clone()/>
            <input type="hidden" name="specimen" value=specimen/>
        }
    });
    view! {
        <form method="post" action="/lab">
            <input type="hidden" name="_event" value=event.word()/>
            <input type="hidden" name="testId" value=task.test_id.to_string()/>
            {collects}
            <button class="button button-primary button-wide">{label}</button>
        </form>
    }
    .into_any()
}

/// The form for a test's results.
fn entry(task: &Task, test: &Test, typed: &[(String, String)], opened: RwSignal<Opened>) -> AnyView {
    let lines = if task.analytes.is_empty() {
        (0..FREE_LINES).map(|line| free_line(line, typed, if line == 0 { &test.name } else { "" })).collect_view()
    } else {
        task.analytes.iter().enumerate().map(|(line, analyte)| known_line(line, typed, analyte)).collect_view()
    };
    let about = format!("Results · {}, {}", task.token, test.name);
    view! {
        <form method="post" action="/lab" class="stack">
            <input type="hidden" name="_event" value=EventType::TestCompleted.word()/>
            <input type="hidden" name="testId" value=task.test_id.to_string()/>
            <p class="form-title">{about}</p>
            <div class="fields">{lines}</div>
            <div class="form-foot">
                <button class="button button-primary">"Complete the test"</button>
                <button type="button" class="button button-quiet" on:click=move |_| opened.set(None)>"Close"</button>
            </div>
        </form>
    }
    .into_any()
}

fn before(typed: &[(String, String)], name: &str) -> Option<String> {
    typed.iter().find(|(given, _)| given == name).map(|(_, text)| text.clone())
}

/// A line for something of which the range is known.
fn known_line(line: usize, typed: &[(String, String)], analyte: &super::kept::Measured) -> AnyView {
    let name = |field: &str| format!("results[{line}].{field}");
    let value = RwSignal::new(before(typed, &name("value")).unwrap_or_default());
    let (low, high) = (analyte.low, analyte.high);
    let judged = move || match flag(&value.get(), low, high) {
        None | Some(Flag::Normal) => None,
        Some(flag) => Some(view! { <span class="tag tag-warning">{flag.label()}</span> }),
    };
    let unit = analyte.unit.clone().unwrap_or_default();
    let range = match (low, high) {
        (Some(low), Some(high)) => format!("{low} – {high} {unit}"),
        (Some(low), None) => format!("≥ {low} {unit}"),
        (None, Some(high)) => format!("≤ {high} {unit}"),
        (None, None) => unit.clone(),
    };
    let hidden = |field: &str, text: String| view! { <input type="hidden" name=name(field) value=text/> };
    view! {
        <div class="field">
            <label for=format!("value-{line}")>{analyte.analyte.clone()} " " <span class="optional">{range}</span> {judged}</label>
            {hidden("analyte", analyte.analyte.clone())} {hidden("unit", unit)}
            {low.map(|low| hidden("low", low.to_string()))} {high.map(|high| hidden("high", high.to_string()))}
            <input id=format!("value-{line}") name=name("value") value=value.get_untracked() required maxlength="200"
                autocomplete="off" on:input=move |event| value.set(event_target_value(&event))/>
        </div>
    }
    .into_any()
}

/// A line for something that the tariff does not know.
fn free_line(line: usize, typed: &[(String, String)], analyte: &str) -> AnyView {
    let field = |field: &'static str, label: &'static str, given: &str| {
        let name = format!("results[{line}].{field}");
        let value = before(typed, &name).unwrap_or_else(|| given.to_owned());
        let label = format!("{label}, line {}", line + 1);
        view! {
            <div class="field">
                <label for=format!("{field}-{line}")>{label}</label>
                <input id=format!("{field}-{line}") name=name value=value maxlength="200" autocomplete="off"/>
            </div>
        }
    };
    view! { {field("analyte", "Analyte", analyte)} {field("value", "Value", "")} {field("unit", "Unit", "")} }
        .into_any()
}

#[cfg(feature = "hydrate")]
mod browser {
    use std::time::Duration;

    use leptos::prelude::*;
    use leptos::task::spawn_local;

    use super::super::tablet::{Tablet, owner, set_owner};
    use super::super::{forms, network};
    use super::{Opened, STAGES};
    use crate::journey::ids::{Id, TestId};
    use crate::journey::words::Stage;

    /// How often it is looked whether the network is back.
    const TICK: Duration = Duration::from_secs(4);

    pub fn start(tablet: Tablet, stage: RwSignal<Stage>, opened: RwSignal<Opened>, looked: RwSignal<bool>) {
        let address = window().location().search().unwrap_or_default();
        let asked = |name: &str| {
            let mut pairs = address.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(given, _)| *given == name).map(|(_, value)| value.to_owned())
        };
        if let Some((chosen, ..)) = STAGES.iter().find(|(_, word, _)| asked("stage").as_deref() == Some(*word)) {
            stage.set(*chosen);
        }
        forms::listen(tablet, true);
        let test = asked("open").and_then(|id| TestId::parse(&id).ok());
        spawn_local(async move {
            tablet.read().await;
            looked.set(true);
            if let Some(test) = test.filter(|_| stage.get_untracked() == Stage::InProgress) {
                super::open(opened, test);
            }
        });
        let back = move || spawn_local(go_back(tablet, opened));
        set_interval(back, TICK);
        window_event_listener_untyped("online", move |_| back());
        // A form that was kept is closed.
        Effect::new(move |before: Option<usize>| {
            let count = tablet.unsent.with(Vec::len);
            if before.is_some_and(|before| before < count) {
                opened.set(None);
            }
            count
        });
    }

    /// Sends what was done and goes back to the laboratory, once the network is back and nobody is typing.
    async fn go_back(tablet: Tablet, opened: RwSignal<Opened>) {
        if !network::is_reachable().await {
            tablet.read().await;
            return;
        }
        if owner().as_deref() == Some(forms::LEAVING) {
            if network::sign_out().await {
                set_owner(None);
                let _ = window().location().assign("/login");
            }
            return;
        }
        tablet.send().await;
        if !tablet.signed_out.get_untracked() && opened.with_untracked(Option::is_none) {
            let word = window().location().search().unwrap_or_default();
            let word = word.split('&').next().unwrap_or_default().to_owned();
            let _ = window().location().replace(&format!("/lab{word}"));
        }
    }
}
