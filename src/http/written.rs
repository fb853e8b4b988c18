//! What becomes of a form that changes the hospital itself: written, or shown again with what is wrong.

use std::sync::Arc;

use axum::response::{IntoResponse, Redirect, Response};

use super::desk::{Desk, Failure, Outcome};
use super::form::Values;
use crate::hospital::WriteError;
use crate::journey::schema::FieldProblem;
use crate::screens::attempt::Attempt;

impl Desk {
    /// After a form is written, back to an address that says what was done; otherwise the attempt, to be shown again.
    pub fn written<T>(
        &self,
        values: Values,
        written: Result<T, WriteError>,
        then: &str,
        done: &'static str,
    ) -> Result<Outcome, Failure> {
        let problems = match written {
            Ok(_) => return Ok(Ok(done_at(then, done))),
            Err(WriteError::Database(error)) => return Err(error.into()),
            Err(error) => problems(error),
        };
        Ok(Err(self.shown_again(values, problems)))
    }

    /// A form to be shown again; what is secret is not.
    pub fn shown_again(&self, mut values: Values, problems: Vec<FieldProblem>) -> Arc<Attempt> {
        values.0.retain(|(name, _)| name != "passphrase");
        self.mistyped(values, problems)
    }
}

/// On to an address, which then says what was done.
pub fn done_at(address: &str, done: &'static str) -> Response {
    let join = if address.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{address}{join}done={done}")).into_response()
}

/// What is wrong, field by field.
pub fn problems(error: WriteError) -> Vec<FieldProblem> {
    match error {
        WriteError::Invalid(problems) => {
            problems.into_iter().map(|problem| FieldProblem::new(problem.field, problem.problem)).collect()
        }
        WriteError::Taken { field, value } => {
            vec![FieldProblem::new(field, format!("{value} is in use already; choose another"))]
        }
        WriteError::UnknownReference(field) => vec![FieldProblem::new(field, "is not of this hospital")],
        WriteError::Database(error) => vec![FieldProblem::new("", error.to_string())],
    }
}
