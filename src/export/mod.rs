//! The log for other programs: event logs for process mining, and files for warehouses.
//!
//! What leaves names nobody: of metadata only ids, words of closed vocabularies, amounts and times, never free text; of people and
//! patients their ids. Everything is read and written piece by piece, so that a large log needs no more memory than a small one.
//!
//! | file | holds |
//! |---|---|
//! | [`plain`] | what of an event's metadata may leave |
//! | [`traces`] | visits, one after another, each with its events |
//! | [`xes`], [`ocel`] | the event logs of IEEE 1849 and OCEL 2.0 |
//! | [`figures`] | durations, variants and directly-follows counts, to hold other programs' against |
//! | [`parquet`] | a file for each day |

pub mod figures;
pub mod ocel;
pub mod parquet;
pub mod plain;
pub mod traces;
pub mod xes;

use std::io;

use chrono::NaiveDate;

use crate::record::RecordError;

/// Which days are exported, both included; all from the first and to the last when left open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
}

impl Period {
    /// Whether a day lies in it.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// Why nothing, or not all, was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file could not be written.
    #[error("the file could not be written: {0}")]
    File(#[from] io::Error),
    /// The rows of the analytics are not of all that was logged.
    #[error(
        "the read model of visits is {0} events behind the log: run sojourn replay --projection visit_measures first"
    )]
    Behind(i64),
    /// The rows that figures are made of were made anew while they were read.
    #[error("the read model of visits was made anew meanwhile: run the export again")]
    MadeAnew,
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The log holds something that cannot be read.
    #[error(transparent)]
    Log(#[from] RecordError),
    /// The file for warehouses could not be written.
    #[error("the file could not be written: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

impl From<serde_json::Error> for ExportError {
    fn from(error: serde_json::Error) -> Self {
        Self::File(error.into())
    }
}

/// How a moment is written.
fn timestamp(moment: chrono::DateTime<chrono::Utc>) -> String {
    moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
