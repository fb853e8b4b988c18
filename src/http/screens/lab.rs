//! `/lab`: the laboratory, and what it prints.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use tr::tr;

use crate::hospital::rooms::{self, Room, RoomKind};
use crate::hospital::{branches, measure_targets, patients, people, tariff};
use crate::http::desk::{Desk, Failure};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::events::{Event, EventType};
use crate::journey::ids::*;
use crate::journey::results::judged;
use crate::journey::visit::Step;
use crate::journey::words::{Flag, Stage, Station, Word};
use crate::live::Topic;
use crate::projections::earlier_results;
use crate::projections::tests::{self, TestCard};
use crate::projections::visits;
use crate::record::RecordError;
use crate::screens::attempt::Attempt;
use crate::screens::lab::paper::{Paper, Signature, label, report};
use crate::screens::lab::{Bench, Lab, Opened, Shown, lab};
use crate::screens::layout::{BILLING, LAB, PATIENTS};
use crate::screens::parts::query_text;

/// Shows the laboratory.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None).await
}

/// Logs a step of a test, or of a patient who waits at the laboratory.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(LAB)?;
    match desk.log(flagged(with_one_reason(Values(pairs)))).await? {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, Some(attempt)).await,
    }
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(LAB)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let shown = match desk.query("sample") {
        Some(sample) => Shown::Sample(sample.to_owned()),
        None => Shown::Stage(desk.query("stage").and_then(Bench::by_word).map_or(Stage::Ordered, |bench| bench.stage)),
    };
    let (cards, address) = match &shown {
        Shown::Sample(sample) => {
            (tests::by_sample(db, tenant, sample).await?, format!("/lab?sample={}", query_text(sample)))
        }
        Shown::Stage(stage) => {
            let word = Bench::of(*stage).map_or("collect", |bench| bench.word);
            (tests::worklist(db, tenant, *stage).await?, format!("/lab?stage={word}"))
        }
    };
    let patients = match shown {
        Shown::Stage(Stage::Ordered) => visits::board(db, tenant, Station::Lab, desk.branch()).await?,
        _ => Vec::new(),
    };
    let opened = opened(&desk, &cards).await?;
    let compared = cards.iter().filter(|card| {
        let is_open = opened.as_ref().is_some_and(|opened| opened.test_id == card.test.test_id);
        is_open || !card.test.results.is_empty()
    });
    let data = Lab {
        before: earlier_results::before(db, tenant, compared).await?,
        tenant: desk.tenant.clone(),
        actor: desk.person.actor(),
        bills: desk.person.holds_any(BILLING),
        now: desk.now,
        counts: tests::counts(db, tenant).await?,
        reasons: reasons(&desk, &cards).await?,
        names: people::names(db, tenant).await?,
        elsewhere: elsewhere(&desk).await?,
        rooms: rooms(&desk).await?,
        opened,
        attempt: attempt.clone(),
        shown,
        cards,
        patients,
        targets: measure_targets::of_hospital(db, tenant).await?,
        address,
    };
    let desk = desk.live([Topic::Lab]).reloads(data.opened.is_none());
    desk.show(tr!("Laboratory"), Seen::List, attempt, move || lab(data)).await
}

/// The branches in which this person does not work; none where the hospital has but one.
pub(super) async fn elsewhere(desk: &Desk) -> Result<BTreeMap<BranchId, String>, Failure> {
    let all = branches::list(desk.db(), &desk.tenant.id).await?;
    let several = all.len() > 1;
    let others = all.into_iter().filter(|branch| several && Some(&branch.id) != desk.branch());
    Ok(others.map(|branch| (branch.id, branch.name)).collect())
}

/// Where this person calls patients to: their own room, or else those of their branch's laboratory.
async fn rooms(desk: &Desk) -> Result<Vec<Room>, Failure> {
    let rooms = rooms::open(desk.db(), &desk.tenant.id).await?;
    if let Some(own) = rooms.iter().find(|room| Some(&room.id) == desk.person.room_id.as_ref()) {
        return Ok(vec![own.clone()]);
    }
    let here = |room: &Room| desk.branch().is_none_or(|branch| room.branch_id == *branch);
    Ok(rooms.into_iter().filter(|room| room.kind == RoomKind::Lab && here(room)).collect())
}

/// The form that the address opens: `do` names the step, by itself it is the next one.
async fn opened(desk: &Desk, cards: &[TestCard]) -> Result<Option<Opened>, Failure> {
    let named = desk.query("open").and_then(|id| TestId::parse(id).ok());
    let Some(card) = cards.iter().find(|card| Some(&card.test.test_id) == named.as_ref()) else {
        return Ok(None);
    };
    let next = || Bench::of(card.test.stage).map(|bench| bench.next);
    let Some(event) = desk.query("do").and_then(EventType::from_word).or_else(next) else {
        return Ok(None);
    };
    if !card.test.pending || !desk.person.actor().may_log(event, None) {
        return Ok(None);
    }
    let analytes = match event {
        EventType::TestCompleted => {
            tariff::by_code(desk.db(), &desk.tenant.id, &card.test.code).await?.map(|entry| entry.analytes)
        }
        _ => None,
    };
    Ok(Some(Opened { test_id: card.test.test_id.clone(), event, analytes: analytes.unwrap_or_default() }))
}

