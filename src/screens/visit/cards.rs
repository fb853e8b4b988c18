//! The visit's tests, bills, documents and follow-ups.

use leptos::prelude::*;
use serde_json::Value;
use tr::tr;

use super::VisitPage;
use crate::journey::events::{AnalyteResult, EventType};
use crate::journey::ids::{BillId, DocumentId, Id};
use crate::journey::money::Money;
use crate::journey::visit::Test;
use crate::journey::words::{BillKind, Flag, Stage, Word as _};
use crate::language;
use crate::screens::billing::sums;
use crate::screens::entry::{Entry, press};
use crate::screens::icon::{Icon, icon};
use crate::screens::lab::results::flag_tag;
use crate::screens::layout::BILLING;
use crate::screens::parts::{day_and_time, stage_bar};

/// The tests, each with its stage and its results.
pub fn tests(page: &VisitPage) -> AnyView {
    let tests = &page.visit.tests;
    if tests.is_empty() {
        return ().into_any();
    }
    let open = tests.values().filter(|test| !matches!(test.stage, Stage::Delivered | Stage::Cancelled)).count();
    view! {
        <section class="card" aria-labelledby="tests">
            <div class="card-head">
                <h2 id="tests">{tr!("Tests")}</h2>
                {if open > 0 {
                    view! { <span class="tag phase-test">{icon(Icon::TestTubes)} {tr!("{count} open", count = open)}</span> }.into_any()
                } else {
                    view! { <span class="tag tag-success">{icon(Icon::Check)} {tr!("Done")}</span> }.into_any()
                }}
            </div>
            <ul class="stack">{tests.values().map(test).collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn test(test: &Test) -> AnyView {
    let stage = if test.stage == Stage::Ordered && test.recollections > 0 {
        view! { <span class="tag tag-danger">{icon(Icon::RotateCcw)} {tr!("Collect again")}</span> }.into_any()
    } else {
        view! { <span class="secondary">{language::say(test.stage.label())}</span> }.into_any()
    };
    view! {
        <li class="stack stack-tight">
            <div class="row row-between"><b>{test.name.clone()}</b> {stage}</div>
            {(test.stage != Stage::Cancelled).then(|| stage_bar(test.stage))}
            {(!test.results.is_empty()).then(|| results(test))}
        </li>
    }
    .into_any()
}

fn results(test: &Test) -> AnyView {
    let flagged = test.results.iter().filter(|result| is_flagged(result)).count();
    let summary = match flagged {
        0 => tr!("Results"),
        flagged => tr!("Results, {count} out of range", count = flagged),
    };
    let rows = test.results.iter().map(result).collect_view();
    let open = flagged > 0 && test.results.len() <= 8;
    view! {
        <details class="fold" open=open>
            <summary>{summary} <span class="visually-hidden">" " {tr!("of {test}", test = test.name)}</span></summary>
            <dl class="facts small">{rows}</dl>
        </details>
    }
    .into_any()
}

fn is_flagged(result: &AnalyteResult) -> bool {
    result.flag.is_some_and(|flag| flag != Flag::Normal)
}

fn result(result: &AnalyteResult) -> AnyView {
    let unit = result.unit.as_ref().map_or(String::new(), |unit| format!(" {}", unit.as_str()));
    let flag = result.flag.filter(|_| is_flagged(result));
    view! {
        <dt>{result.analyte.to_string()}</dt>
        <dd>{result.value.to_string()} {unit} " " {flag.map(|flag| flag_tag(Some(flag)))}</dd>
    }
    .into_any()
}

/// The bills, each with its lines and what was paid.
pub fn bills(page: &VisitPage) -> AnyView {
    let (tenant, mut bills) = (&page.tenant, page.visit.bills.iter().collect::<Vec<_>>());
    if bills.is_empty() {
        return ().into_any();
    }
    bills.sort_by_key(|(_, bill)| bill.billed_at);
    let due = page.visit.due();
    let owed: Money = bills.iter().map(|(_, bill)| (-bill.balance()).floor()).sum();
    let tag = if due > Money::ZERO {
        view! { <span class="tag phase-pay">{icon(Icon::Hourglass)} {tr!("{amount} due", amount = tenant.money(due))}</span> }.into_any()
    } else if owed > Money::ZERO {
        view! { <span class="tag tag-warning">{icon(Icon::RotateCcw)} {tr!("{amount} owed", amount = tenant.money(owed))}</span> }.into_any()
    } else {
        view! { <span class="tag tag-success">{icon(Icon::Check)} {tr!("Settled")}</span> }.into_any()
    };
    let receipts = page.past.is_none() && page.person.holds_any(BILLING);
    let bills = bills
        .iter()
        .map(|(id, bill)| {
            let href = format!("/visits/{}/bills/{id}/receipt", page.id());
            let label = match bill.kind {
                BillKind::Consultation => tr!("Receipt for the consultation bill"),
                BillKind::Tests => tr!("Receipt for the tests bill"),
            };
            view! {
                <li>
                    <div class="row row-between">
                        <h3>{language::say(bill.kind.label())}</h3>
                        {receipts
                            .then(|| {
                                view! {
                                    <a class="button button-quiet button-compact" href=href aria-label=label>
                                        {icon(Icon::Printer)} {tr!("Receipt")}
                                    </a>
                                }
                            })}
                    </div>
                    {sums(tenant, bill)} {receipts.then(|| refunds(page, id))}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="bills">
            <div class="card-head"><h2 id="bills">{tr!("Bills")}</h2> {tag}</div>
            <ul class="stack">{bills}</ul>
        </section>
    }
    .into_any()
}

/// The slips of what was given back of a bill.
fn refunds(page: &VisitPage, bill: &BillId) -> AnyView {
    let given_back = page.stored.iter().map(|stored| &stored.event).filter(|event| {
        event.event_type == EventType::PaymentRefunded.word()
            && event.today().get("billId").and_then(Value::as_str) == Some(bill.as_str())
    });
    let slips = given_back
        .map(|event| {
            let href = format!("/visits/{}/refunds/{}", page.id(), event.id);
            let amount = Money(event.today().get("amount").and_then(Value::as_i64).unwrap_or_default());
            view! {
                <a class="button button-quiet button-compact" href=href>
                    {icon(Icon::Printer)} {tr!("Refund slip, {amount}", amount = page.tenant.money(amount))}
                </a>
            }
        })
        .collect_view();
    slips.into_any()
}

/// The documents; those whose content is kept here can be opened.
pub fn documents(page: &VisitPage) -> AnyView {
    let documents = &page.visit.documents;
    if documents.is_empty() {
        return ().into_any();
    }
    let rows = documents
        .iter()
        .map(|(id, document)| {
            let name = match page.kept.contains(id) {
                true => {
                    let href = format!("/visits/{}/documents/{id}", page.id());
                    view! { <a href=href download>{document.file_name.clone()}</a> }.into_any()
                }
                false => document.file_name.clone().into_any(),
            };
            let mut details: Vec<String> = document.kind.iter().map(|kind| language::say(kind)).collect();
            details.push(size_in_words(document.size_bytes));
            details.extend(added(page, id));
            let shared = (!document.shared_with.is_empty())
                .then(|| tr!("shared with {people}", people = document.shared_with.join(", ")));
            view! {
                <li class="list-row">
                    {icon(Icon::FileText)}
                    <div class="list-main">
                        <p class="list-title">{name}</p>
                        <p class="list-detail">{details.join(" · ")}</p>
                        {shared.map(|shared| view! { <p class="list-detail">{shared}</p> })}
                        {lent(page, id)}
                    </div>
                </li>
            }
        })
        .collect_view();
    let link = page.link.clone().map(|link| {
        view! {
            <div class="notice notice-success" role="status">
                <h3 class="notice-title">{icon(Icon::Share)} {tr!("Copy this link now; it is shown only once")}</h3>
                <p><code class="break-anywhere">{link}</code></p>
            </div>
        }
    });
    view! {
        <section class="card card-flush" aria-labelledby="documents">
            <div class="card-head"><h2 id="documents">{tr!("Documents")}</h2></div>
            {link}
            <ul class="list">{rows}</ul>
        </section>
    }
    .into_any()
}

/// The links by which a document was lent, and the form for another.
fn lent(page: &VisitPage, id: &DocumentId) -> AnyView {
    let shares = page
        .shares
        .iter()
        .filter(|share| share.document_id == *id)
        .map(|share| {
            let opened = match (share.openings, share.opened_at) {
                (0, _) | (_, None) => tr!("not opened yet"),
                (1, Some(at)) => tr!("opened once, {time}", time = day_and_time(&page.tenant, at)),
                (times, Some(at)) => {
                    tr!("opened {times} times, last {time}", times, time = day_and_time(&page.tenant, at))
                }
            };
            let open = share.is_open(page.now);
            let until = match share.withdrawn_at {
                Some(at) => tr!("withdrawn {time}", time = day_and_time(&page.tenant, at)),
                None if open => tr!("link until {time}", time = day_and_time(&page.tenant, share.expires_at)),
                None => tr!("link ran out"),
            };
            let words = format!("{}: {until}, {opened}", share.shared_with);
            let may = open && page.past.is_none() && page.actor.may_log(EventType::DocumentShared, None);
            view! {
                <div class="row">
                    <p class="list-detail">{words}</p>
                    {may.then(|| press("withdraw", &share.id, "button button-compact button-quiet", tr!("Withdraw")))}
                </div>
            }
        })
        .collect_view();
    let entry = Entry::new("share", id, page.attempt.as_ref());
    let days = [("1", tr!("a day")), ("7", tr!("a week")), ("30", tr!("30 days"))];
    let days = days.map(|(value, words)| (value.to_owned(), words));
    let may = page.past.is_none() && page.kept.contains(id) && page.actor.may_log(EventType::DocumentShared, None);
    let form = may.then(|| {
        view! {
            <details class="fold screen-only" open=entry.was_refused()>
                <summary>{tr!("Share by a link")}</summary>
                <div class="fold-body">
                    <form method="post" class="stack">
                        {entry.hidden()} {entry.text("sharedWith", &tr!("For whom"), true, "")}
                        {entry.select("days", &tr!("How long it works"), days.into(), true, "7")}
                        <div><button class="button button-primary">{icon(Icon::Share)} {tr!("Make the link")}</button></div>
                    </form>
                </div>
            </details>
        }
    });
    view! { {shares} {form} }.into_any()
}

/// When a document was added, and by whom.
fn added(page: &VisitPage, id: &DocumentId) -> Option<String> {
    let event = page.stored.iter().map(|stored| &stored.event).find(|event| {
        event.event_type == EventType::DocumentUploaded.word()
            && event.today().get("documentId").and_then(Value::as_str) == Some(id.as_str())
    })?;
    let by = page.names.get(&event.performed_by).cloned().unwrap_or_else(|| tr!("who did it" => "somebody"));
    Some(tr!("{time} by {by}", time = day_and_time(&page.tenant, event.performed_at), by))
}

/// A size as people read it: `218 kB`, `1.4 MB`.
fn size_in_words(bytes: i64) -> String {
    match bytes {
        ..1_000 => tr!("{count} bytes", count = bytes),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// The planned follow-ups.
pub fn follow_ups(page: &VisitPage) -> AnyView {
    let follow_ups = &page.visit.follow_ups;
    if follow_ups.is_empty() {
        return ().into_any();
    }
    let rows = follow_ups
        .iter()
        .map(|(id, planned)| {
            let known = page.follow_ups.iter().find(|card| card.follow_up.follow_up_id == *id);
            let answered = known.and_then(|card| card.follow_up.answered_by.clone().zip(card.follow_up.answered_at));
            let answered = answered.map(|(visit, at)| {
                let words = tr!("Came {time}", time = day_and_time(&page.tenant, at));
                view! { <p class="list-detail"><a href=format!("/visits/{visit}")>{words}</a></p> }
            });
            let doctor = planned.doctor_id.as_ref().and_then(|id| page.names.get(id)).cloned();
            let reminders = match planned.reminders {
                0 => tr!("no reminder sent yet"),
                1 => tr!("one reminder sent"),
                reminders => tr!("{count} reminders sent", count = reminders),
            };
            let details: Vec<_> = doctor.into_iter().chain(planned.note.clone()).chain([reminders]).collect();
            view! {
                <li class="list-row">
                    {icon(Icon::CalendarClock)}
                    <div class="list-main">
                        <p class="list-title">{day_and_time(&page.tenant, planned.due_at)}</p>
                        <p class="list-detail">{details.join(" · ")}</p>
                        {answered}
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card card-flush" aria-labelledby="follow-ups">
            <div class="card-head"><h2 id="follow-ups">{tr!("Follow-ups")}</h2></div>
            <ul class="list">{rows}</ul>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::size_in_words;

    #[test]
    fn sizes_read_as_people_say_them() {
        assert_eq!(size_in_words(812), "812 bytes");
        assert_eq!(size_in_words(218_400), "218 kB");
        assert_eq!(size_in_words(1_449_000), "1.4 MB");
    }
}
