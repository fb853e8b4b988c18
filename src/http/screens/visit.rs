//! `/visits/{id}`: the journey of one visit, and every step that can be logged on it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{NaiveDateTime, TimeZone as _};
use tr::tr;

use super::documents::{self, Posted};
use crate::hospital::measure_targets::{self, Targets};
use crate::hospital::{departments, document_shares, people, rooms, tariff};
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::panels;
use crate::http::screens::lab::flagged;
use crate::http::screens::peers::peers;
use crate::http::seen::Seen;
use crate::http::story::Called;
use crate::journey::events::EventType;
use crate::journey::evolve::fold;
use crate::journey::ids::{Id, VisitId};
use crate::journey::measures::measures;
use crate::journey::schema::Shape;
use crate::journey::words::{Role, Word};
use crate::live::Topic;
use crate::log;
use crate::log::timeline::timeline;
use crate::projections::follow_ups;
use crate::record::{RecordError, VISIT, steps};
use crate::screens::attempt::Attempt;
use crate::screens::layout::PATIENTS;
use crate::screens::visit::{VisitPage, visit};

/// Shows a visit.
pub async fn show(Path(id): Path<String>, desk: Desk) -> Result<Response, Failure> {
    page(desk, &visit_id(&id)?, Again::default()).await
}

/// Logs a step.
pub async fn act(Path(id): Path<String>, desk: Desk, headers: HeaderMap, posted: Posted) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    desk.needs_present()?;
    let id = visit_id(&id)?;
    desk.visit(&id).await?;
    let outcome = match posted {
        Posted::Fields(values) if values.get("_form") == Some("share") => {
            match documents::share(&desk, &id, values, &headers).await? {
                Ok(link) => return page(desk, &id, Again { link: Some(link), ..Again::default() }).await,
                Err(attempt) => Err(attempt),
            }
        }
        Posted::Fields(values) if values.get("_form") == Some("withdraw") => {
            return documents::withdraw(&desk, &id, &values).await;
        }
        Posted::Fields(values) => match panels::ticked(&desk, &values).await? {
            Some(order) => {
                let order = Some(desk.mistyped(order, Vec::new()));
                return page(desk, &id, Again { order, ..Again::default() }).await;
            }
            None => log(&desk, values).await?,
        },
        Posted::File(values, file) => documents::upload(&desk, &id, values, file).await?,
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, &id, Again { attempt: Some(attempt), ..Again::default() }).await,
    }
}

pub(super) fn visit_id(text: &str) -> Result<VisitId, Failure> {
    VisitId::parse(text).map_err(|_| Failure::NotFound)
}

/// Logs a step that was typed; times are on the hospital's clock, results without a value are none.
async fn log(desk: &Desk, typed: Values) -> Result<Outcome, Failure> {
    let mut values = typed.clone();
    match values.event() {
        Some(EventType::TestCompleted) => values = flagged(without_blank_results(values)),
        Some(event) => set_times(desk, event, &mut values),
        None => {}
    }
    let attempt = match desk.log(values).await? {
        Ok(response) => return Ok(Ok(response)),
        Err(attempt) => attempt,
    };
    // Times are shown again as they were typed.
    Ok(Err(match attempt.event {
        Some(EventType::FollowUpScheduled) => Arc::new(Attempt { values: typed.0, ..(*attempt).clone() }),
        _ => attempt,
    }))
}

/// Turns local times into moments.
fn set_times(desk: &Desk, event: EventType, values: &mut Values) {
    let is_time =
        |name: &str| event.row().fields.iter().any(|field| field.name == name && matches!(field.shape, Shape::Time));
    for (_, value) in values.0.iter_mut().filter(|(name, _)| is_time(name)) {
        let local = NaiveDateTime::parse_from_str(value.trim(), "%Y-%m-%dT%H:%M");
        let moment = local.ok().and_then(|local| desk.tenant.time_zone.0.from_local_datetime(&local).earliest());
        if let Some(moment) = moment {
            *value = moment.to_utc().to_rfc3339();
        }
    }
}

/// Drops results without a value; what somebody flagged is kept, so that its missing value is asked for.
fn without_blank_results(mut values: Values) -> Values {
    let blank: BTreeSet<String> = values
        .0
        .iter()
        .filter_map(|(name, value)| name.strip_suffix("].value").filter(|_| value.trim().is_empty()))
        .map(|line| format!("{line}]."))
        .filter(|line| values.get(&format!("{line}flag")).is_none())
        .collect();
    values.0.retain(|(name, _)| !blank.iter().any(|line| name.starts_with(line)));
    values
}

