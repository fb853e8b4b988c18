//! A test's card: what it is, whose, and the one step that brings it further.

use leptos::prelude::*;
use tr::tr;

use super::super::form::button;
use super::super::icon::{Icon, icon};
use super::super::parts::{age_and_sex, clock_time, priority_tag, stage_bar, wait};
use super::results::results;
use super::{Bench, Lab, Shown, branch_tag, forms};
use crate::islands::offline::html::frame;
use crate::journey::events::EventType;
use crate::journey::refusal::one_of;
use crate::journey::words::{Priority, Stage, Word};
use crate::language;
use crate::projections::tests::TestCard;

/// Whether the specimen may not be collected before the test is paid for.
fn waits_for_payment(lab: &Lab, card: &TestCard) -> bool {
    // Urgency comes before payment.
    let is_emergency = card.visit_priority == Priority::Emergency;
    card.test.stage == Stage::Ordered && lab.tenant.policy.pay_before_lab && !card.test.paid && !is_emergency
}

/// The label suggested for a test's next specimen.
pub fn suggested_label(card: &TestCard) -> String {
    let id = card.test.test_id.to_string();
    let label = format!("S-{}", &id[id.len().saturating_sub(6)..]);
    match card.test.recollections {
        0 => label,
        again => format!("{label}-{}", again + 1),
    }
}

/// The label of a test's specimen; that of a rejected one is used no more.
fn label_in_use(card: &TestCard) -> Option<&str> {
    card.test.sample_id.as_deref().filter(|_| !matches!(card.test.stage, Stage::Ordered | Stage::Cancelled))
}

/// The address that opens a form on a test.
fn open(lab: &Lab, card: &TestCard, event: EventType) -> String {
    let join = if lab.address.contains('?') { '&' } else { '?' };
    let id = &card.test.test_id;
    format!("{}{join}open={id}&do={}#test-{id}", lab.address, event.word())
}

pub(super) fn card(lab: &Lab, card: &TestCard) -> AnyView {
    let test = &card.test;
    let opened = lab.opened.as_ref().filter(|opened| opened.test_id == test.test_id);
    let today = lab.tenant.local_day(lab.now);
    let mut details = vec![
        card.patient_name.clone(),
        age_and_sex(card.patient_birth_date, card.patient_sex, today),
        test.specimen.clone().unwrap_or_else(|| tr!("specimen not recorded")),
    ];
    details.extend(label_in_use(card).map(ToOwned::to_owned));
    if test.stage == Stage::Ordered {
        details.push(tr!("ordered {time}", time = clock_time(&lab.tenant, test.ordered_at)));
        details.extend(lab.reasons.get(&test.test_id).map(|reason| tr!("sample rejected: {reason}", reason)));
        if waits_for_payment(lab, card) {
            details.push(match &test.bill_id {
                Some(_) => tr!("bill not settled"),
                None => tr!("not on a bill yet: {amount}", amount = lab.tenant.money(test.price)),
            });
        }
    }
    if let Some(name) = test.completed_by.as_ref().and_then(|person| lab.names.get(person))
        && !matches!(test.stage, Stage::Ordered | Stage::Collected | Stage::InProgress)
    {
        details.push(tr!("results by {name}", name));
    }
    let judged = matches!(test.stage, Stage::Completed | Stage::Reviewed)
        || (matches!(lab.shown, Shown::Sample(_)) && !test.results.is_empty());
    view! {
        <li class=frame(card.urgency()) id=format!("test-{}", test.test_id)>
            <span class="token token-plain">{card.token.clone()}</span>
            <div class="work-main">
                <h3 class="work-title">{test.name.clone()} {tags(lab, card)}</h3>
                <p class="work-detail">{details.join(" · ")} {waits(lab, card)}</p>
                {matches!(lab.shown, Shown::Sample(_))
                    .then(|| view! { <p class="work-detail">{language::say(test.stage.label())}</p> {stage_bar(test.stage)} })}
            </div>
            {menu(lab, card)}
            {(opened.map(|opened| opened.event) != Bench::of(test.stage).map(|bench| bench.next)).then(|| action(lab, card))}
            {judged
                .then(|| {
                    let before = lab.before.get(&test.test_id).map(|before| (before, &lab.tenant));
                    let table = results(&test.results, before, format!("results-{}", test.test_id), &test.name);
                    view! { <div class="work-wide">{table}</div> }
                })}
            {opened.map(|opened| view! { <div class="work-wide">{forms::form(lab, card, opened)}</div> })}
        </li>
    }
    .into_any()
}

fn tags(lab: &Lab, card: &TestCard) -> AnyView {
    let again = card.test.recollections;
    view! {
        {urgency_tag(card.urgency())} {branch_tag(lab, card.branch_id.as_ref())}
        {(again > 0)
            .then(|| {
                let words = match again {
                    1 => tr!("2nd sample"),
                    2 => tr!("3rd sample"),
                    more => tr!("{number}th sample", number = more + 1),
                };
                view! { <span class="tag tag-warning">{icon(Icon::RotateCcw)} {words}</span> }
            })}
        {waits_for_payment(lab, card)
            .then(|| view! { <span class="tag phase-pay">{icon(Icon::ReceiptIndianRupee)} {tr!("Payment first")}</span> })}
    }
    .into_any()
}

