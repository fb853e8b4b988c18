//! `/billing`: what is to be billed and paid, and the receipts.

use std::sync::Arc;

use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use tr::tr;

use crate::hospital::tariff::{self, TariffKind};
use crate::hospital::{patients, people};
use crate::http::desk::{Desk, Failure};
use crate::http::form::{Values, minor_units};
use crate::http::seen::Seen;
use crate::journey::events::{Event, EventType};
use crate::journey::ids::{BillId, Id, VisitId};
use crate::journey::money::Money;
use crate::journey::words::Word;
use crate::live::Topic;
use crate::projections::visits;
use crate::record::past;
use crate::screens::attempt::Attempt;
use crate::screens::billing::{Billing, Chosen, Receipt, billing, receipt};
use crate::screens::layout::BILLING;

/// Shows what is unpaid, and one visit's bills when the address names it.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None).await
}

/// Logs a bill, a payment or a refund.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(BILLING)?;
    desk.needs_present()?;
    let mut values = Values(pairs);
    if values.event() == Some(EventType::PaymentReceived) && pays_in_part(&desk, &values).await? {
        values.set_event(EventType::PaymentPartial);
    }
    match desk.log(values).await? {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, Some(attempt)).await,
    }
}

/// One form takes payments; less than the balance makes it a part payment. Sent again, it stays what it was.
async fn pays_in_part(desk: &Desk, values: &Values) -> Result<bool, Failure> {
    let (Some(visit), Some(bill), Some(amount)) = (
        values.visit(),
        values.get("billId").and_then(|bill| BillId::parse(bill).ok()),
        values.get("amount").and_then(minor_units),
    ) else {
        return Ok(false);
    };
    let loaded = desk.app.recorder.load(&desk.tenant.id, &visit).await?;
    let bill = loaded.and_then(|(_, visit)| visit.bills.get(&bill).cloned());
    // Asked after the bill was read, whose balance may be what this form left.
    if let Some(key) = values.key() {
        let answered = desk.app.recorder.answered(&desk.tenant.id, &desk.person.id, key.as_str()).await?;
        if let Some(stored) = answered.first() {
            return Ok(stored.event.event_type == EventType::PaymentPartial.word());
        }
    }
    Ok(bill.is_some_and(|bill| Money(amount) < bill.balance()))
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(BILLING)?;
    let tenant = &desk.tenant.id;
    let past = desk.past_of_hospital().await?;
    let waiting = match &past {
        Some(past) => past::to_bill(desk.db(), &desk.tenant, desk.branch(), past.then()).await?,
        None => visits::to_bill(desk.db(), tenant, desk.branch()).await?,
    };
    let asked = desk.query("visit").and_then(|visit| VisitId::parse(visit).ok());
    let asked = asked.or_else(|| attempt.as_ref().and_then(|attempt| attempt.visit.clone()));
    // Whoever is still here comes before what is owed to those who left.
    let first = waiting.iter().find(|card| card.visit.ended_at.is_none()).or(waiting.first());
    let chosen = match asked.or_else(|| first.map(|card| card.visit.visit_id.clone())) {
        Some(visit) => match (chosen(&desk, &visit).await?, &past) {
            (Some(Chosen { card, .. }), Some(past)) => {
                let then = past::visit(desk.db(), &desk.tenant, card, past.then().into()).await?;
                then.map(|(card, visit)| Chosen { card, visit })
            }
            (chosen, _) => chosen,
        },
        None => None,
    };
    let data = Billing {
        tenant: desk.tenant.clone(),
        actor: desk.actor_at(past.as_ref()),
        waiting,
        chosen,
        bill: desk.query("bill").and_then(|bill| BillId::parse(bill).ok()),
        consultations: tariff::of_kind(desk.db(), tenant, TariffKind::Consultation).await?,
        names: people::names(desk.db(), tenant).await?,
        now: past.as_ref().map_or(desk.now, |past| past.moment),
        past,
        attempt: attempt.clone(),
    };
    let seen = Seen::chosen(data.chosen.as_ref().map(|chosen| &chosen.card));
    let visit = data.chosen.as_ref().map(|chosen| chosen.card.visit.visit_id.clone());
    let topics = visit.clone().map(Topic::Visit).into_iter().chain([Topic::Billing]);
    let desk = desk.live(topics).reloads(visit.is_none()).fixed_on("visit", visit.map(|visit| visit.to_string()));
    desk.show(tr!("Billing"), seen, attempt, move || billing(data)).await
}

async fn chosen(desk: &Desk, id: &VisitId) -> Result<Option<Chosen>, Failure> {
    let card = match desk.visit(id).await {
        Ok(card) => Some(card),
        Err(Failure::NotFound) => None,
        Err(failure) => return Err(failure),
    };
    let loaded = desk.app.recorder.load(&desk.tenant.id, id).await?;
    Ok(card.zip(loaded).map(|(card, (_, visit))| Chosen { card, visit }))
}

/// Shows a bill with its payments, to be printed.
pub async fn receipt_page(Path((visit_id, bill_id)): Path<(String, String)>, desk: Desk) -> Result<Response, Failure> {
    desk.needs(BILLING)?;
    let visit_id = VisitId::parse(&visit_id).map_err(|_| Failure::NotFound)?;
    let bill_id = BillId::parse(&bill_id).map_err(|_| Failure::NotFound)?;
    let Chosen { card, visit } = chosen(&desk, &visit_id).await?.ok_or(Failure::NotFound)?;
    let bill = visit.bills.get(&bill_id).cloned().ok_or(Failure::NotFound)?;
    let patient = patients::by_id(desk.db(), &desk.tenant.id, &visit.patient_id).await?.ok_or(Failure::NotFound)?;
    let data = Receipt {
        tenant: desk.tenant.clone(),
        card,
        discount_reason: discount_reason(&desk, &visit_id, &bill_id).await?,
        bill_id,
        bill,
        patient,
        names: people::names(desk.db(), &desk.tenant.id).await?,
        now: desk.now,
    };
    desk.show(tr!("Receipt"), Seen::visit(&data.card), None, move || receipt(data)).await
}

/// Why a discount was given on a bill.
async fn discount_reason(desk: &Desk, visit: &VisitId, bill: &BillId) -> Result<Option<String>, Failure> {
    let (steps, _) = desk.app.recorder.load(&desk.tenant.id, visit).await?.ok_or(Failure::NotFound)?;
    let reason = steps.iter().find_map(|step| match &step.event {
        Event::ConsultationBilled(billed) if billed.bill_id.0 == *bill => Some(billed.discount_reason.clone()),
        Event::TestsBilled(billed) if billed.bill_id.0 == *bill => Some(billed.discount_reason.clone()),
        _ => None,
    });
    Ok(reason.flatten().map(|reason| reason.0))
}
