//! The laboratory on a tablet that loses its network: the shell it opens, the worklist it keeps, the steps it sends later.
//!
//! The service worker keeps the shell and the files of the site, and nothing else; see [`crate::islands::offline`] for the rest.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::Offset;
use serde::Deserialize;
use serde_json::{Value, json};
use tr::tr;

use crate::hospital::tariff;
use crate::http::desk::{Desk, Failure};
use crate::http::screens::lab::elsewhere;
use crate::http::seen::Seen;
use crate::http::{AppState, Page};
use crate::islands::offline::kept::{Before, Deed, EVENTS, MOST, Measured, Refused, Task, Worklist};
use crate::journey::ids::VisitId;
use crate::journey::refusal::Refusal;
use crate::journey::visit::Visit;
use crate::journey::words::Stage;
use crate::language::{Language, say};
use crate::projections::earlier_results;
use crate::projections::tests::{self, TestCard};
use crate::record::{RecordError, Wish};
use crate::screens::lab::results::earlier;
use crate::screens::lab::suggested_label;
use crate::screens::layout::LAB;
use crate::screens::offline::shell;
use crate::screens::parts::age_and_sex;

/// What a worker may do: fetch from here.
const WORKER_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'";

/// Clears what a browser keeps of whoever signs out: databases, caches and the service worker.
pub const CLEAR: (HeaderName, HeaderValue) =
    (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"storage\""));

/// The shell; it is the same for everybody.
pub async fn show(page: Page) -> Response {
    page.render(StatusCode::OK, tr!("Laboratory"), shell).await
}

/// Which service worker is asked for.
#[derive(Deserialize)]
pub struct Asked {
    /// The language of its shell: asked for again by itself, a browser need not say who asks.
    #[serde(default)]
    language: String,
}

/// The service worker of this build of the site and of a language: with others it is another script, and the browser takes it anew.
pub async fn service_worker(State(app): State<AppState>, Query(asked): Query<Asked>) -> Response {
    let language = Language::from_tag(&asked.language).unwrap_or_default();
    let catalogue = language.published().map(|published| published.path.as_str());
    let files: Vec<_> = app.site.paths().chain(catalogue).collect();
    let build = json!([env!("CARGO_PKG_VERSION"), app.site.name(), catalogue]);
    let script = format!(
        "const BUILD = {build};\nconst LANGUAGE = \"{}\";\nconst FILES = {};\n{}",
        language.tag(),
        json!(files),
        include_str!("service_worker.js")
    );
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, WORKER_POLICY),
    ];
    (headers, script).into_response()
}