/// How urgent a test is, as laboratories call it.
pub(super) fn urgency_tag(urgency: Priority) -> AnyView {
    match urgency {
        Priority::Emergency => {
            view! { <span class="tag tag-emergency">{icon(Icon::TriangleAlert)} {tr!("STAT")}</span> }.into_any()
        }
        priority => priority_tag(priority),
    }
}

fn waits(lab: &Lab, card: &TestCard) -> AnyView {
    if card.test.pending {
        view! { " · " {tr!("before a wait that ticks" => "waits")} " " {wait(card.test.since, lab.now, None)} }
            .into_any()
    } else {
        ().into_any()
    }
}

/// The step that brings the test further, or why it is not this person's to take.
fn action(lab: &Lab, card: &TestCard) -> AnyView {
    let test = &card.test;
    let Some(bench) = Bench::of(test.stage).filter(|_| test.pending) else {
        return ().into_any();
    };
    let own = !lab.tenant.policy.approver_may_be_performer && test.completed_by.as_ref() == Some(&lab.actor.id);
    let content = if waits_for_payment(lab, card) {
        if lab.bills {
            let href = format!("/billing?visit={}", test.visit_id);
            view! { <a class="button button-wide" href=href data-key="e">{icon(Icon::ReceiptIndianRupee)} {tr!("link" => "To billing")}</a> }
                .into_any()
        } else {
            hint(tr!("Pay at billing first"))
        }
    } else if !lab.actor.may_log(bench.next, None) {
        hint(tr!("Waits for {role}", role = one_of(bench.next.row().roles, &language::say)))
    } else if bench.next == EventType::TestApproved && own {
        hint(tr!("You entered these results: another person approves them"))
    } else {
        step(lab, card, bench.next)
    };
    view! { <div class="work-action">{content}</div> }.into_any()
}

fn hint(words: String) -> AnyView {
    view! { <p class="secondary centred">{words}</p> }.into_any()
}

/// A button where a press is enough; a link to the form where something is to be typed.
fn step(lab: &Lab, card: &TestCard, event: EventType) -> AnyView {
    let test = &card.test;
    let mut given = vec![("testId", test.test_id.to_string())];
    let label = match event {
        EventType::TestSampleCollected => {
            given.push(("sampleId", suggested_label(card)));
            given.extend(test.specimen.clone().map(|specimen| ("specimen", specimen)));
            if test.recollections > 0 { tr!("Collect again") } else { tr!("Collect") }
        }
        EventType::TestInProgress => tr!("Start"),
        EventType::TestReviewed => tr!("Accept"),
        EventType::TestApproved => tr!("Approve"),
        EventType::TestCompleted => return opener(lab, card, event, tr!("Enter results")),
        EventType::ReportDelivered => return opener(lab, card, event, tr!("Hand over")),
        other => language::say(other.row().action),
    };
    button(event, &test.visit_id, None, &given).label(label).class("button button-primary button-wide").key("e").view()
}

fn opener(lab: &Lab, card: &TestCard, event: EventType, label: String) -> AnyView {
    let href = open(lab, card, event);
    view! { <a class="button button-primary button-wide" href=href data-key="e">{icon(Icon::of(event))} {label}</a> }
        .into_any()
}

/// What else can be done with a test.
fn menu(lab: &Lab, card: &TestCard) -> AnyView {
    let test = &card.test;
    let paths = format!("/visits/{}", test.visit_id);
    let papers = format!("{paths}/tests/{}", test.test_id);
    let link = |name, href: String, words: String| view! { <a class="menu-item" href=href>{icon(name)} {words}</a> };
    let may = |event| test.pending && lab.actor.may_log(event, None);
    let form = |event, words: String| {
        let class = if event == EventType::TestCancelled { "menu-item menu-item-danger" } else { "menu-item" };
        may(event).then(|| {
            view! { <a class=class href=open(lab, card, event)>{icon(Icon::of(event))} {words}</a> }
        })
    };
    let further = match test.stage {
        Stage::Ordered if !waits_for_payment(lab, card) => {
            form(EventType::TestSampleCollected, tr!("Collect with another label"))
        }
        Stage::Collected => form(EventType::TestInProgress, tr!("Start on an analyser")),
        Stage::Completed => form(EventType::TestReviewed, tr!("Repeat, or comment")),
        _ => None,
    };
    let underway = matches!(test.stage, Stage::Collected | Stage::InProgress);
    let started = underway || test.stage == Stage::Ordered;
    view! {
        <details class="menu" name="menu">
            <summary class="button button-quiet button-icon" aria-label=tr!("More for {token}, {test}", token = card.token, test = test.name)>
                {icon(Icon::EllipsisVertical)}
            </summary>
            <div class="menu-panel">
                {link(Icon::Route, paths, tr!("Open the journey"))}
                {label_in_use(card).map(|_| link(Icon::Tag, format!("{papers}/label"), tr!("Print the label")))}
                {(!test.results.is_empty()).then(|| link(Icon::Printer, format!("{papers}/report"), tr!("Print the report")))}
                {further}
                {underway.then(|| form(EventType::TestSampleRejected, tr!("Reject the sample")))}
                {(started && may(EventType::TestCancelled)).then(|| view! { <hr/> })}
                {started.then(|| form(EventType::TestCancelled, tr!("Cancel the test")))}
            </div>
        </details>
    }
    .into_any()
}
