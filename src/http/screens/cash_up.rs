//! `/billing/cash-up`: a shift's money; and the slip for what was given back.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use serde_json::Value;
use tr::tr;

use crate::hospital::people;
use crate::http::desk::{Desk, Failure};
use crate::http::form::{Values, minor_units};
use crate::http::seen::Seen;
use crate::journey::events::EventType;
use crate::journey::ids::{EventId, Id, PersonId, VisitId};
use crate::journey::money::Money;
use crate::journey::schema::FieldProblem;
use crate::journey::words::{Role, Word};
use crate::live::Topic;
use crate::log;
use crate::projections::visits;
use crate::screens::attempt::Attempt;
use crate::screens::billing::cash_up::{CashUp, cash_up};
use crate::screens::billing::refund_slip::{RefundSlip, refund_slip};
use crate::screens::layout::BILLING;

/// Shows a shift: the open one, or one that was closed.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None).await
}

/// Closes the shift that was looked at.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(BILLING)?;
    let values = Values(pairs);
    let person = whose(&desk)?;
    let (recorder, tenant) = (&desk.app.recorder, &desk.tenant);
    let mut shift = recorder.open_shift(tenant, &person).await?;
    // Only what was looked at is closed; what came since belongs to the next shift.
    let last = values.get("last").and_then(|last| last.parse().ok()).unwrap_or(shift.last_position);
    shift.transactions.retain(|one| one.position <= last);
    shift.last_position = last.min(shift.last_position);
    let counted = values.get("counted").and_then(minor_units).map(Money);
    let attempt = match counted {
        Some(counted) => {
            let actor = desk.person.actor();
            let closed = recorder.close_shift(tenant, &actor, &person, &shift, counted, values.get("note")).await;
            let then = format!("{}?person={person}", desk.path);
            match desk.written(values, closed, &then, "cash_up.closed")? {
                Ok(response) => return Ok(response),
                Err(attempt) => attempt,
            }
        }
        None => {
            let problem = FieldProblem::new("counted", "must be an amount, such as 1,250.50");
            desk.shown_again(values, vec![problem])
        }
    };
    page(desk, Some(attempt)).await
}

/// Whose shift is looked at: one's own; a manager's eyes are on all.
fn whose(desk: &Desk) -> Result<PersonId, Failure> {
    let asked = desk.query("person").map(PersonId::parse).transpose().map_err(|_| Failure::NotFound)?;
    match asked {
        Some(person) if person == desk.person.id => Ok(person),
        Some(person) => {
            desk.needs(&[Role::Manager])?;
            Ok(person)
        }
        None => Ok(desk.person.id.clone()),
    }
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(BILLING)?;
    let (db, tenant, recorder) = (desk.db(), &desk.tenant, &desk.app.recorder);
    let id = whose(&desk)?;
    let person = people::by_id(db, &tenant.id, &id).await?.ok_or(Failure::NotFound)?;
    let closings = recorder.closings(tenant, &id).await?;
    let shift = match desk.query("closing") {
        Some(number) => {
            let closing = number.parse::<usize>().ok().and_then(|number| closings.get(number.checked_sub(1)?));
            recorder.closed_shift(tenant, &id, closing.cloned().ok_or(Failure::NotFound)?).await?
        }
        None => recorder.open_shift(tenant, &id).await?,
    };
    let mut known = BTreeMap::new();
    for one in &shift.transactions {
        if !known.contains_key(&one.visit)
            && let Some(card) = visits::get(db, &tenant.id, &one.visit).await?
        {
            known.insert(one.visit.clone(), (card.visit.token, card.patient_name));
        }
    }
    let people = match desk.person.holds_any(&[Role::Manager]) {
        true => people::list(db, &tenant.id)
            .await?
            .into_iter()
            .filter(|person| person.holds_any(BILLING))
            .map(|person| (person.id.to_string(), person.name))
            .collect(),
        false => Vec::new(),
    };
    let screen = CashUp {
        tenant: tenant.clone(),
        person: (id.to_string(), person.name),
        people,
        shift,
        closings,
        visits: known,
        attempt: attempt.clone(),
    };
    // A closed shift stays as it was.
    let topic = screen.shift.closing.is_none().then_some(Topic::Billing);
    desk.live(topic).show(tr!("Cash-up"), Seen::List, attempt, move || cash_up(screen)).await
}

/// Shows the slip of a refund, to be printed.
pub async fn refund_page(Path((visit, event)): Path<(String, String)>, desk: Desk) -> Result<Response, Failure> {
    desk.needs(BILLING)?;
    let visit = VisitId::parse(&visit).map_err(|_| Failure::NotFound)?;
    let event = EventId::parse(&event).map_err(|_| Failure::NotFound)?;
    let card = desk.visit(&visit).await?;
    let stored = log::event(desk.db(), &desk.tenant.id, &event).await?;
    let is_refund = |event: &log::NewEvent| {
        event.visit_id.as_ref() == Some(&visit) && event.event_type == EventType::PaymentRefunded.word()
    };
    let stored = stored.filter(|stored| is_refund(&stored.event)).ok_or(Failure::NotFound)?.event;
    let names = people::names(desk.db(), &desk.tenant.id).await?;
    let metadata = stored.today();
    let amount = metadata.get("amount").and_then(Value::as_i64).unwrap_or_default();
    let reason = metadata.get("reason").and_then(Value::as_str).unwrap_or_default();
    let slip = RefundSlip {
        token: card.visit.token.clone(),
        patient: (card.patient_name.clone(), card.patient_mrn.clone()),
        by: names.get(&stored.performed_by).cloned().unwrap_or_default(),
        amount: Money(amount),
        reason: reason.to_owned(),
        at: stored.performed_at,
        number: stored.id.to_string(),
        tenant: desk.tenant.clone(),
    };
    desk.show(tr!("Refund slip"), Seen::visit(&card), None, move || refund_slip(slip)).await
}
