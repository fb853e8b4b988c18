//! A slip for money that is given back.

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use crate::hospital::tenants::Tenant;
use crate::journey::money::Money;
use crate::language::{of_paper, on_paper};
use crate::screens::parts::{day_and_time, print_button};

/// What a refund slip shows.
pub struct RefundSlip {
    /// The hospital.
    pub tenant: Tenant,
    /// The visit's token.
    pub token: String,
    /// The patient's name and record number.
    pub patient: (String, String),
    /// Who gave it back.
    pub by: String,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The event's id.
    pub number: String,
}

/// Shows a refund slip, to be printed and signed.
pub fn refund_slip(slip: RefundSlip) -> impl IntoView {
    let of_paper = of_paper();
    view! {
        <main class="page stack" id="main">
            <div class="page-head">
                <div>
                    <h1>{tr!("Refund slip")}</h1>
                    <p class="page-lead">{tr!("80 mm wide")}</p>
                </div>
                <div class="actions">{print_button()} <a class="button" href="/billing">{tr!("Back to billing")}</a></div>
            </div>
            {on_paper(|| paper(slip, of_paper))}
        </main>
    }
}

fn paper(slip: RefundSlip, lang: Option<&'static str>) -> AnyView {
    let RefundSlip { tenant, token, patient, by, amount, reason, at, number } = slip;
    view! {
        <article class="paper slip" aria-label="Refund slip" lang=lang>
            <p><b>{tenant.name.clone()}</b> <br/> "Refund"</p>
            <span class="token token-plain">{token}</span>
            <p><b>{patient.0}</b> <br/> <span class="small">"MRN " {patient.1}</span></p>
            <p><b>{tenant.money(amount)}</b> <br/> {reason}</p>
            <p class="small">{day_and_time(&tenant, at)} <br/> "given back by " {by} <br/> {number}</p>
            <p class="small">"Received: ______________________"</p>
        </article>
    }
    .into_any()
}
