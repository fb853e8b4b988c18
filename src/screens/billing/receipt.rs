//! A bill's sums, and the receipt.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use crate::hospital::patients::Patient;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{BillId, PersonId};
use crate::journey::money::Money;
use crate::journey::visit::Bill;
use crate::journey::wording::inside;
use crate::language::{of_paper, on_paper, say};
use crate::projections::visits::VisitCard;
use crate::screens::parts::{clock_time, day_and_time, print_button};

/// The lines of a bill, what was paid and what is left.
pub fn sums(tenant: &Tenant, bill: &Bill) -> AnyView {
    let line = |word: String, amount: String| view! { <div><dt>{word}</dt><dd>{amount}</dd></div> };
    let balance = bill.balance();
    let (word, left) =
        if balance < Money::ZERO { (tr!("Owed to the patient"), -balance) } else { (tr!("Still to pay"), balance) };
    view! {
        <dl class="sums">
            {bill.items.iter().map(|item| line(item.description.clone(), tenant.money(item.amount))).collect_view()}
            {(bill.discount > Money::ZERO).then(|| line(tr!("Discount"), tenant.money(-bill.discount)))}
            {bill
                .payments
                .iter()
                .map(|payment| {
                    let (time, method) = (clock_time(tenant, payment.at), inside(&say(payment.method.label())));
                    line(tr!("Paid {time} by {method}", time, method), tenant.money(-payment.amount))
                })
                .collect_view()}
            {(bill.refunded > Money::ZERO).then(|| line(tr!("Given back"), tenant.money(bill.refunded)))}
            <div class="total"><dt>{word}</dt><dd>{tenant.money(left)}</dd></div>
        </dl>
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
    /// Why a discount was given.
    pub discount_reason: Option<String>,
    /// The patient.
    pub patient: Patient,
    /// What people are called.
    pub names: BTreeMap<PersonId, String>,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// Shows a bill with its payments, to be printed.
pub fn receipt(receipt: Receipt) -> impl IntoView {
    let (back, of_paper) = (format!("/billing?visit={}", receipt.card.visit.visit_id), of_paper());
    view! {
        <main class="page page-narrow stack" id="main">
            <div class="row screen-only paper-ways">
                {print_button()} <a class="button" href=back>{tr!("Back to billing")}</a>
            </div>
            {on_paper(|| paper(receipt, of_paper))}
        </main>
    }
}

fn paper(receipt: Receipt, lang: Option<&'static str>) -> AnyView {
    let Receipt { tenant, card, bill_id, bill, discount_reason, patient, names, now } = receipt;
    let takers = bill
        .payments
        .iter()
        .map(|payment| {
            let by = names.get(&payment.by).cloned().unwrap_or_default();
            format!("{} by {} to {by}", tenant.money(payment.amount), inside(payment.method.label()))
        })
        .collect::<Vec<_>>()
        .join("; ");
    view! {
        <article class="paper" lang=lang>
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
                {discount_reason.map(|reason| view! { <dt>"Discount"</dt><dd>{reason}</dd> })}
                <dt>"Number"</dt><dd>{bill_id.to_string()}</dd>
                <dt>"Printed"</dt><dd>{day_and_time(&tenant, now)}</dd>
            </dl>
            {sums(&tenant, &bill)}
        </article>
    }
    .into_any()
}
