//! `/doctor`: the doctor's screen.

use std::sync::Arc;

use axum::Form;
use axum::response::Response;
use serde_json::json;
use tr::tr;

use crate::db::new_id;
use crate::hospital::measure_targets;
use crate::hospital::rooms::{self, Room, RoomKind};
use crate::hospital::tariff::{self, TariffKind};
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::panels;
use crate::http::seen::Seen;
use crate::http::story::story;
use crate::journey::allowed::allowed;
use crate::journey::events::{Event, EventType};
use crate::journey::ids::{Id, TestId, VisitId};
use crate::journey::words::{Stage, Station, Status, Word};
use crate::live::Topic;
use crate::log::{self, VISIT};
use crate::projections::visits::VisitCard;
use crate::projections::{tests, visits};
use crate::record::Wish;
use crate::screens::attempt::Attempt;
use crate::screens::doctor::medicines::Medicine;
use crate::screens::doctor::{Chart, Content, Doctor, Draft, EarlierVisit, Line, Tab, doctor, last_prescription};
use crate::screens::layout::DOCTOR;

/// How many of a patient's other visits are told in full.
const TOLD: usize = 10;

/// The lines of a prescription at first.
const ROWS: usize = 3;

/// Shows the screen.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None, None).await
}

/// Logs what was done on it.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(DOCTOR)?;
    let mut values = Values(pairs);
    if values.get("_form") == Some("undo") {
        return match undo(&desk, values).await? {
            Ok(response) => Ok(response),
            Err(attempt) => page(desk, Some(attempt), None).await,
        };
    }
    if let Some(number) = values.get("_remove") {
        let line = format!("items[{number}].");
        values.0.retain(|(name, _)| !name.starts_with(&line));
        return page(desk, None, Some(values.compacted(EventType::PrescriptionGiven))).await;
    }
    if values.get("_add").is_some() {
        return page(desk, None, Some(values.compacted(EventType::PrescriptionGiven))).await;
    }
    if let Some(order) = panels::ticked(&desk, &values).await? {
        return page(desk, None, Some(order)).await;
    }
    let typed = values.get("dueAt").map(ToOwned::to_owned);
    values.set_moment("dueAt", &desk.tenant);
    match desk.log(values).await? {
        Ok(response) => Ok(response),
        Err(mut attempt) => {
            // The field shows again what was typed, in the hospital's zone.
            if let Some(typed) = typed {
                let attempt = Arc::make_mut(&mut attempt);
                for (_, value) in attempt.values.iter_mut().filter(|(name, _)| name == "dueAt") {
                    value.clone_from(&typed);
                }
            }
            page(desk, Some(attempt), None).await
        }
    }
}

