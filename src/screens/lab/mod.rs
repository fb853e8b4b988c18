//! The laboratory: every test by its stage, with the one step that brings it further.

mod card;
mod forms;
pub mod paper;
pub mod results;

pub use card::suggested_label;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::attempt::Attempt;
use super::form::{EventForm, button};
use super::icon::{Icon, icon};
use super::parts::{age_and_sex, empty, priority_tag, target, wait};
use crate::hospital::measure_targets::Targets;
use crate::hospital::rooms::Room;
use crate::hospital::tariff::Analyte;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::{BranchId, PersonId, TestId};
use crate::journey::words::{Stage, Status};
use crate::language;
use crate::projections::earlier_results::EarlierResults;
use crate::projections::tests::{AtStage, TestCard};
use crate::projections::visits::VisitCard;

/// What the laboratory's screen shows.
pub struct Lab {
    /// The hospital.
    pub tenant: Tenant,
    /// Who looks at it.
    pub actor: Actor,
    /// Whether they may open billing.
    pub bills: bool,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// Which tests.
    pub shown: Shown,
    /// How many tests wait at each stage.
    pub counts: Vec<AtStage>,
    /// The tests.
    pub cards: Vec<TestCard>,
    /// Why a specimen has to be collected again.
    pub reasons: BTreeMap<TestId, String>,
    /// The people of the hospital.
    pub names: BTreeMap<PersonId, String>,
    /// The branches whose patients are marked.
    pub elsewhere: BTreeMap<BranchId, String>,
    /// The patients at the laboratory.
    pub patients: Vec<VisitCard>,
    /// How long their waits should last at most.
    pub targets: Targets,
    /// What was measured of the same patients before.
    pub before: BTreeMap<TestId, EarlierResults>,
    /// The rooms they may be called to.
    pub rooms: Vec<Room>,
    /// The form that is open.
    pub opened: Option<Opened>,
    /// The address of these tests.
    pub address: String,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Which tests are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Those at a stage.
    Stage(Stage),
    /// Those whose specimen bears a label.
    Sample(String),
}

/// A form that is open on a test.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The test.
    pub test_id: TestId,
    /// What the form is for.
    pub event: EventType,
    /// What the test measures, by the tariff.
    pub analytes: Vec<Analyte>,
}

/// A stage at which the laboratory has something to do.
pub struct Bench {
    /// The stage.
    pub stage: Stage,
    /// Its word in the address.
    pub word: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// The step that brings a test further.
    pub next: EventType,
}

/// The stages, in the order in which a test meets them.
pub static BENCHES: &[Bench] = &[
    Bench { stage: Stage::Ordered, word: "collect", label: "To collect", next: EventType::TestSampleCollected },
    Bench { stage: Stage::Collected, word: "collected", label: "Collected", next: EventType::TestInProgress },
    Bench { stage: Stage::InProgress, word: "running", label: "Running", next: EventType::TestCompleted },
    Bench { stage: Stage::Completed, word: "review", label: "To review", next: EventType::TestReviewed },
    Bench { stage: Stage::Reviewed, word: "approve", label: "To approve", next: EventType::TestApproved },
    Bench { stage: Stage::Approved, word: "report", label: "To report", next: EventType::ReportGenerated },
    Bench { stage: Stage::Reported, word: "handover", label: "To hand over", next: EventType::ReportDelivered },
];

impl Bench {
    /// The bench of a stage; none when nothing more is done.
    pub fn of(stage: Stage) -> Option<&'static Self> {
        BENCHES.iter().find(|bench| bench.stage == stage)
    }

    /// The bench by its word in the address.
    pub fn by_word(word: &str) -> Option<&'static Self> {
        BENCHES.iter().find(|bench| bench.word == word)
    }
}

/// Shows the laboratory.
pub fn lab(mut lab: Lab) -> impl IntoView {
    // A visit may have become urgent after its tests were ordered.
    lab.cards.sort_by_key(TestCard::urgency);
    let (title, sample) = match &lab.shown {
        Shown::Stage(stage) => {
            (language::say(Bench::of(*stage).map_or(stage.label(), |bench| bench.label)), String::new())
        }
        Shown::Sample(sample) => (tr!("Sample {id}", id = sample), sample.clone()),
    };
    let nothing = match &lab.shown {
        Shown::Stage(_) => {
            empty(Icon::CircleCheck, tr!("Nothing to do here"), tr!("Tests appear when they reach this stage."))
        }
        Shown::Sample(_) => {
            empty(Icon::Search, tr!("No test has this sample"), tr!("Scan the label again, or type what it says."))
        }
    };
    let patients = (lab.shown == Shown::Stage(Stage::Ordered) && !lab.patients.is_empty()).then(|| patients(&lab));
    let cards = lab.cards.iter().map(|test| card::card(&lab, test)).collect_view();
    view! {
        <main class="page stack touch" id="main">
            <h1 class="visually-hidden">{tr!("Laboratory")}</h1>
            {stages(&lab)}
            {patients}
            <div class="page-head">
                <h2 class="title">{title}</h2>
                <form class="scan" role="search" aria-label=tr!("Samples")>
                    <div class="search-box">
                        {icon(Icon::Barcode)}
                        <input type="search" name="sample" value=sample autocomplete="off" data-key="n"
                            aria-label=tr!("Scan or type a sample id") placeholder=tr!("Scan or type a sample id")/>
                    </div>
                </form>
            </div>
            {if lab.cards.is_empty() { nothing } else { view! { <ul class="work-list">{cards}</ul> }.into_any() }}
        </main>
    }
}

