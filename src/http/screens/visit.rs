//! `/visits/{id}`: the journey of one visit, and every step that can be logged on it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{Form, FromRequest, Multipart, Path, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use chrono::{NaiveDateTime, TimeZone as _};
use serde_json::{Value, json};

use crate::db::new_id;
use crate::hospital::documents::{self, Content};
use crate::hospital::{departments, people, rooms, tariff};
use crate::http::AppState;
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::screens::lab::flagged;
use crate::http::screens::peers::peers;
use crate::http::seen::Seen;
use crate::journey::allowed::allowed;
use crate::journey::events::{Event, EventType};
use crate::journey::evolve::fold;
use crate::journey::ids::{DocumentId, Id, VisitId};
use crate::journey::measures::measures;
use crate::journey::schema::{FieldProblem, Shape};
use crate::journey::visit::{Step, Visit};
use crate::journey::words::{Role, Word};
use crate::live::Topic;
use crate::log;
use crate::projections::timeline;
use crate::record::{VISIT, Wish, steps};
use crate::screens::attempt::Attempt;
use crate::screens::layout::PATIENTS;
use crate::screens::parts::query_text;
use crate::screens::visit::{VisitPage, visit};

/// Shows a visit.
pub async fn show(Path(id): Path<String>, desk: Desk) -> Result<Response, Failure> {
    page(desk, &visit_id(&id)?, None).await
}

/// Logs a step.
pub async fn act(Path(id): Path<String>, desk: Desk, posted: Posted) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    desk.needs_present()?;
    let id = visit_id(&id)?;
    let outcome = match posted {
        Posted::Fields(values) => log(&desk, values).await?,
        Posted::File(values, file) => upload(&desk, &id, values, file).await?,
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(attempt) => page(desk, &id, Some(attempt)).await,
    }
}

fn visit_id(text: &str) -> Result<VisitId, Failure> {
    VisitId::parse(text).map_err(|_| Failure::NotFound)
}

/// What a form of the page sends.
pub enum Posted {
    /// Fields.
    Fields(Values),
    /// Fields, and a file.
    File(Values, Option<File>),
}

/// A file as a browser sends it.
pub struct File {
    name: String,
    content: Bytes,
}

impl FromRequest<AppState> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("multipart/form-data") {
            let Form(pairs) = Form::from_request(request, state).await.map_err(IntoResponse::into_response)?;
            return Ok(Self::Fields(Values(pairs)));
        }
        let parts = Multipart::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let (values, file) = read(parts).await.map_err(IntoResponse::into_response)?;
        Ok(Self::File(values, file))
    }
}

async fn read(mut parts: Multipart) -> Result<(Values, Option<File>), MultipartError> {
    let (mut values, mut file) = (Values::default(), None);
    while let Some(part) = parts.next_field().await? {
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(file_name) {
            Some(name) => file = Some(File { name, content: part.bytes().await? }),
            None => values.0.push((name, part.text().await?)),
        }
    }
    Ok((values, file))
}

/// The last part of a path, without what cannot be shown, and no longer than a name may be.
fn file_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|character| !character.is_control()).collect();
    let length = name.chars().count();
    // The end tells what kind of file it is.
    name.trim().chars().skip(length.saturating_sub(255)).collect()
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

/// Drops results without a value.
fn without_blank_results(mut values: Values) -> Values {
    let blank: BTreeSet<String> = values
        .0
        .iter()
        .filter_map(|(name, value)| name.strip_suffix("].value").filter(|_| value.trim().is_empty()))
        .map(|line| format!("{line}]."))
        .collect();
    values.0.retain(|(name, _)| !blank.iter().any(|line| name.starts_with(line)));
    values
}

/// Keeps an uploaded file and logs that it was added.
async fn upload(desk: &Desk, id: &VisitId, mut values: Values, file: Option<File>) -> Result<Outcome, Failure> {
    let event = EventType::DocumentUploaded;
    values.0.retain(|(name, _)| !matches!(name.as_str(), "_event" | "_visit"));
    values.0.extend([("_event".to_owned(), event.word().to_owned()), ("_visit".to_owned(), id.to_string())]);
    let refused = |problem: String| vec![FieldProblem::new("file", problem)];
    let file = match file.filter(|file| !file.name.is_empty()) {
        Some(file) => file,
        None => return Ok(Err(desk.mistyped(values, refused("is required; choose a PDF, JPEG or PNG file".into())))),
    };
    let content = match Content::read(file.content.into()) {
        Ok(content) => content,
        Err(unfit) => return Ok(Err(desk.mistyped(values, refused(unfit.to_string())))),
    };
    // What is refused anyway is not kept.
    let loaded = desk.app.recorder.load(&desk.tenant.id, id).await?;
    let (_, visit) = loaded.ok_or(Failure::NotFound)?;
    if allowed(&desk.tenant.policy, Some(&visit), &desk.person.actor(), desk.now).contains(&event) {
        documents::keep(desk.db(), &desk.tenant.id, &content, desk.now).await?;
    }
    let key = values.key().unwrap_or_else(new_id);
    let mut metadata = values.metadata(event, &key);
    metadata.insert("fileName".to_owned(), json!(file.name));
    metadata.insert("mediaType".to_owned(), json!(content.media_type));
    metadata.insert("sizeBytes".to_owned(), json!(content.content.len()));
    metadata.insert("sha256".to_owned(), json!(content.sha256));
    let wish = Wish::new(Some(id.clone()), event, Value::Object(metadata));
    desk.record(values, &key, vec![wish]).await
}

