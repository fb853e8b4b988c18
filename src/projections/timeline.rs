//! The journey told to people, a row for each event.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::db::rows::{Rows, insert_rows};
use crate::db::{Db, Tx};
use crate::journey::events::EventType;
use crate::journey::ids::*;
use crate::journey::story::Telling;
use crate::journey::words::Phase;
use crate::log::StoredEvent;
use crate::on;

/// A step as people read it.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimelineRow {
    /// The version of the visit after it.
    pub version: i64,
    /// Its place in the log.
    pub position: i64,
    /// The event.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: EventType,
    /// The phase, which gives the colour.
    pub phase: Phase,
    /// The icon, by lucide's name.
    pub icon: String,
    /// A few words.
    pub title: String,
    /// One plain sentence.
    pub sentence: String,
    /// Who did it, by name.
    pub performer: String,
    /// Whether it runs beside the patient's own way.
    pub beside: bool,
    /// Who did it.
    pub performed_by: PersonId,
    /// When it was done.
    pub performed_at: DateTime<Utc>,
    /// When it was logged.
    pub recorded_at: DateTime<Utc>,
}

/// A row to be written.
#[derive(Debug, Serialize)]
pub(super) struct NewTimelineRow {
    visit_id: VisitId,
    version: i64,
    position: i64,
    event_id: EventId,
    event_type: EventType,
    phase: Phase,
    icon: String,
    title: String,
    sentence: String,
    performer: String,
    beside: bool,
    performed_by: PersonId,
    performed_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
}

impl NewTimelineRow {
    pub(super) fn new(visit_id: &VisitId, stored: &StoredEvent, telling: Telling) -> Self {
        Self {
            visit_id: visit_id.clone(),
            version: stored.event.version,
            position: stored.position,
            event_id: stored.event.id.clone(),
            event_type: telling.event_type,
            phase: telling.phase,
            icon: telling.icon,
            title: telling.title,
            sentence: telling.sentence,
            performer: telling.performer,
            beside: telling.beside,
            performed_by: stored.event.performed_by.clone(),
            performed_at: stored.event.performed_at,
            recorded_at: stored.recorded_at,
        }
    }
}

const INSERT: Rows = insert_rows!("timeline":
    text "visit_id", text "version", text "position", text "event_id", text "event_type", text "phase", text "icon",
    text "title", text "sentence", text "performer", text "beside", text "performed_by", time "performed_at",
    time "recorded_at"; "");

pub(super) async fn write(tx: &mut Tx, tenant: &TenantId, rows: &[NewTimelineRow]) -> sqlx::Result<()> {
    INSERT.write(tx, tenant, rows).await
}

const OF_VISIT: &str =
    "SELECT * FROM timeline WHERE tenant_id = $1 AND visit_id = $2 ORDER BY performed_at, version LIMIT 1000";

/// The story of a visit, in the order things were done.
pub async fn of_visit(db: &Db, tenant: &TenantId, visit: &VisitId) -> sqlx::Result<Vec<TimelineRow>> {
    on!(&db.read, pool => sqlx::query_as(OF_VISIT).bind(tenant).bind(visit).fetch_all(pool).await)
}

/// A document, or a report, of one of a patient's visits.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct DocumentRow {
    /// Of which visit.
    pub visit_id: VisitId,
    /// What the patient was called by on that visit.
    pub token: String,
    /// Whether it was added or written here.
    pub event_type: EventType,
    /// One plain sentence that names it.
    pub sentence: String,
    /// When it came to be.
    pub performed_at: DateTime<Utc>,
}

const DOCUMENTS_OF_PATIENT: &str = "SELECT timeline.visit_id, visits.token, timeline.event_type, timeline.sentence, timeline.performed_at \
     FROM visits JOIN timeline ON timeline.tenant_id = visits.tenant_id AND timeline.visit_id = visits.visit_id \
     WHERE visits.tenant_id = $1 AND visits.patient_id = $2 AND timeline.event_type IN ($3, $4) \
     ORDER BY timeline.performed_at DESC, timeline.position DESC LIMIT 200";

/// The documents and reports of all of a patient's visits, the latest first.
pub async fn documents_of_patient(db: &Db, tenant: &TenantId, patient: &PatientId) -> sqlx::Result<Vec<DocumentRow>> {
    on!(&db.read, pool => sqlx::query_as(DOCUMENTS_OF_PATIENT)
        .bind(tenant)
        .bind(patient)
        .bind(EventType::DocumentUploaded)
        .bind(EventType::ReportGenerated)
        .fetch_all(pool)
        .await)
}
