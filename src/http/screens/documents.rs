//! Documents of a visit: uploaded, handed out, lent by a link.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{Form, FromRequest, Multipart, Path, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tr::tr;

use super::visit::visit_id;
use crate::db::new_id;
use crate::hospital::WriteError;
use crate::hospital::document_shares::{self, NewShare};
use crate::hospital::documents::{self as contents, Content};
use crate::http::AppState;
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::http::written::{done_at, problems};
use crate::journey::allowed::allowed;
use crate::journey::events::{Event, EventType};
use crate::journey::ids::{DocumentId, Id, ShareId, VisitId};
use crate::journey::schema::FieldProblem;
use crate::journey::visit::{Step, Visit};
use crate::journey::words::Word;
use crate::record::Wish;
use crate::screens::attempt::Attempt;
use crate::screens::layout::PATIENTS;
use crate::screens::parts::query_text;

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

/// Keeps an uploaded file and logs that it was added.
pub async fn upload(desk: &Desk, id: &VisitId, mut values: Values, file: Option<File>) -> Result<Outcome, Failure> {
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
        contents::keep(desk.db(), &desk.tenant.id, &content, desk.now).await?;
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

/// Lends a document by a link: logs for whom, and gives the address, which is told this once.
pub async fn share(
    desk: &Desk,
    id: &VisitId,
    values: Values,
    headers: &HeaderMap,
) -> Result<Result<String, Arc<Attempt>>, Failure> {
    let card = desk.visit(id).await?;
    let document =
        values.get("_about").and_then(|document| DocumentId::parse(document).ok()).ok_or(Failure::NotFound)?;
    let days = values.get("days").and_then(|days| days.parse().ok()).unwrap_or_default();
    let shared_with = values.get("sharedWith").unwrap_or_default().to_owned();
    let lasts = TimeDelta::days(days);
    if shared_with.is_empty() || lasts <= TimeDelta::zero() || lasts > document_shares::LONGEST {
        let (field, words) =
            if shared_with.is_empty() { ("sharedWith", "is required") } else { ("days", "must be one of the list") };
        return Ok(Err(desk.shown_again(values, vec![FieldProblem::new(field, words)])));
    }
    let metadata = json!({ "documentId": document, "sharedWith": shared_with, "channel": "link" });
    let wish = Wish::new(Some(id.clone()), EventType::DocumentShared, metadata);
    let key = values.key().unwrap_or_else(new_id);
    match desk.recorded(&values, &key, vec![wish]).await? {
        Ok(recorded) if recorded.repeated => {
            return Ok(Err(Arc::new(Attempt {
                sentence: tr!(
                    "The link was made already, and is shown only once. Send the form again to make another; the first can be withdrawn."
                ),
                ..desk.unreadable(values)
            })));
        }
        Ok(_) => {}
        Err(attempt) => return Ok(Err(attempt)),
    }
    let new = NewShare {
        visit_id: card.visit.visit_id,
        document_id: document,
        shared_with,
        shared_by: desk.person.id.clone(),
        lasts,
    };
    match document_shares::add(desk.db(), &desk.tenant.id, new, desk.now).await {
        Ok(secret) => {
            let scheme = if desk.app.behind_tls { "https" } else { "http" };
            let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
            Ok(Ok(format!("{scheme}://{host}/shared/{secret}")))
        }
        Err(WriteError::Database(error)) => Err(error.into()),
        Err(error) => Ok(Err(desk.shown_again(values, problems(error)))),
    }
}

/// Lets a link open nothing any more.
pub async fn withdraw(desk: &Desk, id: &VisitId, values: &Values) -> Result<Response, Failure> {
    desk.needs(EventType::DocumentShared.row().roles)?;
    desk.visit(id).await?;
    let share = values.get("_about").and_then(|share| ShareId::parse(share).ok()).ok_or(Failure::NotFound)?;
    document_shares::withdraw(desk.db(), &desk.tenant.id, id, &share, desk.now).await?;
    Ok(done_at(&desk.path, "share.withdrawn"))
}

/// The documents whose content is kept here; programs may add others that are kept elsewhere.
pub async fn kept(desk: &Desk, happened: &[Step], visit: &Visit) -> Result<BTreeSet<DocumentId>, Failure> {
    let mut kept = BTreeSet::new();
    for id in visit.documents.keys() {
        if let Some((_, sha256)) = uploaded(happened, id)
            && contents::exists(desk.db(), &desk.tenant.id, sha256).await?
        {
            kept.insert(id.clone());
        }
    }
    Ok(kept)
}

/// A document's name and digest.
pub fn uploaded<'a>(happened: &'a [Step], id: &DocumentId) -> Option<(&'a str, &'a str)> {
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
    let content = contents::by_digest(desk.db(), &desk.tenant.id, sha256).await?.ok_or(Failure::NotFound)?;
    desk.saw(Seen::visit(&card)).await?;
    Ok(handed_out(name, content).into_response())
}

/// A document as it is handed out: to be saved, and never run.
pub fn handed_out(name: &str, content: Content) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, content.media_type.word().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{}", query_text(name))),
        (CONTENT_SECURITY_POLICY, "sandbox".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, content.content)
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
}