async fn page(desk: Desk, id: &VisitId, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let card = desk.visit(id).await?;
    let mut stored = log::stream(db, tenant, VISIT, id.as_str()).await?;
    let until = desk.until()?;
    if let Some(until) = until {
        stored.retain(|stored| until.holds(stored.event.version, stored.recorded_at));
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
    let now = past.as_ref().map_or(desk.now, |past| past.moment);
    let mut told = timeline::of_visit(db, tenant, id).await?;
    told.retain(|row| row.version <= last.event.version);
    let data = VisitPage {
        person: desk.person.clone(),
        actor: desk.actor_at(past.as_ref()),
        now,
        measures: measures(&happened, now),
        peers: if past.is_none() { peers(&desk, &card).await? } else { None },
        steps: told,
        intact: stored.iter().all(|event| log::intact(tenant, event).is_ok()),
        kept: kept(&desk, &happened, &state).await?,
        names,
        doctors: people::of_role(db, tenant, Role::Doctor).await?,
        rooms,
        departments: departments::list(db, tenant).await?,
        tariff: tariff::list(db, tenant).await?,
        attempt: attempt.clone(),
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
    Failure::Said(StatusCode::NOT_FOUND, "This visit was not registered yet then. Choose a later moment.".to_owned())
}

/// The documents whose content is kept here; programs may add others that are kept elsewhere.
async fn kept(desk: &Desk, happened: &[Step], visit: &Visit) -> Result<BTreeSet<DocumentId>, Failure> {
    let mut kept = BTreeSet::new();
    for id in visit.documents.keys() {
        if let Some((_, sha256)) = uploaded(happened, id)
            && documents::exists(desk.db(), &desk.tenant.id, sha256).await?
        {
            kept.insert(id.clone());
        }
    }
    Ok(kept)
}

/// A document's name and digest.
fn uploaded<'a>(happened: &'a [Step], id: &DocumentId) -> Option<(&'a str, &'a str)> {
    happened.iter().find_map(|step| match &step.event {
        Event::DocumentUploaded(document) if document.document_id.0 == *id => {
            Some((document.file_name.as_str(), document.sha256.0.as_str()))
        }
        _ => None,
    })
}

/// Hands a document out, to be saved and never run.
pub async fn document(Path((id, document)): Path<(String, String)>, desk: Desk) -> Result<Response, Failure> {
    desk.needs(PATIENTS)?;
    let id = visit_id(&id)?;
    let document = DocumentId::parse(&document).map_err(|_| Failure::NotFound)?;
    let card = desk.visit(&id).await?;
    let (happened, _) = desk.app.recorder.load(&desk.tenant.id, &id).await?.ok_or(Failure::NotFound)?;
    let (name, sha256) = uploaded(&happened, &document).ok_or(Failure::NotFound)?;
    let content = documents::by_digest(desk.db(), &desk.tenant.id, sha256).await?.ok_or(Failure::NotFound)?;
    desk.saw(Seen::visit(&card)).await?;
    let headers = [
        (CONTENT_TYPE, content.media_type.word().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{}", query_text(name))),
        (CONTENT_SECURITY_POLICY, "sandbox".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, content.content).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_the_end_of_its_path() {
        assert_eq!(file_name("C:\\scans\\knee\u{7}.pdf"), "knee.pdf");
        assert_eq!(file_name("../../etc/पर्ची.png"), "पर्ची.png");
        let long = file_name(&format!("{}.pdf", "a".repeat(300)));
        assert!(long.chars().count() == 255 && long.ends_with(".pdf"));
    }

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
        ]));
        assert_eq!(values.get("results[0].analyte"), Some("Haemoglobin"));
        assert_eq!(values.get("results[1].analyte"), None);
        assert_eq!(values.get("results[10].analyte"), Some("Colour"));
    }
}
