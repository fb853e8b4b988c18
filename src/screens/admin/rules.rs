//! The hospital's own rules for visits.

use std::sync::Arc;

use leptos::prelude::*;
use tr::tr;

use super::history::{Names, history};
use super::page;
use crate::hospital::tenants::Tenant;
use crate::log::StoredEvent;
use crate::screens::attempt::Attempt;
use crate::screens::entry::Entry;

/// What the screen shows.
pub struct Rules {
    /// The hospital.
    pub tenant: Tenant,
    /// What became of its rules.
    pub events: Vec<StoredEvent>,
    /// What ids are called.
    pub names: Names,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows the rules.
pub fn rules(screen: Rules) -> impl IntoView {
    let Rules { tenant, events, names, attempt } = screen;
    let entry = Entry::new("rules", "", attempt.as_ref());
    let policy = tenant.policy;
    let choices = [
        (
            "payBeforeLab",
            tr!("A test is paid for before its sample is collected; emergencies are exempt"),
            policy.pay_before_lab,
        ),
        (
            "payBeforeConsultation",
            tr!("The consultation is paid for before the patient is called"),
            policy.pay_before_consultation,
        ),
        ("approverMayBePerformer", tr!("Who entered results may approve them"), policy.approver_may_be_performer),
    ];
    let choices = choices.map(|(value, words, given)| (value.to_owned(), words, given));
    let body = view! {
        <div class="columns">
            <section class="card" aria-labelledby="rules">
                <h2 id="rules">{tr!("What the journey asks for")}</h2>
                <form method="post" class="stack">
                    {entry.hidden()} {entry.ticks("rules", &tr!("They count for every step from now on"), choices.into())}
                    <div class="form-foot"><button class="button button-primary">{tr!("Save rules")}</button></div>
                </form>
            </section>
            <aside class="stack" aria-label=tr!("History")>{history(&tenant, &events, &names)}</aside>
        </div>
    };
    page("/admin/rules", tr!("Rules"), tr!("What a visit may do, and in which order"), body)
}