/// Cancels the tests that this person ordered last on a visit, all of them or none.
async fn undo(desk: &Desk, values: Values) -> Result<Outcome, Failure> {
    let visit = values.visit().ok_or(Failure::NotFound)?;
    let (steps, _) = desk.app.recorder.load(&desk.tenant.id, &visit).await?.ok_or(Failure::NotFound)?;
    let ordered = steps.iter().rev().find_map(|step| match &step.event {
        Event::TestsOrdered(ordered) if step.by == desk.person.id => Some(ordered),
        _ => None,
    });
    let cancelled = |test: &TestId| {
        let metadata = json!({ "testId": test, "reason": "Ordered by mistake" });
        Wish::new(Some(visit.clone()), EventType::TestCancelled, metadata)
    };
    let tests = &ordered.ok_or(Failure::NotFound)?.tests;
    let mut wishes: Vec<_> = tests.iter().map(|test| cancelled(&test.test_id.0)).collect();
    // Whatever happened since, another order perhaps, was not looked at.
    if let Some(first) = wishes.first_mut() {
        first.expected_version = values.version();
    }
    let key = values.key().unwrap_or_else(new_id);
    desk.record(values, &key, wishes).await
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>, draft: Option<Values>) -> Result<Response, Failure> {
    desk.needs(DOCTOR)?;
    let (db, tenant, me) = (desk.db(), &desk.tenant.id, &desk.person);
    let room = match &me.room_id {
        Some(room) => rooms::by_id(db, tenant, room).await?.filter(Room::is_open),
        None => None,
    };
    let rooms = if room.is_some() { Vec::new() } else { consultation_rooms(&desk).await? };
    let mut in_room = Vec::new();
    let mut called = Vec::new();
    let mut waiting = Vec::new();
    let mut away = Vec::new();
    for card in visits::board(db, tenant, Station::Consultation, desk.branch()).await? {
        let list = match card.visit.status {
            Status::InConsultation => &mut in_room,
            Status::Called => &mut called,
            Status::Away => &mut away,
            _ => &mut waiting,
        };
        if is_mine(&desk, &card) {
            list.push(card);
        }
    }
    // An order that is being ticked is shown as one that was refused, and nothing is wrong with it.
    let order = draft.as_ref().filter(|draft| is_order(draft)).map(|draft| desk.mistyped(draft.clone(), Vec::new()));
    in_room.sort_by_key(|card| std::cmp::Reverse(card.visit.since));
    let chart = match chosen(&desk, &in_room) {
        Some(visit) => chart(&desk, &visit, attempt.as_ref(), draft).await?,
        None => None,
    };
    let mut to_approve = tests::for_doctor(db, tenant, Stage::Reviewed, &me.id, desk.branch()).await?;
    if !desk.tenant.policy.approver_may_be_performer {
        to_approve.retain(|card| card.test.completed_by.as_ref() != Some(&me.id));
    }
    let data = Doctor {
        now: desk.now,
        room,
        rooms,
        in_room,
        called,
        waiting,
        targets: measure_targets::of_hospital(db, tenant).await?,
        away,
        seen: visits::seen_by(db, tenant, &me.id, desk.tenant.local_day(desk.now)).await?,
        with_results: tests::visits_with_results(db, tenant, Station::Consultation).await?.into_iter().collect(),
        to_review: tests::for_doctor(db, tenant, Stage::Completed, &me.id, desk.branch()).await?,
        to_approve,
        attempt: attempt.clone().or(order),
        tenant: desk.tenant.clone(),
        chart,
    };
    let title = match &data.chart {
        Some(chart) => tr!("{patient}, consultation", patient = chart.card.patient_name),
        None => tr!("Doctor"),
    };
    let seen = Seen::chosen(data.chart.as_ref().map(|chart| &chart.card));
    let visit = data.chart.as_ref().map(|chart| chart.card.visit.visit_id.clone());
    let topics = visit.clone().map(Topic::Visit).into_iter().chain([Topic::Doctor]);
    let desk = desk.live(topics).reloads(visit.is_none()).fixed_on("visit", visit.map(|visit| visit.to_string()));
    desk.show(title, seen, attempt, move || doctor(data)).await
}

/// Whether what is being written is an order of tests.
fn is_order(draft: &Values) -> bool {
    draft.event() == Some(EventType::TestsOrdered)
}

async fn consultation_rooms(desk: &Desk) -> Result<Vec<Room>, Failure> {
    let mut rooms = rooms::open(desk.db(), &desk.tenant.id).await?;
    rooms.retain(|room| {
        room.kind == RoomKind::Consultation && desk.branch().is_none_or(|branch| room.branch_id == *branch)
    });
    Ok(rooms)
}

/// Whether a patient is this doctor's: theirs by name, in or on the way to their room, or nobody's yet in their department.
fn is_mine(desk: &Desk, card: &VisitCard) -> bool {
    let (visit, me) = (&card.visit, &desk.person);
    let is_for_my_room = visit.room_id.is_some() && visit.room_id == me.room_id;
    let department_fits =
        visit.department_id.is_none() || me.department_id.is_none() || visit.department_id == me.department_id;
    match &visit.doctor_id {
        Some(doctor) => *doctor == me.id || is_for_my_room,
        None => is_for_my_room || (visit.room_id.is_none() && department_fits),
    }
}

/// The visit whose chart lies open: the one asked for, otherwise the one in the room.
///
/// Calling the next patient does not take the chart of the one in the room away.
fn chosen(desk: &Desk, in_room: &[VisitCard]) -> Option<VisitId> {
    let asked = desk.query("visit").and_then(|visit| VisitId::parse(visit).ok());
    let logged = desk.query("logged").and_then(EventType::from_word);
    let in_room = in_room.first().map(|card| card.visit.visit_id.clone());
    match logged {
        Some(EventType::QueueCalled | EventType::QueueSkipped) => in_room.or(asked),
        _ => asked.or(in_room),
    }
}

