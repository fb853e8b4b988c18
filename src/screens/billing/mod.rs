//! Billing: what is to be billed and paid now, and one visit's bills.

pub mod cash_up;
mod forms;
mod receipt;
pub mod refund_slip;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

pub use self::receipt::{Receipt, receipt, sums};

use self::forms::{consultation_form, payment_form, refund_form, tests_form};
use super::attempt::Attempt;
use super::icon::{Icon, icon};
use super::parts::{age_and_sex, empty, priority_tag, wait};
use super::past::{Past, address, address_of_visit, banner, chooser};
use crate::hospital::tariff::TariffEntry;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::{BillId, PersonId};
use crate::journey::money::Money;
use crate::journey::visit::{Bill, Visit};
use crate::journey::words::{BillKind, Stage, VisitType};
use crate::language;
use crate::projections::visits::VisitCard;

/// What the billing desk shows.
pub struct Billing {
    /// The hospital.
    pub tenant: Tenant,
    /// Who looks at it.
    pub actor: Actor,
    /// The visits on which something is to be billed or paid, the oldest first.
    pub waiting: Vec<VisitCard>,
    /// The visit looked at.
    pub chosen: Option<Chosen>,
    /// The bill looked at.
    pub bill: Option<BillId>,
    /// The consultations of the tariff.
    pub consultations: Vec<TariffEntry>,
    /// What people are called.
    pub names: BTreeMap<PersonId, String>,
    /// The moment shown.
    pub now: DateTime<Utc>,
    /// What it says when that is past.
    pub past: Option<Past>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// A visit looked at.
pub struct Chosen {
    /// As lists show it.
    pub card: VisitCard,
    /// Its state.
    pub visit: Visit,
}

/// Shows the billing desk.
pub fn billing(billing: Billing) -> impl IntoView {
    // Nothing more is billed to those who left, or paid by them.
    let here = || billing.waiting.iter().map(|card| &card.visit).filter(|visit| visit.ended_at.is_none());
    let due: Money = here().map(|visit| visit.due).sum();
    let unpaid = here().filter(|visit| visit.due > Money::ZERO).count();
    let to_bill = here().count() - unpaid;
    let amount = billing.tenant.money(due);
    let lead =
        tr!("{unpaid} with something to pay, {amount} together · {to_bill} to be billed", unpaid, amount, to_bill);
    let kept: Vec<_> = billing.chosen.iter().map(|chosen| ("visit", chosen.card.visit.visit_id.to_string())).collect();
    let left = match &billing.chosen {
        Some(chosen) => visit_view(&billing, chosen),
        None => empty(
            Icon::ReceiptIndianRupee,
            tr!("Nothing to bill or pay"),
            tr!("Consultations and tests show up here as they happen."),
        ),
    };
    view! {
        <main class="page stack" id="main" data-past=billing.past.is_some()>
            {banner(billing.past.as_ref())}
            <div class="page-head">
                <div>
                    <h1>{tr!("Billing")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
                <div class="actions">
                    {chooser(&billing.tenant, billing.now, billing.past.as_ref(), &kept)}
                    <a class="button button-compact" href="/billing/cash-up">{icon(Icon::Coins)} {tr!("Cash-up")}</a>
                    <a class="button button-compact" href=address(billing.past.as_ref(), "/queue/billing".to_owned())>
                        {icon(Icon::Users)} {tr!("Billing queue")}
                    </a>
                </div>
            </div>
            <div class="columns">
                <div class="stack">{left}</div>
                <aside class="stack" aria-label=tr!("To be billed and paid")>{waiting_list(&billing)}</aside>
            </div>
        </main>
    }
}

fn waiting_list(billing: &Billing) -> AnyView {
    let chosen = billing.chosen.as_ref().map(|chosen| &chosen.card.visit.visit_id);
    let rows = billing
        .waiting
        .iter()
        .map(|card| {
            let visit = &card.visit;
            let current = (chosen == Some(&visit.visit_id)).then_some("true");
            let mut details = Vec::new();
            if visit.unbilled > 0 {
                details.push(tr!("1 test to bill" | "{n} tests to bill" % visit.unbilled));
            }
            details.extend(card.doctor_name.clone().or_else(|| card.department_name.clone()));
            let due = match visit.due {
                _ if visit.ended_at.is_some() => tr!("to give back"),
                Money::ZERO => tr!("to bill"),
                due => billing.tenant.money(due),
            };
            view! {
                <li class="list-row" data-row=visit.visit_id.to_string() aria-current=current>
                    <span class="token token-plain">{visit.token.clone()}</span>
                    <div class="list-main">
                        <p class="list-title">
                            <a href=address(billing.past.as_ref(), format!("/billing?visit={}", visit.visit_id))>
                                {card.patient_name.clone()}
                            </a>
                            " "
                            {priority_tag(visit.priority)}
                        </p>
                        <p class="list-detail">{details.join(" · ")}</p>
                    </div>
                    <div class="number">
                        <b>{due}</b>
                        <p class="list-detail">{visit.billing_since.map(|since| wait(since, billing.now, None))}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card card-flush" aria-labelledby="unpaid">
            <div class="card-head">
                <h2 id="unpaid">{tr!("To bill and pay")}</h2>
                <span class="tag phase-pay">{icon(Icon::Hourglass)} {billing.waiting.len()}</span>
            </div>
            {if billing.waiting.is_empty() {
                view! { <div class="empty"><p class="empty-title">{tr!("Everything is billed and paid")}</p></div> }.into_any()
            } else {
                view! { <ul class="list">{rows}</ul> }.into_any()
            }}
        </section>
    }
    .into_any()
}

fn visit_view(billing: &Billing, chosen: &Chosen) -> AnyView {
    let (card, visit) = (&chosen.card, &chosen.visit);
    let today = billing.tenant.local_day(billing.now);
    let age = age_and_sex(card.patient_birth_date, card.patient_sex, today);
    let mut facts = vec![age, tr!("MRN {number}", number = card.patient_mrn)];
    facts.extend(card.department_name.clone());
    let may = |event| billing.actor.may_log(event, Some(visit));
    let round = visit.round();
    let billed = |bill: &&Bill| bill.kind == BillKind::Consultation && bill.round == round && bill.amount > Money::ZERO;
    let consultation_open = visit.visit_type != VisitType::LabOnly && !visit.bills.values().any(|bill| billed(&bill));
    let unbilled: Vec<_> =
        visit.tests.iter().filter(|(_, test)| test.bill_id.is_none() && test.stage != Stage::Cancelled).collect();
    let open = visit.outcome.is_none();
    let bill = billing
        .bill
        .as_ref()
        .and_then(|id| visit.bills.get_key_value(id))
        .or_else(|| visit.bills.iter().find(|(_, bill)| bill.balance() != Money::ZERO))
        .or_else(|| visit.bills.iter().next_back());
    view! {
        <section class="card" aria-labelledby="patient">
            <div class="patient-banner">
                <span class="token">{card.visit.token.clone()}</span>
                <div class="patient-main">
                    <h2 class="patient-name" id="patient">
                        <a href=address_of_visit(billing.past.as_ref(), &card.visit)>
                            {card.patient_name.clone()}
                        </a>
                        " "
                        {priority_tag(visit.priority)}
                    </h2>
                    <p class="secondary">{facts.join(" · ")}</p>
                </div>
            </div>
        </section>
        {(open && !unbilled.is_empty() && may(EventType::TestsBilled)).then(|| tests_form(billing, chosen, &unbilled))}
        {(open && consultation_open && may(EventType::ConsultationBilled)).then(|| consultation_form(billing, chosen))}
        {(visit.bills.len() > 1).then(|| bill_tabs(billing, chosen, bill.map(|(id, _)| id)))}
        {bill.map(|(id, bill)| bill_view(billing, chosen, id, bill))}
    }
    .into_any()
}

fn bill_tabs(billing: &Billing, chosen: &Chosen, current: Option<&BillId>) -> AnyView {
    let tabs = chosen
        .visit
        .bills
        .iter()
        .map(|(id, bill)| {
            let href = format!("/billing?visit={}&bill={id}", chosen.card.visit.visit_id);
            let href = address(billing.past.as_ref(), href);
            let label = format!("{} {}", language::say(bill.kind.label()), billing.tenant.money(bill.amount));
            view! { <li><a href=href aria-current=(current == Some(id)).then_some("true")>{label}</a></li> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label=tr!("Bills")><ul>{tabs}</ul></nav> }.into_any()
}

fn bill_view(billing: &Billing, chosen: &Chosen, id: &BillId, bill: &Bill) -> AnyView {
    let visit_id = &chosen.card.visit.visit_id;
    let tenant = &billing.tenant;
    let may = |event| billing.actor.may_log(event, Some(&chosen.visit));
    let open = chosen.visit.outcome.is_none();
    let balance = bill.balance();
    let tag = if balance > Money::ZERO {
        view! { <span class="tag phase-pay">{icon(Icon::Hourglass)} {tr!("{amount} due", amount = tenant.money(balance))}</span> }.into_any()
    } else if balance < Money::ZERO {
        view! { <span class="tag tag-warning">{icon(Icon::RotateCcw)} {tr!("{amount} owed", amount = tenant.money(-balance))}</span> }
            .into_any()
    } else {
        view! { <span class="tag tag-success">{icon(Icon::Check)} {tr!("Settled")}</span> }.into_any()
    };
    let title = match bill.kind {
        BillKind::Consultation => tr!("Consultation bill"),
        BillKind::Tests => tr!("Tests bill"),
    };
    view! {
        <section class="card" aria-labelledby="bill">
            <div class="card-head"><h2 id="bill">{title}</h2> {tag}</div>
            {sums(tenant, bill)}
            {(open && balance > Money::ZERO && may(EventType::PaymentReceived)).then(|| payment_form(billing, chosen, id, balance))}
            {(bill.refundable() > Money::ZERO && may(EventType::PaymentRefunded)).then(|| refund_form(billing, chosen, id, bill))}
            {billing.past.is_none().then(|| {
                let href = format!("/visits/{visit_id}/bills/{id}/receipt");
                view! { <div class="row"><a class="button" href=href>{icon(Icon::Printer)} {tr!("Receipt")}</a></div> }
            })}
        </section>
    }
    .into_any()
}
