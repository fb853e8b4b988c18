//! The forms of the billing desk: bills, payments, refunds.

use leptos::prelude::*;
use tr::tr;

use super::{Billing, Chosen};
use crate::journey::events::EventType;
use crate::journey::ids::{BillId, TestId};
use crate::journey::money::Money;
use crate::journey::schema::Shape;
use crate::journey::visit::{Bill, Test};
use crate::journey::words::{Method, Word};
use crate::language;
use crate::screens::form::EventForm;
use crate::screens::icon::{Icon, icon};
use crate::screens::parts::clock_time;

/// A discount, and why it is given.
fn discount_fields(billing: &Billing, form: &EventForm) -> AnyView {
    let control = view! {
        <div class="affix">
            <span>{billing.tenant.currency_sign().to_owned()}</span>
            {form.input("discount", Shape::Money { min: 0 }, false, None, "")}
        </div>
    };
    view! {
        {form.field("discount", &tr!("Discount"), true, control)}
        {form.labelled("discountReason", &tr!("Reason for the discount"))}
    }
    .into_any()
}

pub(super) fn consultation_form(billing: &Billing, chosen: &Chosen) -> AnyView {
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
            <div class="card-head"><h2 id="bill-consultation">{tr!("Bill the consultation")}</h2></div>
            <form method="post" class="stack">
                {form.hidden()}
                <fieldset class="pick-group">
                    <legend class="visually-hidden">{tr!("Consultation")}</legend>
                    <div class="pick-list">{picks}</div>
                </fieldset>
                <div class="fields">{discount_fields(billing, &form)}</div>
                <div class="form-foot">
                    <button class="button button-primary" data-key="b">{icon(Icon::ReceiptIndianRupee)} {tr!("Bill consultation")}</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

pub(super) fn tests_form(billing: &Billing, chosen: &Chosen, unbilled: &[(&TestId, &Test)]) -> AnyView {
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
                        <span class="sub">{tr!("ordered {time}", time = clock_time(&billing.tenant, test.ordered_at))}</span>
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
                        <caption id="bill-tests">{tr!("Bill for tests")}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{tr!("On the bill")}</th>
                                <th scope="col">{tr!("Test")}</th>
                                <th scope="col" class="number">{tr!("Price")}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                        <tfoot>
                            <tr>
                                <th scope="row" colspan="2">{tr!("Together")}</th>
                                <td class="number">{billing.tenant.money(together)}</td>
                            </tr>
                        </tfoot>
                    </table>
                </div>
                <div class="fields">{discount_fields(billing, &form)}</div>
                <div class="form-foot">
                    <button class="button button-primary" data-key="b">{icon(Icon::ReceiptIndianRupee)} {tr!("Bill tests")}</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

pub(super) fn payment_form(billing: &Billing, chosen: &Chosen, id: &BillId, balance: Money) -> AnyView {
    let event = EventType::PaymentReceived;
    let form = EventForm::new(event, Some(&chosen.card.visit.visit_id), None, billing.attempt.as_ref());
    let paid_by = form.value("method").and_then(|word| Method::from_word(&word)).unwrap_or(Method::Cash);
    let amount = format!("{}.{:02}", balance.0 / 100, balance.0 % 100);
    let amount = view! {
        <p class="hint">{tr!("Less than {amount} is a part payment", amount = billing.tenant.money(balance))}</p>
        <div class="affix">
            <span>{billing.tenant.currency_sign().to_owned()}</span>
            {form.input("amount", Shape::Money { min: 1 }, true, None, &amount)}
        </div>
    };
    let methods = Method::ALL
        .iter()
        .map(|method| {
            view! {
                <label class="choice">
                    <input type="radio" name="method" value=method.word() checked=*method == paid_by/>
                    {language::say(method.label())}
                </label>
            }
        })
        .collect_view();
    view! {
        <form method="post" class="stack">
            {form.hidden()} <input type="hidden" name="billId" value=id.to_string()/>
            <div class="fields">
                {form.field("amount", &tr!("Amount"), false, amount)} {form.labelled("reference", &tr!("Reference"))}
                <fieldset class="field wide">
                    <legend>{tr!("Paid by")}</legend>
                    <div class="choices choices-row">{methods}</div>
                </fieldset>
            </div>
            <div class="form-foot">
                <button class="button button-primary" data-key="p">{icon(Icon::Banknote)} {tr!("Take payment")}</button>
            </div>
        </form>
    }
    .into_any()
}

pub(super) fn refund_form(billing: &Billing, chosen: &Chosen, id: &BillId, bill: &Bill) -> AnyView {
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
        <p class="hint">{tr!("At most {amount}", amount = billing.tenant.money(bill.refundable()))}</p>
        <div class="affix">
            <span>{billing.tenant.currency_sign().to_owned()}</span>
            {form.input("amount", Shape::Money { min: 1 }, true, None, &given)}
        </div>
    };
    view! {
        <details class="fold fold-button" open=open>
            <summary data-key="r">{icon(Icon::RotateCcw)} {tr!("Refund")}</summary>
            <div class="fold-body">
                <form method="post" class="stack">
                    {form.hidden()} <input type="hidden" name="billId" value=id.to_string()/>
                    <p class="secondary">{tr!("By another person than took the payment ({people}).", people = takers.join(", "))}</p>
                    <div class="fields">
                        {form.field("amount", &tr!("Amount to give back"), false, amount)}
                        {form.labelled("reason", &tr!("Reason"))}
                    </div>
                    <div class="form-foot"><button class="button">{icon(Icon::RotateCcw)} {tr!("Refund")}</button></div>
                </form>
            </div>
        </details>
    }
    .into_any()
}