async fn chart(
    desk: &Desk,
    id: &VisitId,
    attempt: Option<&Arc<Attempt>>,
    draft: Option<Values>,
) -> Result<Option<Chart>, Failure> {
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let card = desk.visit(id).await?;
    let Some((steps, visit)) = desk.app.recorder.load(tenant, id).await? else { return Err(Failure::NotFound) };
    let mut earlier = visits::of_patient(db, tenant, &visit.patient_id).await?;
    let reader = desk.reader();
    earlier.retain(|card| card.visit.visit_id != *id && reader.reads_visit(card.visit.branch_id.as_ref()));
    let mut chart = Chart {
        allowed: allowed(&desk.tenant.policy, Some(&visit), &desk.person.actor(), desk.now),
        doctor: desk.person.id.clone(),
        earlier: earlier.len(),
        content: Content::Results,
        card,
        visit,
        steps,
    };
    let tab = match &draft {
        Some(draft) if is_order(draft) => Tab::Tests,
        Some(_) => Tab::Prescribe,
        None => desk.query("tab").and_then(Tab::from_word).unwrap_or(Tab::Journey),
    };
    chart.content = match tab {
        Tab::Journey => {
            let stream = log::stream(db, tenant, VISIT, id.as_str()).await?;
            Content::Journey(story(db, &desk.tenant, &stream).await?)
        }
        Tab::Visits => Content::Visits(told(desk, earlier).await?),
        Tab::Vitals => Content::Vitals(told(desk, earlier).await?),
        Tab::Prescribe => Content::Prescribe(prescription(desk, &chart, earlier, attempt, draft).await?),
        Tab::Tests => Content::Tests(tariff::of_kind(db, tenant, TariffKind::Test).await?),
        Tab::Results => Content::Results,
        Tab::Refer => Content::Refer,
        Tab::FollowUp => Content::FollowUp,
    };
    Ok(Some(chart))
}

/// Other visits with their steps, as far as they are told in full.
async fn told(desk: &Desk, cards: Vec<VisitCard>) -> Result<Vec<EarlierVisit>, Failure> {
    let mut told = Vec::with_capacity(cards.len());
    for (number, card) in cards.into_iter().enumerate() {
        let loaded = match number < TOLD {
            true => desk.app.recorder.load(&desk.tenant.id, &card.visit.visit_id).await?,
            false => None,
        };
        told.push(EarlierVisit { steps: loaded.map(|(steps, _)| steps).unwrap_or_default(), card });
    }
    Ok(told)
}

/// The prescription that is being written: what was typed, and what was asked to be added.
async fn prescription(
    desk: &Desk,
    chart: &Chart,
    earlier: Vec<VisitCard>,
    attempt: Option<&Arc<Attempt>>,
    draft: Option<Values>,
) -> Result<Draft, Failure> {
    let refused = attempt.filter(|attempt| attempt.event == Some(EventType::PrescriptionGiven));
    let typed = draft.or_else(|| refused.map(|attempt| Values(attempt.values.clone())));
    let is_typed = typed.is_some();
    let typed = typed.unwrap_or_default();
    let mut draft = Draft { lines: lines(&typed), rows: ROWS, typed: is_typed, nothing_to_repeat: false };
    let rows = typed.get("_rows").or(desk.query("rows")).and_then(|rows| rows.parse().ok()).unwrap_or(ROWS);
    draft.rows = rows.saturating_sub(usize::from(typed.get("_remove").is_some())).clamp(ROWS, 50);
    let added = typed.get("_add").or(desk.query("drug")).or(desk.query("repeat").map(|_| "last"));
    match added {
        Some("line") => draft.rows = (draft.rows + 1).min(50),
        Some("last") => match to_repeat(desk, chart, earlier).await? {
            Some(lines) => draft.lines.extend(lines),
            None => draft.nothing_to_repeat = true,
        },
        Some(drug) => {
            let adult = chart.is_adult(desk.tenant.local_day(desk.now));
            draft.lines.extend(Medicine::named(drug).map(|medicine| medicine.line(adult)));
        }
        None => {}
    }
    draft.typed |= !draft.lines.is_empty();
    Ok(draft)
}

/// The patient's latest prescription, on this visit or one before.
async fn to_repeat(desk: &Desk, chart: &Chart, earlier: Vec<VisitCard>) -> Result<Option<Vec<Line>>, Failure> {
    if let Some(lines) = last_prescription(&chart.steps) {
        return Ok(Some(lines));
    }
    let earlier = told(desk, earlier).await?;
    Ok(earlier.iter().find_map(|visit| last_prescription(&visit.steps)))
}

/// The lines of a prescription as typed.
fn lines(values: &Values) -> Vec<Line> {
    let line = |number: usize| {
        let field = |name: &str| values.get(&format!("items[{number}].{name}")).unwrap_or_default().to_owned();
        Line {
            drug: field("drug"),
            dose: field("dose"),
            frequency: field("frequency"),
            days: field("days"),
            instructions: field("instructions"),
        }
    };
    (0..50).map(line).take_while(|line| *line != Line::default()).collect()
}
