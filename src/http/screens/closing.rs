//! `/reception/closing`: the sweep of no-shows at closing time.

use std::sync::Arc;

use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Days;
use serde_json::json;
use tr::tr;

use super::bookings::card;
use crate::hospital::WriteError;
use crate::hospital::bookings::{self, BookingCard, BookingState};
use crate::http::desk::{Desk, Failure};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::events::EventType;
use crate::journey::ids::{Id as _, VisitId};
use crate::journey::schema::FieldProblem;
use crate::journey::words::{Status, VisitType};
use crate::language::say;
use crate::live::Topic;
use crate::projections::visits::{self, VisitCard};
use crate::record::{RecordError, Wish};
use crate::screens::attempt::Attempt;
use crate::screens::closing::{Closing, closing};

/// How many days back bookings are still asked about.
const DAYS: u64 = 7;

/// Shows who was not seen.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None).await
}

/// Logs a no-show for everybody who was ticked; each stands alone, so that one who came after all holds nobody up.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(EventType::VisitNoShow.row().roles)?;
    let values = Values(pairs);
    let (recorder, tenant, actor) = (&desk.app.recorder, &desk.tenant, &desk.person.actor());
    let (mut confirmed, mut problems) = (0, Vec::new());
    for (id, version) in values.all("visit").filter_map(as_shown) {
        let card = desk.visit(&id).await?;
        let mut wish = Wish::new(Some(id), EventType::VisitNoShow, json!({ "reason": "closing time" }));
        wish.branch_id = desk.branch().cloned();
        wish.expected_version = Some(version);
        match recorder.record_for(tenant, &desk.reader(), actor, vec![wish], None).await {
            Ok(_) => confirmed += 1,
            Err(RecordError::Refused(refused)) => {
                let sentence = refused.refusal.sentence_in(&say);
                problems.push(FieldProblem::new(
                    "",
                    tr!("for {patient}: {sentence}", patient = card.patient_name, sentence),
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
    for id in values.all("booking") {
        let booking = card(&desk, id).await?.booking;
        match recorder.miss(tenant, actor, &booking.id).await {
            Ok(()) => confirmed += 1,
            Err(WriteError::Database(error)) => return Err(error.into()),
            Err(error) => problems.push(FieldProblem::new("", error.to_string())),
        }
    }
    if problems.is_empty() {
        return Ok(Redirect::to(&format!("{}?confirmed={confirmed}", desk.path)).into_response());
    }
    let attempt = desk.shown_again(values, problems);
    page(desk, Some(attempt)).await
}

/// A visit and the version that was looked at.
fn as_shown(text: &str) -> Option<(VisitId, i64)> {
    let (id, version) = text.split_once('@')?;
    Some((VisitId::parse(id).ok()?, version.parse().ok()?))
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(EventType::VisitNoShow.row().roles)?;
    let screen = Closing {
        tenant: desk.tenant.clone(),
        visits: unseen(&desk).await?,
        bookings: absent(&desk).await?,
        confirmed: desk.query("confirmed").and_then(|count| count.parse().ok()),
        now: desk.now,
        attempt: attempt.clone(),
    };
    let desk = desk.live([Topic::Reception]);
    desk.show(tr!("Patients not seen"), Seen::List, attempt, move || closing(screen)).await
}

/// Who was registered, today or before, and neither seen nor sent away.
async fn unseen(desk: &Desk) -> Result<Vec<VisitCard>, Failure> {
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let today = desk.tenant.local_day(desk.now);
    let mut left = visits::arrivals(db, tenant, today, desk.branch()).await?;
    left.extend(visits::open_before(db, tenant, today).await?);
    let reader = desk.reader();
    left.retain(|card| {
        let visit = &card.visit;
        let waits = matches!(visit.status, Status::Registered | Status::Waiting | Status::Called | Status::Away);
        visit.ended_at.is_none() && !visit.attended && waits && reader.reads_visit(visit.branch_id.as_ref())
    });
    left.sort_by_key(|card| card.visit.registered_at);
    let mut unseen = Vec::new();
    for card in left {
        if !gave_specimen(desk, &card).await? {
            unseen.push(card);
        }
    }
    Ok(unseen)
}

/// Whether somebody who comes for tests alone, and is never seen by a doctor, gave a specimen.
async fn gave_specimen(desk: &Desk, card: &VisitCard) -> Result<bool, Failure> {
    if card.visit.visit_type != VisitType::LabOnly {
        return Ok(false);
    }
    let loaded = desk.app.recorder.load(&desk.tenant.id, &card.visit.visit_id).await?;
    Ok(loaded.is_some_and(|(_, visit)| visit.sampled))
}

/// Who was booked, today or some days before, and is not here.
async fn absent(desk: &Desk) -> Result<Vec<BookingCard>, Failure> {
    let today = desk.tenant.local_day(desk.now);
    let mut left = Vec::new();
    for back in (0..DAYS).rev() {
        let day = today.checked_sub_days(Days::new(back)).unwrap_or(today);
        left.extend(bookings::of_day(desk.db(), &desk.tenant.id, day, desk.branch()).await?);
    }
    left.retain(|card| card.booking.state == BookingState::Booked && card.booking.slot().ends_at() <= desk.now);
    Ok(left)
}