fn stages(lab: &Lab) -> AnyView {
    let tab = |(key, bench): (usize, &Bench)| {
        let count = lab.counts.iter().find(|at| at.stage == bench.stage).map_or(0, |at| at.tests);
        let current = (lab.shown == Shown::Stage(bench.stage)).then_some("true");
        view! {
            <li>
                <a href=format!("/lab?stage={}", bench.word) data-key=key.to_string() aria-current=current><b>{count}</b> {language::say(bench.label)}</a>
            </li>
        }
    };
    view! {
        <nav class="stages" aria-label=tr!("Stages")>
            <ul>{(1..).zip(BENCHES).map(tab).collect_view()}</ul>
        </nav>
    }
    .into_any()
}

/// The patients who wait at the laboratory, and what can be done with each.
fn patients(lab: &Lab) -> AnyView {
    let waiting = lab.patients.iter().filter(|card| card.visit.status == Status::Waiting).count();
    let today = lab.tenant.local_day(lab.now);
    let row = |card: &VisitCard| {
        let visit = &card.visit;
        let called_to = card.room_name.clone().or_else(|| visit.counter.clone());
        let detail = match (visit.status, called_to) {
            (Status::Called, Some(place)) => tr!("called to {place}", place),
            (Status::Away, _) => tr!("did not come when called"),
            (status, _) => language::say(status.label()).to_lowercase(),
        };
        // What is to be collected may be more urgent than the visit.
        let tests = lab.cards.iter().filter(|test| test.test.visit_id == visit.visit_id);
        let urgency = tests.map(TestCard::urgency).min();
        let urgency = urgency.map_or_else(|| priority_tag(visit.priority), card::urgency_tag);
        view! {
            <li class="list-row" data-row=visit.visit_id.to_string()>
                <span class="token token-plain">{visit.token.clone()}</span>
                <div class="list-main">
                    <p class="list-title">
                        <a href=format!("/visits/{}", visit.visit_id)>{card.patient_name.clone()}</a>
                        {urgency} {branch_tag(lab, visit.branch_id.as_ref())}
                    </p>
                    <p class="list-detail">
                        {age_and_sex(card.patient_birth_date, card.patient_sex, today)} " · " {detail} " · "
                        {wait(visit.since, lab.now, target(&lab.targets, visit))}
                    </p>
                </div>
                {call(lab, card)}
            </li>
        }
    };
    view! {
        <section class="card card-flush" aria-labelledby="patients">
            <div class="card-head">
                <h2 id="patients">{tr!("Patients at the lab")}</h2>
                <span class="tag phase-wait">{icon(Icon::Hourglass)} {tr!("{count} waiting", count = waiting)}</span>
            </div>
            <ul class="list">{lab.patients.iter().map(row).collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// Names the branch of who is in another than the person: laboratories see all of them.
fn branch_tag(lab: &Lab, branch: Option<&BranchId>) -> AnyView {
    let name = branch.and_then(|branch| lab.elsewhere.get(branch)).cloned();
    name.map(|name| view! { <span class="tag">{icon(Icon::Building)} {name}</span> }).into_any()
}

/// Calls a patient, or notes that a called one did not come.
fn call(lab: &Lab, card: &VisitCard) -> AnyView {
    let visit = &card.visit;
    if !lab.actor.may_log(EventType::QueueCalled, None) {
        return ().into_any();
    }
    let form = EventForm::new(EventType::QueueCalled, Some(&visit.visit_id), Some(visit.version), lab.attempt.as_ref());
    let (class, label, key) = match visit.status {
        Status::Called => ("button button-quiet", tr!("Call again"), "r"),
        Status::Away => ("button", tr!("Call again"), "r"),
        _ => ("button button-primary", tr!("Call"), "c"),
    };
    let skip = (visit.status == Status::Called).then(|| {
        let skip = button(EventType::QueueSkipped, &visit.visit_id, Some(visit.version), &[]);
        skip.label(tr!("Skip")).key("s").view()
    });
    view! {
        <div class="row row-fixed">
            <form method="post" class="row row-fixed">
                {form.hidden()} {destination(lab, card, &form)}
                <button class=class data-key=key>{icon(Icon::of(EventType::QueueCalled))} {label}</button>
            </form>
            {skip}
        </div>
    }
    .into_any()
}

/// Where a patient is called to; one of several rooms is chosen, to begin with the one that was called to already.
fn destination(lab: &Lab, card: &VisitCard, form: &EventForm) -> AnyView {
    match &lab.rooms[..] {
        [] => view! { <input type="hidden" name="counter" value="Laboratory"/> }.into_any(),
        [room] => view! { <input type="hidden" name="roomId" value=room.id.to_string()/> }.into_any(),
        rooms @ [first, ..] => {
            let mut called = std::iter::once(card).chain(&lab.patients).filter_map(|card| card.visit.room_id.as_ref());
            let called = called.find(|called| rooms.iter().any(|room| room.id == **called));
            let given = called.unwrap_or(&first.id).to_string();
            let choices = rooms.iter().map(|room| (room.id.to_string(), room.name.clone())).collect();
            form.select("roomId", choices, true, Some(tr!("Room for {token}", token = card.visit.token)), &given)
        }
    }
}