/// The worklist for a tablet to keep.
pub async fn worklist(desk: Desk) -> Result<Response, Failure> {
    desk.needs(LAB)?;
    desk.saw(Seen::List).await?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let mut cards = Vec::new();
    for stage in [Stage::Ordered, Stage::Collected, Stage::InProgress] {
        let mut at_stage = tests::worklist(db, tenant, stage).await?;
        at_stage.sort_by_key(TestCard::urgency);
        at_stage.truncate(MOST);
        cards.extend(at_stage);
    }
    cards.sort_by_key(TestCard::urgency);
    let mut visits: BTreeMap<VisitId, Visit> = BTreeMap::new();
    let mut analytes: BTreeMap<&str, Vec<Measured>> = BTreeMap::new();
    for card in &cards {
        if !visits.contains_key(&card.test.visit_id)
            && let Some((_, visit)) = desk.app.recorder.load(tenant, &card.test.visit_id).await?
        {
            visits.insert(card.test.visit_id.clone(), visit);
        }
        if !analytes.contains_key(card.test.code.as_str()) {
            let entry = tariff::by_code(db, tenant, &card.test.code).await?;
            let measured = entry.map(|entry| entry.analytes).unwrap_or_default().into_iter().map(|line| Measured {
                analyte: line.analyte,
                unit: line.unit,
                low: line.low,
                high: line.high,
                before: None,
            });
            analytes.insert(&card.test.code, measured.collect());
        }
    }
    let before = earlier_results::before(db, tenant, cards.iter()).await?;
    let measured = |card: &TestCard| {
        let last = before.get(&card.test.test_id);
        let lines = analytes.get(card.test.code.as_str()).into_iter().flatten();
        let compared = lines.map(|line| {
            let before = last.and_then(|last| {
                let unit = line.unit.as_deref();
                let value = last.value(&line.analyte, unit)?.to_owned();
                Some(Before { value, words: earlier(Some((last, &desk.tenant)), &line.analyte, unit) })
            });
            Measured { before, ..line.clone() }
        });
        compared.collect::<Vec<_>>()
    };
    let today = desk.tenant.local_day(desk.now);
    let elsewhere = elsewhere(&desk).await?;
    let task = |card: &TestCard| Task {
        visit_id: card.test.visit_id.clone(),
        test_id: card.test.test_id.clone(),
        token: card.token.clone(),
        patient: card.patient_name.clone(),
        age_and_sex: age_and_sex(card.patient_birth_date, card.patient_sex, today),
        branch: card.branch_id.as_ref().and_then(|branch| elsewhere.get(branch)).cloned(),
        urgency: card.urgency(),
        label: suggested_label(card),
        analytes: measured(card),
    };
    let tests = cards.iter().map(task).collect();
    let worklist = Worklist {
        person: desk.person.id.clone(),
        name: desk.person.name.clone(),
        roles: desk.person.roles.to_vec(),
        policy: desk.tenant.policy,
        known_at: desk.now,
        offset: desk.tenant.local(desk.now).offset().fix().local_minus_utc(),
        visits: visits.into_iter().collect(),
        tests,
    };
    Ok(Json(worklist.to_json()).into_response())
}

/// Logs a step that was done without network. The same step sent twice is logged once, by its id.
pub async fn act(desk: Desk, Json(sent): Json<Value>) -> Result<Response, Failure> {
    desk.needs(LAB)?;
    let refused = |status: StatusCode, sentence: &str, visit: Option<Visit>| {
        (status, Json(Refused { sentence: sentence.to_owned(), visit }.to_json())).into_response()
    };
    let Some(deed) = Deed::from_json(&sent) else {
        return Ok(refused(
            StatusCode::BAD_REQUEST,
            &tr!("This step could not be read. Do it again on the visit."),
            None,
        ));
    };
    if deed.person != desk.person.id {
        return Ok(refused(
            StatusCode::FORBIDDEN,
            &tr!("Somebody else did this, and has to sign in to send it."),
            None,
        ));
    }
    if !EVENTS.contains(&deed.event_type) {
        return Ok(refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            &tr!("This step is not taken later. Do it on the visit."),
            None,
        ));
    }
    let wish = Wish {
        performed_at: Some(deed.performed_at),
        expected_version: Some(deed.expected_version),
        id: Some(deed.id),
        branch_id: desk.person.branch_id.clone(),
        ..Wish::new(Some(deed.visit_id), deed.event_type, deed.metadata)
    };
    let (tenant, reader, actor) = (&desk.tenant, desk.reader(), desk.person.actor());
    match desk.app.recorder.record_for(tenant, &reader, &actor, vec![wish], None).await {
        Ok(recorded) if recorded.repeated => Ok(StatusCode::OK.into_response()),
        Ok(_) => Ok(StatusCode::CREATED.into_response()),
        Err(RecordError::Refused(found)) => {
            let (status, visit) = match found.refusal {
                Refusal::VersionConflict { .. } => (StatusCode::CONFLICT, found.visit),
                _ => (StatusCode::UNPROCESSABLE_ENTITY, None),
            };
            Ok(refused(status, &found.refusal.sentence_in(&say), visit))
        }
        Err(RecordError::IdempotencyMismatch) => Ok(refused(
            StatusCode::CONFLICT,
            &tr!("Another step was logged under this one’s id. Do it again on the visit."),
            None,
        )),
        Err(error) => Err(error.into()),
    }
}
