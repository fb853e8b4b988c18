//! Who saw which patient's data: for the auditor.

use axum::Json as Answer;
use serde::Serialize;

use super::headers::Purpose;
use super::parameters::Parameters;
use super::problem::Problem;
use super::reading::Reading;
use crate::journey::ids::{PatientId, PersonId};
use crate::log::access::{self, Access, Filter};

/// Accesses, the newest first, and where to go on.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessList {
    accesses: Vec<Access>,
    /// Where to go on, as `after`; none when this is the end.
    #[schema(required)]
    next: Option<String>,
}

/// Who saw which patient's data, the newest first.
#[utoipa::path(
    get,
    path = "/access",
    tag = "Access log",
    params(
        ("patientId" = Option<PatientId>, Query, description = "Whose data was seen."),
        ("personId" = Option<PersonId>, Query, description = "Who saw it."),
        ("from" = Option<String>, Query, format = DateTime, description = "The first moment."),
        ("to" = Option<String>, Query, format = DateTime, description = "The first moment after."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "How many at most; 100 if left out."),
        ("after" = Option<String>, Query, pattern = "^[0-9a-f]{12}-[0-7][0-9A-HJKMNP-TV-Z]{25}$", description = "The `next` of the part before."),
        Purpose,
    ),
    responses((status = 200, body = AccessList), (status = 403, description = "None of the caller's roles may read it."))
)]
pub async fn list(reading: Reading, mut parameters: Parameters) -> Result<Answer<AccessList>, Problem> {
    let filter = Filter {
        patient: parameters.id::<PatientId>("patientId"),
        person: parameters.id::<PersonId>("personId"),
        from: parameters.time("from"),
        before: parameters.time("to"),
    };
    let after = parameters.take("after").map(|text| access::read_cursor(&text));
    if after == Some(None) {
        parameters.refuse("after", "must be the `next` of a list");
    }
    let limit = parameters.limit();
    parameters.done()?;
    reading.access_log().await?;
    let after = after.flatten();
    let mut accesses = access::list(&reading.db, &reading.tenant().id, &filter, after.as_ref(), limit + 1).await?;
    let goes_on = accesses.len() > limit as usize;
    accesses.truncate(limit as usize);
    let next = accesses.last().filter(|_| goes_on).map(Access::cursor);
    Ok(Answer(AccessList { accesses, next }))
}
