//! Billing: what is to be billed and paid now, and one visit's bills.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use super::attempt::Attempt;
use super::form::EventForm;
use super::icon::{Icon, icon};
use super::parts::{age_and_sex, clock_time, day_and_time, empty, priority_tag, wait};
use crate::hospital::patients::Patient;
use crate::hospital::tariff::TariffEntry;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::{BillId, PersonId, TestId};
use crate::journey::money::Money;
use crate::journey::schema::Shape;
use crate::journey::visit::{Bill, Test, Visit};
use crate::journey::words::{BillKind, Method, Stage, VisitType, Word};
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
    /// The present moment.
    pub now: DateTime<Utc>,
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
    let due: Money = billing.waiting.iter().map(|card| card.visit.due).sum();
    let unpaid = billing.waiting.iter().filter(|card| card.visit.due > Money::ZERO).count();
    let to_bill = billing.waiting.len() - unpaid;
    let lead =
        format!("{unpaid} with something to pay, {} together · {to_bill} to be billed", billing.tenant.money(due));
    let left = match &billing.chosen {
        Some(chosen) => visit_view(&billing, chosen),
        None => empty(
            Icon::ReceiptIndianRupee,
            "Nothing to bill or pay",
            "Consultations and tests show up here as they happen.",
        ),
    };
    view! {
        <main class="page stack" id="main">
            <div class="page-head">
                <div>
                    <h1>"Billing"</h1>
                    <p class="page-lead">{lead}</p>
                </div>
                <div class="actions">
                    <a class="button button-compact" href="/queue/billing">{icon(Icon::Users)} "Billing queue"</a>
                </div>
            </div>
            <div class="columns">
                <div class="stack">{left}</div>
                <aside class="stack" aria-label="To be billed and paid">{waiting_list(&billing)}</aside>
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
                details.push(format!("{} tests to bill", visit.unbilled));
            }
            details.extend(card.doctor_name.clone().or_else(|| card.department_name.clone()));
            let due = if visit.due > Money::ZERO { billing.tenant.money(visit.due) } else { "to bill".to_owned() };
            view! {
                <li class="list-row" aria-current=current>
                    <span class="token token-plain">{visit.token.clone()}</span>
                    <div class="list-main">
                        <p class="list-title">
                            <a href=format!("/billing?visit={}", visit.visit_id)>{card.patient_name.clone()}</a>
                            " "
                            {priority_tag(visit.priority)}
                        </p>
                        <p class="list-detail">{details.join(" · ")}</p>
                    </div>
                    <div>
                        <b class="number">{due}</b>
                        <p class="list-detail">{visit.billing_since.map(|since| wait(since, billing.now, None))}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card card-flush" aria-labelledby="unpaid">
            <div class="card-head">
                <h2 id="unpaid">"To bill and pay"</h2>
                <span class="tag phase-pay">{icon(Icon::Hourglass)} {billing.waiting.len()}</span>
            </div>
            {if billing.waiting.is_empty() {
                view! { <div class="empty"><p class="empty-title">"Everything is billed and paid"</p></div> }.into_any()
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
    let mut facts =
        vec![age_and_sex(card.patient_birth_date, card.patient_sex, today), format!("MRN {}", card.patient_mrn)];
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
                        <a href=format!("/visits/{}", card.visit.visit_id)>{card.patient_name.clone()}</a>
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

fn discount_field(form: &EventForm) -> AnyView {
    let control = view! {
        <div class="affix">
            <span>"₹"</span>
            {form.input("discount", Shape::Money { min: 0 }, false, None, "")}
        </div>
    };
    form.field("discount", "Discount", true, control)
}

fn consultation_form(billing: &Billing, chosen: &Chosen) -> AnyView {
    let form = EventForm::new(
        EventType::ConsultationBilled,
        Some(&chosen.card.visit.visit_id),
        None,
        billing.attempt.as_ref(),
    );
    let own = billing
        .consultations
        .iter()
        .find(|entry| entry.department_id.is_some() && entry.department_id == chosen.visit.department_id)
        .or(billing.consultations.first())
        .map(|entry| &entry.code);
    let picks = billing
        .consultations
        .iter()
        .map(|entry| {
            let checked = if form.was_refused() { form.chose("pick", &entry.code) } else { own == Some(&entry.code) };
            view! {
                <label class="pick">
                    <input type="radio" name="pick" value=entry.code.clone() checked=checked required/>
                    <span class="pick-main">{entry.name.clone()}</span>
                    <span class="pick-end">{billing.tenant.money(entry.price)}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="bill-consultation">
            <div class="card-head"><h2 id="bill-consultation">"Bill the consultation"</h2></div>
            <form method="post" class="stack">
                {form.hidden()}
                <fieldset class="pick-group">
                    <legend class="visually-hidden">"Consultation"</legend>
                    <div class="pick-list">{picks}</div>
                </fieldset>
                <div class="fields">{discount_field(&form)}</div>
                <div class="form-foot">
                    <button class="button button-primary">{icon(Icon::ReceiptIndianRupee)} "Bill consultation"</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn tests_form(billing: &Billing, chosen: &Chosen, unbilled: &[(&TestId, &Test)]) -> AnyView {
    let form =
        EventForm::new(EventType::TestsBilled, Some(&chosen.card.visit.visit_id), None, billing.attempt.as_ref());
    let together: Money = unbilled.iter().map(|(_, test)| test.price).sum();
    let rows = unbilled
        .iter()
        .map(|(id, test)| {
            let checked = !form.was_refused() || form.chose("pick", id.to_string().as_str());
            view! {
                <tr>
                    <td class="cell-icon">
                        <label class="check">
                            <input type="checkbox" name="pick" value=id.to_string() checked=checked aria-label=test.name.clone()/>
                        </label>
                    </td>
                    <th scope="row">
                        {test.name.clone()}
                        <span class="sub">"ordered " {clock_time(&billing.tenant, test.ordered_at)}</span>
                    </th>
                    <td class="number">{billing.tenant.money(test.price)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="bill-tests">
            <form method="post" class="stack">
                {form.hidden()}
                <div class="table-wrap" role="group" aria-labelledby="bill-tests" tabindex="0">
                    <table class="table">
                        <caption id="bill-tests">"Bill for tests"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"On the bill"</th>
                                <th scope="col">"Test"</th>
                                <th scope="col" class="number">"Price"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                        <tfoot>
                            <tr>
                                <th scope="row" colspan="2">"Together"</th>
                                <td class="number">{billing.tenant.money(together)}</td>
                            </tr>
                        </tfoot>
                    </table>
                </div>
                <div class="fields">{discount_field(&form)}</div>
                <div class="form-foot">
                    <button class="button button-primary">{icon(Icon::ReceiptIndianRupee)} "Bill tests"</button>
                </div>
            </form>
        </section>
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
            let label = format!("{} {}", bill.kind.label(), billing.tenant.money(bill.amount));
            view! { <li><a href=href aria-current=(current == Some(id)).then_some("true")>{label}</a></li> }
        })
        .collect_view();
    view! { <nav class="tabs" aria-label="Bills"><ul>{tabs}</ul></nav> }.into_any()
}

/// The lines of a bill, what was paid and what is left.
pub fn sums(tenant: &Tenant, bill: &Bill) -> AnyView {
    let line = |word: String, amount: String| view! { <div><dt>{word}</dt><dd>{amount}</dd></div> };
    let balance = bill.balance();
    let (word, left) =
        if balance < Money::ZERO { ("Owed to the patient", -balance) } else { ("Still to pay", balance) };
    view! {
        <dl class="sums">
            {bill.items.iter().map(|item| line(item.description.clone(), tenant.money(item.amount))).collect_view()}
            {(bill.discount > Money::ZERO).then(|| line("Discount".into(), tenant.money(-bill.discount)))}
            {bill
                .payments
                .iter()
                .map(|payment| {
                    let word = format!("Paid {} by {}", clock_time(tenant, payment.at), payment.method);
                    line(word, tenant.money(-payment.amount))
                })
                .collect_view()}
            {(bill.refunded > Money::ZERO).then(|| line("Given back".into(), tenant.money(bill.refunded)))}
            <div class="total"><dt>{word}</dt><dd>{tenant.money(left)}</dd></div>
        </dl>
    }
    .into_any()
}

fn bill_view(billing: &Billing, chosen: &Chosen, id: &BillId, bill: &Bill) -> AnyView {
    let visit_id = &chosen.card.visit.visit_id;
    let tenant = &billing.tenant;
    let may = |event| billing.actor.may_log(event, Some(&chosen.visit));
    let open = chosen.visit.outcome.is_none();
    let balance = bill.balance();
    let tag = if balance > Money::ZERO {
        view! { <span class="tag phase-pay">{icon(Icon::Hourglass)} {tenant.money(balance)} " due"</span> }.into_any()
    } else if balance < Money::ZERO {
        view! { <span class="tag tag-warning">{icon(Icon::RotateCcw)} {tenant.money(-balance)} " owed"</span> }
            .into_any()
    } else {
        view! { <span class="tag tag-success">{icon(Icon::Check)} "Settled"</span> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="bill">
            <div class="card-head"><h2 id="bill">{bill.kind.label()} " bill"</h2> {tag}</div>
            {sums(tenant, bill)}
            {(open && balance > Money::ZERO && may(EventType::PaymentReceived)).then(|| payment_form(billing, chosen, id, balance))}
            {(bill.refundable() > Money::ZERO && may(EventType::PaymentRefunded)).then(|| refund_form(billing, chosen, id, bill))}
            <div class="row">
                <a class="button" href=format!("/visits/{visit_id}/bills/{id}/receipt")>{icon(Icon::Printer)} "Receipt"</a>
            </div>
        </section>
    }
    .into_any()
}

fn payment_form(billing: &Billing, chosen: &Chosen, id: &BillId, balance: Money) -> AnyView {
    let event = EventType::PaymentReceived;
    let form = EventForm::new(event, Some(&chosen.card.visit.visit_id), None, billing.attempt.as_ref());
    let paid_by = form.value("method").and_then(|word| Method::from_word(&word)).unwrap_or(Method::Cash);
    let amount = format!("{}.{:02}", balance.0 / 100, balance.0 % 100);
    let amount = view! {
        <p class="hint">"Less than " {billing.tenant.money(balance)} " is a part payment"</p>
        <div class="affix">
            <span>"₹"</span>
            {form.input("amount", Shape::Money { min: 1 }, true, None, &amount)}
        </div>
    };
    let methods = Method::ALL
        .iter()
        .map(|method| {
            view! {
                <label class="choice">
                    <input type="radio" name="method" value=method.word() checked=*method == paid_by/>
                    {method.label()}
                </label>
            }
        })
        .collect_view();
    view! {
        <form method="post" class="stack">
            {form.hidden()} <input type="hidden" name="billId" value=id.to_string()/>
            <div class="fields">
                {form.field("amount", "Amount", false, amount)} {form.labelled("reference", "Reference")}
                <fieldset class="field wide">
                    <legend>"Paid by"</legend>
                    <div class="choices choices-row">{methods}</div>
                </fieldset>
            </div>
            <div class="form-foot">
                <button class="button button-primary">{icon(Icon::Banknote)} "Take payment"</button>
            </div>
        </form>
    }
    .into_any()
}

fn refund_form(billing: &Billing, chosen: &Chosen, id: &BillId, bill: &Bill) -> AnyView {
    let event = EventType::PaymentRefunded;
    let form = EventForm::new(event, Some(&chosen.card.visit.visit_id), None, billing.attempt.as_ref());
    let owed = (-bill.balance()).floor();
    let given = if owed > Money::ZERO { format!("{}.{:02}", owed.0 / 100, owed.0 % 100) } else { String::new() };
    let open = form.was_refused() || owed > Money::ZERO;
    let takers: Vec<_> = bill
        .payments
        .iter()
        .filter_map(|payment| billing.names.get(&payment.by).cloned())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let amount = view! {
        <p class="hint">"At most " {billing.tenant.money(bill.refundable())}</p>
        <div class="affix">
            <span>"₹"</span>
            {form.input("amount", Shape::Money { min: 1 }, true, None, &given)}
        </div>
    };
    view! {
        <details class="fold fold-button" open=open>
            <summary>{icon(Icon::RotateCcw)} "Refund"</summary>
            <div class="fold-body">
                <form method="post" class="stack">
                    {form.hidden()} <input type="hidden" name="billId" value=id.to_string()/>
                    <p class="secondary">"By another person than took the payment (" {takers.join(", ")} ")."</p>
                    <div class="fields">
                        {form.field("amount", "Amount to give back", false, amount)}
                        {form.labelled("reason", "Reason")}
                    </div>
                    <div class="form-foot"><button class="button">{icon(Icon::RotateCcw)} "Refund"</button></div>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// What a receipt shows.
pub struct Receipt {
    /// The hospital.
    pub tenant: Tenant,
    /// The visit.
    pub card: VisitCard,
    /// The bill's id.
    pub bill_id: BillId,
    /// The bill.
    pub bill: Bill,
    /// The patient.
    pub patient: Patient,
    /// What people are called.
    pub names: BTreeMap<PersonId, String>,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// Shows a bill with its payments, to be printed.
pub fn receipt(receipt: Receipt) -> impl IntoView {
    let Receipt { tenant, card, bill_id, bill, patient, names, now } = receipt;
    let takers = bill
        .payments
        .iter()
        .map(|payment| {
            let by = names.get(&payment.by).cloned().unwrap_or_default();
            format!("{} by {} to {by}", tenant.money(payment.amount), payment.method)
        })
        .collect::<Vec<_>>()
        .join("; ");
    view! {
        <main class="page page-narrow stack" id="main">
            <article class="paper">
                <header class="paper-head">
                    <div>
                        <h1>{tenant.name.clone()}</h1>
                        <p>"Receipt · " {bill.kind.label()}</p>
                    </div>
                    <span class="token">{card.visit.token.clone()}</span>
                </header>
                <dl class="facts">
                    <dt>"Patient"</dt><dd>{patient.name.clone()} ", MRN " {patient.mrn.clone()}</dd>
                    <dt>"Billed"</dt><dd>{day_and_time(&tenant, bill.billed_at)}</dd>
                    <dt>"Paid"</dt><dd>{if takers.is_empty() { "not yet".to_owned() } else { takers }}</dd>
                    <dt>"Number"</dt><dd>{bill_id.to_string()}</dd>
                    <dt>"Printed"</dt><dd>{day_and_time(&tenant, now)}</dd>
                </dl>
                {sums(&tenant, &bill)}
            </article>
            <p class="secondary screen-only">"Print with the browser (Ctrl P). " <a href=format!("/billing?visit={}", card.visit.visit_id)>"Back to billing"</a></p>
        </main>
    }
}