/// What is shown of a form that was sent and led nowhere else.
#[derive(Default)]
struct Again {
    /// What was refused.
    attempt: Option<Arc<Attempt>>,
    /// An order that is being ticked: shown as if it was refused, and nothing is wrong with it.
    order: Option<Arc<Attempt>>,
    /// The link of a document that was lent.
    link: Option<String>,
}

async fn page(desk: Desk, id: &VisitId, again: Again) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    let Again { attempt, order, link } = again;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let card = desk.visit(id).await?;
    let mut stored = log::stream(db, tenant, VISIT, id.as_str()).await?;
    let until = desk.until()?;
    if let Some(until) = until {
        stored.truncate(until.reach(stored.iter()));
    }
    let happened = steps(&stored)?;
    let (Some(state), Some(last)) = (fold(&happened), stored.last()) else { return Err(not_yet()) };
    let past = until.map(|until| desk.past_of_visit(until, last.event.version, last.recorded_at));
    let names = people::names(db, tenant).await?;
    let rooms = rooms::list(db, tenant).await?;
    let card = match &past {
        Some(_) => card.at(&state, &names, &rooms.iter().map(|room| (room.id.clone(), room.name.clone())).collect()),
        None => card,
    };
    let departments = departments::list(db, tenant).await?;
    let called = Called { tenant: &desk.tenant, people: &names, rooms: &rooms, departments: &departments };
    let told = timeline(&stored, &called).map_err(RecordError::from)?;
    let now = past.as_ref().map_or(desk.now, |past| past.moment);
    let data = VisitPage {
        person: desk.person.clone(),
        actor: desk.actor_at(past.as_ref()),
        now,
        measures: measures(&happened, now),
        peers: if past.is_none() { peers(&desk, &card).await? } else { None },
        steps: told,
        intact: stored.iter().all(|event| log::intact(tenant, event).is_ok()),
        kept: documents::kept(&desk, &happened, &state).await?,
        follow_ups: follow_ups::of_visit(db, tenant, id).await?,
        shares: document_shares::of_visit(db, tenant, id).await?,
        link,
        names,
        doctors: people::of_role(db, tenant, Role::Doctor).await?,
        rooms,
        targets: Targets::new(&departments, &measure_targets::list(db, tenant).await?),
        departments,
        tariff: tariff::list(db, tenant).await?,
        attempt: attempt.clone().or(order),
        asked: desk.query("do").and_then(EventType::from_word),
        past,
        about: desk.query("about").map(str::to_owned),
        tenant: desk.tenant.clone(),
        card,
        visit: state,
        stored,
    };
    let title = format!("{}, {}", data.card.patient_name, data.card.visit.token);
    let desk = desk.live([Topic::Visit(id.clone())]);
    desk.show(title, Seen::visit(&data.card), attempt, move || visit(data)).await
}

/// Says that a visit was not there yet.
fn not_yet() -> Failure {
    Failure::Said(StatusCode::NOT_FOUND, tr!("This visit was not registered yet then. Choose a later moment."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_left_blank_are_no_results() {
        let line = |line: usize, name: &str, value: &str| (format!("results[{line}].{name}"), value.to_owned());
        let values = without_blank_results(Values(vec![
            line(0, "analyte", "Haemoglobin"),
            line(0, "value", "9.5"),
            line(1, "analyte", "MCV"),
            line(1, "value", " "),
            line(10, "analyte", "Colour"),
            line(10, "value", "amber"),
            line(11, "analyte", "Platelets"),
            line(11, "value", ""),
            line(11, "flag", "CRITICAL"),
            line(12, "analyte", "Casts"),
            line(12, "value", ""),
            line(12, "flag", ""),
        ]));
        assert_eq!(values.get("results[0].analyte"), Some("Haemoglobin"));
        assert_eq!(values.get("results[1].analyte"), None);
        assert_eq!(values.get("results[10].analyte"), Some("Colour"));
        assert_eq!(values.get("results[11].analyte"), Some("Platelets"), "what is critical has a value");
        assert_eq!(values.get("results[12].analyte"), None);
    }
}
