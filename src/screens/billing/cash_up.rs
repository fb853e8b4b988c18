//! Cash-up: what one person took and gave back in a shift, each figure with the events it is made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use tr::tr;

use crate::hospital::tenants::Tenant;
use crate::journey::ids::VisitId;
use crate::journey::money::Money;
use crate::journey::words::{Method, Word};
use crate::language::say;
use crate::record::cash_up::{Closing, Shift, Transaction};
use crate::screens::attempt::Attempt;
use crate::screens::entry::Entry;
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::{clock_time, day_and_time, empty};

/// What the screen shows.
pub struct CashUp {
    /// The hospital.
    pub tenant: Tenant,
    /// Whose shift: id and name.
    pub person: (String, String),
    /// Whose shifts may be looked at; none for who sees only their own.
    pub people: Vec<(String, String)>,
    /// The shift.
    pub shift: Shift,
    /// The shifts that were closed, the oldest first.
    pub closings: Vec<Closing>,
    /// What the visits' tokens and patients are called.
    pub visits: BTreeMap<VisitId, (String, String)>,
    /// What was refused.
    pub attempt: Option<Arc<Attempt>>,
}

/// Shows the cash-up.
pub fn cash_up(screen: CashUp) -> impl IntoView {
    let CashUp { tenant, person, people, shift, closings, visits, attempt } = screen;
    let (from, until) = (day_and_time(&tenant, shift.from), day_and_time(&tenant, shift.until));
    let lead = match &shift.closing {
        Some(_) => tr!("{name} · closed: {from} to {until}", name = person.1, from, until),
        None => tr!("{name} · open since {time}", name = person.1, time = from),
    };
    let chooser = (!people.is_empty()).then(|| {
        let options = people
            .iter()
            .map(|(id, name)| {
                let selected = *id == person.0;
                view! { <option value=id.clone() selected=selected>{name.clone()}</option> }
            })
            .collect_view();
        view! {
            <form class="card" action="/billing/cash-up" aria-label=tr!("Whose shift")>
                <div class="row row-end-line">
                <div class="field"><label for="person">{tr!("Whose shift")}</label><select id="person" name="person">{options}</select></div>
                <button class="button">{tr!("Show")}</button>
                </div>
            </form>
        }
    });
    view! {
        <main class="page stack" id="main">
            <div class="page-head">
                <div>
                    <h1>{tr!("Cash-up")}</h1>
                    <p class="page-lead">{lead}</p>
                </div>
                <div class="actions screen-only"><a class="button" href="/billing">{tr!("Back to billing")}</a></div>
            </div>
            {chooser}
            <div class="columns">
                <div class="stack">{figures(&tenant, &shift)} {transactions(&tenant, &shift, &visits)}</div>
                <aside class="stack" aria-label=tr!("Closing")>
                    {drawer(&tenant, &shift, attempt.as_ref())} {earlier(&tenant, &person.0, &closings)}
                </aside>
            </div>
        </main>
    }
}

fn anchor(method: Method) -> String {
    format!("by-{}", method.word().to_lowercase())
}

