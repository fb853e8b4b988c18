//! The access log: who saw which patient's data, when, by which way and why.

mod keeper;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub use keeper::AccessLog;

use super::event::to_milliseconds;
use crate::db::rows::{Rows, insert_rows};
use crate::db::{Db, text_columns, word_text};
use crate::journey::ids::{AccessId, Id, PatientId, PersonId, TenantId, TokenId, VisitId};
use crate::journey::words::{Word, words};
use crate::on;
use crate::schemas::shaped;

words! {
    /// By which way data was seen.
    Way {
        Screen "SCREEN" "screen",
        Api "API" "program",
    }

    /// What kind of thing was seen.
    Subject {
        Patient "PATIENT" "patient",
        Visit "VISIT" "visit",
        Event "EVENT" "event",
        List "LIST" "list",
        AccessLog "ACCESS_LOG" "access log",
    }
}

text_columns!(word_text, Word::from_word: Way, Subject);
shaped!(Way, Subject);

/// A time that somebody saw a patient's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// Its name.
    pub id: AccessId,
    /// When.
    pub accessed_at: DateTime<Utc>,
    /// Who.
    pub person_id: PersonId,
    /// The human for whom an AI or a program saw it.
    pub on_behalf_of: Option<PersonId>,
    /// By which way.
    pub way: Way,
    /// The token, when a program called.
    pub token_id: Option<TokenId>,
    /// What kind of thing.
    pub subject: Subject,
    /// Where it was shown, without what was searched for.
    pub address: String,
    /// Whose data, when it was one patient's.
    pub patient_id: Option<PatientId>,
    /// Of which visit, when it was one.
    pub visit_id: Option<VisitId>,
    /// Why, when that was said.
    pub purpose: Option<String>,
}

/// An access as a row to be written.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a AccessId,
    accessed_at: DateTime<Utc>,
    person_id: &'a PersonId,
    on_behalf_of: &'a Option<PersonId>,
    way: Way,
    token_id: &'a Option<TokenId>,
    subject: Subject,
    address: &'a str,
    patient_id: &'a Option<PatientId>,
    visit_id: &'a Option<VisitId>,
    purpose: &'a Option<String>,
}

impl<'a> From<&'a Access> for Row<'a> {
    fn from(access: &'a Access) -> Self {
        Self {
            id: &access.id,
            accessed_at: to_milliseconds(access.accessed_at),
            person_id: &access.person_id,
            on_behalf_of: &access.on_behalf_of,
            way: access.way,
            token_id: &access.token_id,
            subject: access.subject,
            address: &access.address,
            patient_id: &access.patient_id,
            visit_id: &access.visit_id,
            purpose: &access.purpose,
        }
    }
}

const KEEP: Rows = insert_rows!("access_log":
    text "id", time "accessed_at", text "person_id", text "on_behalf_of", text "way", text "token_id", text "subject", text "address",
    text "patient_id", text "visit_id", text "purpose"; "ON CONFLICT DO NOTHING");

/// Which accesses to read; what is none does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose data was seen.
    pub patient: Option<PatientId>,
    /// Who saw it.
    pub person: Option<PersonId>,
    /// From when on.
    pub from: Option<DateTime<Utc>>,
    /// Until before when.
    pub before: Option<DateTime<Utc>>,
}

/// After which access the next page of a list begins.
pub type Cursor = (DateTime<Utc>, AccessId);

impl Access {
    /// What is handed out as the place to go on from.
    pub fn cursor(&self) -> String {
        format!("{:012x}-{}", self.accessed_at.timestamp_millis(), self.id)
    }
}

/// Reads a place to go on from.
pub fn read_cursor(cursor: &str) -> Option<Cursor> {
    let (moment, id) = cursor.split_once('-')?;
    let fits = moment.len() == 12 && moment.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let moment = i64::from_str_radix(moment, 16).ok().filter(|_| fits)?;
    Some((DateTime::from_timestamp_millis(moment)?, AccessId::parse(id).ok()?))
}

const ALL: &str = "SELECT * FROM access_log WHERE tenant_id = $1 AND accessed_at >= $2 AND (accessed_at, id) < ($3, $4) \
    ORDER BY accessed_at DESC, id DESC LIMIT $5";
const BY_PERSON: &str = "SELECT * FROM access_log WHERE tenant_id = $1 AND accessed_at >= $2 AND (accessed_at, id) < ($3, $4) \
    AND person_id = $6 ORDER BY accessed_at DESC, id DESC LIMIT $5";
const BY_PATIENT: &str = "SELECT * FROM access_log WHERE tenant_id = $1 AND accessed_at >= $2 AND (accessed_at, id) < ($3, $4) \
    AND patient_id = $6 ORDER BY accessed_at DESC, id DESC LIMIT $5";
const BY_BOTH: &str = "SELECT * FROM access_log WHERE tenant_id = $1 AND accessed_at >= $2 AND (accessed_at, id) < ($3, $4) \
    AND patient_id = $6 AND person_id = $7 ORDER BY accessed_at DESC, id DESC LIMIT $5";

/// The accesses that a filter lets through, the newest first; to go on, those before one of them.
pub async fn list(
    db: &Db,
    tenant: &TenantId,
    filter: &Filter,
    before: Option<&Cursor>,
    limit: u32,
) -> sqlx::Result<Vec<Access>> {
    let sql = match (&filter.patient, &filter.person) {
        (None, None) => ALL,
        (None, Some(_)) => BY_PERSON,
        (Some(_), None) => BY_PATIENT,
        (Some(_), Some(_)) => BY_BOTH,
    };
    let from = filter.from.unwrap_or(DateTime::UNIX_EPOCH);
    // No id comes before the empty one: the moment itself is left out.
    let end = filter.before.unwrap_or(END_OF_TIME);
    let (moment, id) = match before {
        Some((moment, id)) if *moment < end => (*moment, id.to_string()),
        _ => (end, String::new()),
    };
    on!(&db.read, pool => {
        let query = sqlx::query_as(sql).bind(tenant).bind(to_milliseconds(from)).bind(to_milliseconds(moment)).bind(id);
        let query = query.bind(i64::from(limit));
        let query = if let Some(patient) = &filter.patient { query.bind(patient) } else { query };
        let query = if let Some(person) = &filter.person { query.bind(person) } else { query };
        query.fetch_all(pool).await
    })
}

/// A moment after all others: the end of the year 9999.
const END_OF_TIME: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_799, 0) {
    Some(moment) => moment,
    None => DateTime::UNIX_EPOCH,
};