/// Why specimens have to be collected again, as the log tells it.
async fn reasons(desk: &Desk, cards: &[TestCard]) -> Result<BTreeMap<TestId, String>, Failure> {
    let mut reasons = BTreeMap::new();
    for card in cards.iter().filter(|card| card.test.stage == Stage::Ordered && card.test.recollections > 0) {
        let loaded = desk.app.recorder.load(&desk.tenant.id, &card.test.visit_id).await?;
        let steps = loaded.map(|(steps, _)| steps).unwrap_or_default();
        let reason = steps.iter().rev().find_map(|step| match &step.event {
            Event::TestSampleRejected(rejected) if rejected.test_id == card.test.test_id => {
                Some(rejected.reason.0.to_lowercase())
            }
            _ => None,
        });
        reasons.extend(reason.map(|reason| (card.test.test_id.clone(), reason)));
    }
    Ok(reasons)
}

/// Makes one reason of a usual one and words of one's own.
fn with_one_reason(mut values: Values) -> Values {
    let reason = values.all("reason").collect::<Vec<_>>().join(": ");
    if !reason.is_empty() {
        values.0.retain(|(name, _)| name != "reason");
        values.0.push(("reason".to_owned(), reason));
    }
    values
}

/// Adds to every result its flag.
pub(super) fn flagged(mut values: Values) -> Values {
    let number = |values: &Values, name: &str| values.get(name).and_then(|text| text.replace(',', ".").parse().ok());
    let lines: Vec<String> = values
        .0
        .iter()
        .filter_map(|(name, _)| name.strip_prefix("results[")?.strip_suffix("].value"))
        .map(|line| format!("results[{line}]"))
        .collect();
    for line in lines {
        let (low, high) = (number(&values, &format!("{line}.low")), number(&values, &format!("{line}.high")));
        let name = format!("{line}.flag");
        let chosen = values.get(&name).and_then(Flag::from_word);
        let value = values.get(&format!("{line}.value")).unwrap_or_default();
        if let Some(flag) = judged(value, low, high, chosen) {
            values.0.retain(|(given, _)| *given != name);
            values.0.push((name, flag.word().to_owned()));
        }
    }
    values
}

/// The report of a test.
pub async fn report_page(Path((visit, test)): Path<(String, String)>, desk: Desk) -> Result<Response, Failure> {
    let paper = paper(&desk, &visit, &test).await?;
    if paper.test.results.is_empty() {
        return Err(Failure::NotFound);
    }
    let title = tr!("Report of {test}", test = paper.test.name);
    desk.show(title, seen(&paper), None, move || report(paper)).await
}

/// The label of a specimen.
pub async fn label_page(Path((visit, test)): Path<(String, String)>, desk: Desk) -> Result<Response, Failure> {
    let paper = paper(&desk, &visit, &test).await?;
    // A rejected specimen's label must not get onto the next tube.
    if paper.test.collected_at.is_none() {
        return Err(Failure::NotFound);
    }
    desk.show(tr!("Label"), seen(&paper), None, move || label(paper)).await
}

fn seen(paper: &Paper) -> Seen {
    Seen::Visit(paper.visit_id.clone(), paper.patient.id.clone())
}

async fn paper(desk: &Desk, visit_id: &str, test_id: &str) -> Result<Paper, Failure> {
    desk.needs(PATIENTS)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let (Ok(visit_id), Ok(test_id)) = (VisitId::parse(visit_id), TestId::parse(test_id)) else {
        return Err(Failure::NotFound);
    };
    let loaded: Result<_, RecordError> = desk.app.recorder.load(tenant, &visit_id).await;
    let (steps, visit) = loaded?.ok_or(Failure::NotFound)?;
    let test = visit.tests.get(&test_id).ok_or(Failure::NotFound)?.clone();
    let card = desk.visit(&visit_id).await?;
    let patient = patients::by_id(db, tenant, &visit.patient_id).await?.ok_or(Failure::NotFound)?;
    let names = people::names(db, tenant).await?;
    let since = last(&steps, &test_id, EventType::TestCompleted);
    // What was reviewed before the results were entered anew says nothing of them.
    let signed = |event| {
        let step = last(&steps, &test_id, event).filter(|step| since.is_some_and(|since| step.at >= since.at))?;
        let name = names.get(&step.by).cloned().unwrap_or_else(|| "unknown".to_owned());
        Some(Signature { name, at: step.at })
    };
    let comment = last(&steps, &test_id, EventType::TestReviewed).and_then(|step| match &step.event {
        Event::TestReviewed(reviewed) => reviewed.comment.as_ref().map(|comment| comment.0.clone()),
        _ => None,
    });
    let reviewed = signed(EventType::TestReviewed);
    Ok(Paper {
        tenant: desk.tenant.clone(),
        token: card.visit.token,
        doctor: card.doctor_name,
        entered: signed(EventType::TestCompleted),
        comment: comment.filter(|_| reviewed.is_some()),
        reviewed,
        approved: signed(EventType::TestApproved),
        now: desk.now,
        patient,
        visit_id,
        test_id,
        test,
    })
}

/// The latest step of one kind on a test.
fn last<'a>(steps: &'a [Step], test: &TestId, event: EventType) -> Option<&'a Step> {
    steps.iter().rev().find(|step| step.event.event_type() == event && step.event.test_id() == Some(test))
}