fn figures(tenant: &Tenant, shift: &Shift) -> AnyView {
    let figures = shift.figures();
    let rows = figures
        .iter()
        .map(|figure| {
            let payments = tr!("1 payment" | "{n} payments" % figure.payments);
            let refunds = tr!("1 refund" | "{n} refunds" % figure.refunds);
            view! {
                <tr>
                    <th scope="row"><a href=format!("#{}", anchor(figure.method))>{say(figure.method.label())}</a></th>
                    <td class="number">{tenant.money(figure.taken)} <span class="sub">{payments}</span></td>
                    <td class="number">{tenant.money(figure.refunded)} <span class="sub">{refunds}</span></td>
                    <td class="number"><b>{tenant.money(figure.left())}</b></td>
                </tr>
            }
        })
        .collect_view();
    let sum = |part: fn(&crate::record::cash_up::Figure) -> Money| tenant.money(figures.iter().map(part).sum());
    let body = if figures.is_empty() {
        empty(Icon::Coins, tr!("Nothing was taken yet"), tr!("Payments and refunds of this shift are added up here."))
    } else {
        view! {
            <div class="table-wrap" role="group" aria-labelledby="figures" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{tr!("Method")}</th>
                            <th scope="col" class="number">{tr!("Taken")}</th>
                            <th scope="col" class="number">{tr!("Given back")}</th>
                            <th scope="col" class="number">{tr!("money that is left" => "Left")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                    <tfoot>
                        <tr>
                            <th scope="row">{tr!("Together")}</th>
                            <td class="number">{sum(|figure| figure.taken)}</td>
                            <td class="number">{sum(|figure| figure.refunded)}</td>
                            <td class="number"><b>{sum(|figure| figure.left())}</b></td>
                        </tr>
                    </tfoot>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="card card-flush" aria-labelledby="figures">
            <div class="card-head"><h2 id="figures">{tr!("By method")}</h2></div>
            {body}
        </section>
    }
    .into_any()
}

fn transactions(tenant: &Tenant, shift: &Shift, visits: &BTreeMap<VisitId, (String, String)>) -> AnyView {
    let group = |method: Method| {
        let own: Vec<_> = shift.transactions.iter().filter(|one| one.method == method).collect();
        let id = anchor(method);
        let rows = own.iter().map(|one| transaction(tenant, one, visits)).collect_view();
        view! {
            <section class="card card-flush" aria-labelledby=id.clone()>
                <div class="card-head"><h2 id=id.clone()>{say(method.label())}</h2><span class="secondary">{own.len()}</span></div>
                <ul class="list">{rows}</ul>
            </section>
        }
    };
    shift.figures().into_iter().map(|figure| group(figure.method)).collect_view().into_any()
}

fn transaction(tenant: &Tenant, one: &Transaction, visits: &BTreeMap<VisitId, (String, String)>) -> AnyView {
    let (token, patient) = visits.get(&one.visit).cloned().unwrap_or_default();
    let event = format!("/visits/{}#step-{}", one.visit, one.version);
    let amount = tenant.money(if one.refund { -one.amount } else { one.amount });
    let time = clock_time(tenant, one.at);
    let what = if one.refund { tr!("Refund, {time}", time) } else { tr!("Payment, {time}", time) };
    let slip = one.refund.then(|| {
        let href = format!("/visits/{}/refunds/{}", one.visit, one.event);
        view! { <a class="button button-compact button-quiet" href=href>{icon(Icon::Printer)} {tr!("Refund slip")}</a> }
    });
    view! {
        <li class="list-row">
            <span class="token token-plain">{token}</span>
            <div class="list-main">
                <p class="list-title"><a href=event>{what}</a></p>
                <p class="list-detail">{patient}</p>
            </div>
            {slip} <b class="number">{amount}</b>
        </li>
    }
    .into_any()
}

fn drawer(tenant: &Tenant, shift: &Shift, attempt: Option<&Arc<Attempt>>) -> AnyView {
    let entry = Entry::new("close", "", attempt);
    let expected = tenant.money(shift.expected_cash());
    let expected = view! {
        <dl class="figures"><div><dt>{tr!("expected")}</dt><dd>{expected}</dd></div></dl>
        <p class="secondary small">{tr!("What is given back goes the way it was paid; a bill paid in part by cash is given back in cash.")}</p>
    };
    let body = match &shift.closing {
        Some(closing) => {
            let difference = closing.counted_cash - closing.expected_cash;
            view! {
                {expected}
                <dl class="sums">
                    <div><dt>{tr!("Counted")}</dt><dd>{tenant.money(closing.counted_cash)}</dd></div>
                    <div class="total"><dt>{tr!("Difference")}</dt><dd>{tenant.money(difference)}</dd></div>
                </dl>
                {closing.note.clone().map(|note| view! { <p>{note}</p> })}
            }
            .into_any()
        }
        None if shift.transactions.is_empty() => {
            view! { {expected} <p class="secondary">{tr!("There is nothing to close yet.")}</p> }.into_any()
        }
        // A form that is typed in stays as it is while the rest is renewed: what it closes and what that comes to stay together.
        None => view! {
            <form method="post" class="stack">
                {entry.hidden()} <input type="hidden" name="last" value=shift.last_position.to_string()/> {expected}
                <div class="stack screen-only">
                    {entry.text("counted", &tr!("Cash counted"), true, "")} {entry.text("note", &tr!("Note"), false, "")}
                    <div><button class="button button-primary">{icon(Icon::Lock)} {tr!("Close the shift")}</button></div>
                </div>
            </form>
        }
        .into_any(),
    };
    view! {
        <section class="card stack" aria-labelledby="drawer">
            <h2 id="drawer">{tr!("Cash in the drawer")}</h2>
            {body}
        </section>
    }
    .into_any()
}

fn earlier(tenant: &Tenant, person: &str, closings: &[Closing]) -> AnyView {
    if closings.is_empty() {
        return ().into_any();
    }
    let rows = closings
        .iter()
        .enumerate()
        .rev()
        .take(20)
        .map(|(index, closing)| {
            let href = format!("/billing/cash-up?person={person}&closing={}", index + 1);
            let difference = tenant.money(closing.counted_cash - closing.expected_cash);
            let amount = tenant.money(closing.counted_cash);
            let counted = tr!("{amount} counted, difference {difference}", amount, difference);
            view! {
                <li class="list-row">
                    <div class="list-main">
                        <p class="list-title"><a href=href>{day_and_time(tenant, closing.until)}</a></p>
                        <p class="list-detail">{counted}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="card card-flush screen-only" aria-labelledby="earlier">
            <div class="card-head"><h2 id="earlier">{tr!("Closed shifts")}</h2></div>
            <ul class="list">{rows}</ul>
        </section>
    }
    .into_any()
}
