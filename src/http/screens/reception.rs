//! `/reception`: who arrives, who is registered, where they go; and the slip with their token.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json};
use tr::tr;

use super::{patients, registration};
use crate::db::new_id;
use crate::hospital::{bookings, branches, departments, measure_targets, people, rooms};
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::events::EventType;
use crate::journey::ids::{BranchId, Id, VisitId};
use crate::journey::words::{Role, Stage, Status, VisitType, Word};
use crate::live::Topic;
use crate::projections::tests;
use crate::projections::visits::{self, VisitCard};
use crate::record::Wish;
use crate::screens::attempt::Attempt;
use crate::screens::layout::RECEPTION;
use crate::screens::reception::arrival::LEAVES;
use crate::screens::reception::{Opened, Reception, reception};
use crate::screens::slip::{Slip, slip};

/// Shows the desk, or the form to register a visit when the address asks for it.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None).await
}

/// Registers a visit, or logs a step of one.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(RECEPTION)?;
    let values = Values(pairs);
    let outcome = match values.event() {
        Some(EventType::VisitRegistered) => registration::register(&desk, values).await?,
        Some(EventType::QueueJoined) if values.get(LEAVES).is_some() => change_queue(&desk, values).await?,
        _ => desk.log(values).await?,
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, Some(attempt)).await,
    }
}

/// Takes a patient out of the queue they stand in, as the journey has it, and into another; all of it or nothing.
async fn change_queue(desk: &Desk, values: Values) -> Result<Outcome, Failure> {
    let key = values.key().unwrap_or_else(new_id);
    let called = (values.get(LEAVES) == Some(Status::Waiting.word()))
        .then(|| (EventType::QueueCalled, json!({ "counter": "Reception" })));
    let skipped = (EventType::QueueSkipped, json!({ "reason": "Moves to another queue" }));
    let joined = (EventType::QueueJoined, Value::Object(values.metadata(EventType::QueueJoined, &key)));
    let steps = called.into_iter().chain([skipped, joined]);
    let mut wishes: Vec<_> = steps.map(|(event, metadata)| Wish::new(values.visit(), event, metadata)).collect();
    if let Some(first) = wishes.first_mut() {
        first.expected_version = values.version();
    }
    desk.record(values, &key, wishes).await
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(RECEPTION)?;
    let registers = attempt.as_ref().is_some_and(|attempt| attempt.event == Some(EventType::VisitRegistered));
    if registers || desk.query("register").is_some() {
        return registration::page(desk, attempt).await;
    }
    if let Some(visit) = patients::scanned(&desk).await? {
        return Ok(visit);
    }
    let tenant = &desk.tenant.id;
    let asked = desk.query("branch").and_then(|branch| BranchId::parse(branch).ok());
    let branch = desk.branch().cloned().or(asked);
    let query = desk.query("q").map(ToOwned::to_owned);
    let arrivals = visits::arrivals(desk.db(), tenant, desk.tenant.local_day(desk.now), branch.as_ref()).await?;
    let data = Reception {
        tenant: desk.tenant.clone(),
        actor: desk.person.actor(),
        found: match &query {
            Some(query) => patients::found(&desk, query).await?,
            None => Vec::new(),
        },
        query,
        to_collect: to_collect(&desk, &arrivals).await?,
        arrivals,
        targets: measure_targets::of_hospital(desk.db(), tenant).await?,
        bookings: bookings::of_day(desk.db(), tenant, desk.tenant.local_day(desk.now), branch.as_ref()).await?,
        status: desk.query("status").and_then(Status::from_word),
        branches: if desk.branch().is_none() { branches::list(desk.db(), tenant).await? } else { Vec::new() },
        doctors: people::of_role(desk.db(), tenant, Role::Doctor).await?,
        rooms: rooms::open(desk.db(), tenant).await?,
        branch,
        opened: opened(&desk, attempt.as_deref()),
        now: desk.now,
        attempt: attempt.clone(),
    };
    let typed = data.query.is_some() || data.opened.is_some();
    let desk = desk.live([Topic::Reception]).reloads(!typed);
    desk.show(tr!("Reception"), Seen::List, attempt, move || reception(data)).await
}

/// The visits that have a specimen to give; asked only when somebody who comes for tests alone is in no queue.
async fn to_collect(desk: &Desk, arrivals: &[VisitCard]) -> Result<BTreeSet<VisitId>, Failure> {
    let goes_on =
        |card: &VisitCard| card.visit.visit_type == VisitType::LabOnly && card.visit.status == Status::Registered;
    if !arrivals.iter().any(goes_on) {
        return Ok(BTreeSet::new());
    }
    let cards = tests::worklist(desk.db(), &desk.tenant.id, Stage::Ordered).await?;
    Ok(cards.into_iter().map(|card| card.test.visit_id).collect())
}

/// The form that stands open below a row: the one refused just now, or the one that the address asks for.
fn opened(desk: &Desk, attempt: Option<&Attempt>) -> Option<Opened> {
    let (event, visit) = match attempt {
        Some(attempt) => (attempt.event?, attempt.visit.clone()?),
        None => (EventType::from_word(desk.query("do")?)?, VisitId::parse(desk.query("visit")?).ok()?),
    };
    Some(Opened { event, visit })
}

/// Shows the slip with a visit's token, to be printed.
pub async fn slip_page(Path(visit): Path<String>, desk: Desk) -> Result<Response, Failure> {
    desk.needs(RECEPTION)?;
    let visit = VisitId::parse(&visit).map_err(|_| Failure::NotFound)?;
    let card = desk.visit(&visit).await?;
    let department = match &card.visit.department_id {
        Some(id) => departments::by_id(desk.db(), &desk.tenant.id, id).await?,
        None => None,
    };
    let branch = card.visit.branch_id.clone().or(department.map(|department| department.branch_id));
    let branch = match branch {
        Some(id) => branches::by_id(desk.db(), &desk.tenant.id, &id).await?,
        None => None,
    };
    let data = Slip { tenant: desk.tenant.clone(), branch: branch.map(|branch| branch.name), card };
    let title = tr!("Token slip {token}", token = data.card.visit.token);
    desk.show(title, Seen::visit(&data.card), None, move || slip(data)).await
}
