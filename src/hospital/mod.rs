//! The hospital: everything that is not a visit. One file per resource, its SQL beside the function that runs it.
//!
//! Every query is handed a tenant. Three cannot be, for with them the tenant becomes known: a sign-in name, a session's id and a token.

pub mod bookings;
pub mod branches;
pub mod clinics;
pub mod demo;
mod demo_tariff;
pub mod departments;
pub mod digests;
pub mod document_shares;
pub mod documents;
pub mod event_types;
pub mod measure_targets;
mod own_types;
pub mod passphrase;
pub mod patient_requests;
pub mod patient_search;
mod patient_spelling;
pub mod patients;
pub mod people;
pub mod reader;
pub mod references;
pub mod rooms;
pub mod sessions;
pub mod sign_in_names;
pub mod tariff;
pub mod tenants;
pub mod tokens;
pub mod whole;

use std::fmt;

use sha2::{Digest, Sha256};

use crate::db::Tx;
use crate::journey::ids::TenantId;
use crate::on;

/// What is wrong with one field of what was typed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The field, by its name on the wire.
    pub field: &'static str,
    /// What is wrong with it, to stand after the field's name.
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.problem)
    }
}

/// Why something of the hospital was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// What was typed cannot be; one problem for each field.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Problem>),
    /// Something else already bears this name, code or number.
    #[error("{field} {value:?} is already in use")]
    Taken {
        /// The field, by its name on the wire.
        field: &'static str,
        /// What was asked for.
        value: String,
    },
    /// The hospital has nothing by this id.
    #[error("{0} names nothing in this hospital")]
    UnknownReference(&'static str),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Turns the breach of a unique constraint into the domain's word for it.
///
/// PostgreSQL names the constraint (`table_column`), SQLite the column (`table.column`).
fn or_taken<T>(
    written: sqlx::Result<T>,
    (table, column): (&str, &str),
    field: &'static str,
    value: &str,
) -> Result<T, WriteError> {
    written.map_err(|error| {
        let taken = error.as_database_error().is_some_and(|error| {
            error.is_unique_violation()
                && (error.constraint() == Some(&format!("{table}_{column}"))
                    || error.message().ends_with(&format!("{table}.{column}")))
        });
        if taken { WriteError::Taken { field, value: value.to_owned() } } else { error.into() }
    })
}

/// Whether a query for a tenant and an id finds a row.
async fn finds(tx: &mut Tx, sql: &'static str, tenant: &TenantId, id: &str) -> sqlx::Result<bool> {
    on!(tx, connection => {
        sqlx::query_scalar::<_, i64>(sql).bind(tenant).bind(id).fetch_optional(&mut **connection).await
    })
    .map(|row| row.is_some())
}

/// A line of text as it is kept: trimmed, not empty, of bounded length, and nothing in it that cannot be seen.
fn line(field: &'static str, text: &str, longest: usize) -> Result<String, Problem> {
    let text = text.trim();
    let problem = |problem: String| Err(Problem { field, problem });
    let length = text.chars().count();
    if length == 0 {
        problem("must not be empty".to_owned())
    } else if length > longest {
        problem(format!("must have at most {longest} characters, and has {length}"))
    } else if text.chars().any(is_unseen) {
        problem("must not contain control characters".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// Whether a character is invisible and changes how others are read: controls, and marks that turn the writing direction.
fn is_unseen(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The SHA-256 under which a secret is kept.
fn digest(secret: &[u8]) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_is_trimmed_and_bounded() {
        assert_eq!(line("name", "  Asha Rao ", 200), Ok("Asha Rao".to_owned()));
        assert_eq!(line("name", &"å".repeat(200), 200).map(|text| text.len()), Ok(400));
        for bad in ["", "   ", "a\0b", "a\nb", "a\u{202E}b", &"x".repeat(201)] {
            assert_eq!(line("name", bad, 200).map_err(|problem| problem.field), Err("name"), "{bad:?}");
        }
    }
}
