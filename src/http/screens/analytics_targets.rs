//! `/analytics/targets`: how long things should take at most, and who is sent the digest.

use std::sync::Arc;

use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use tr::tr;

use super::analytics::asked_for;
use crate::hospital::digests::{self, MailAddress};
use crate::hospital::{WriteError, measure_targets};
use crate::http::desk::{Desk, Failure};
use crate::http::form::Values;
use crate::http::seen::Seen;
use crate::journey::schema::FieldProblem;
use crate::record::targets::TargetChange;
use crate::screens::analytics::asked::Names;
use crate::screens::analytics::targets::{TargetsPage, field, targets};
use crate::screens::analytics::waits::measures;
use crate::screens::attempt::Attempt;

/// Shows the targets.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    page(desk, None).await
}

/// Sets targets, or asks for the digest.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    let (_, names) = asked_for(&desk).await?;
    let values = Values(pairs);
    let (recorder, actor) = (&desk.app.recorder, desk.person.actor());
    let done = match values.get("act") {
        Some("targets") => match changes(&desk, &names, &values).await? {
            Ok(changes) => recorder.set_targets(&desk.tenant, &actor, &changes).await,
            Err(problems) => return again(desk, values, problems).await,
        },
        Some("digest") => match values.get("mail").and_then(MailAddress::parse) {
            Some(mail) => recorder.ask_for_digest(&desk.tenant, &actor, Some(&mail)).await,
            None => {
                let problem = "must be one address, such as you@hospital.example";
                return again(desk, values, vec![FieldProblem::new("mail", problem)]).await;
            }
        },
        Some("stop") => recorder.ask_for_digest(&desk.tenant, &actor, None).await,
        _ => return Err(Failure::NotFound),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&desk.path).into_response()),
        Err(WriteError::Database(error)) => Err(error.into()),
        Err(error) => {
            let problem = FieldProblem::new("", error.to_string());
            again(desk, values, vec![problem]).await
        }
    }
}

/// What was typed otherwise than it is.
async fn changes(
    desk: &Desk,
    names: &Names,
    values: &Values,
) -> Result<Result<Vec<TargetChange>, Vec<FieldProblem>>, Failure> {
    let set = measure_targets::list(desk.db(), &desk.tenant.id).await?;
    let (mut changes, mut problems) = (Vec::new(), Vec::new());
    for department in &names.departments {
        for measure in measures() {
            let name = field(&department.id, measure);
            if !values.0.iter().any(|(given, _)| *given == name) {
                continue;
            }
            let before = set.iter().find(|one| one.department_id == department.id && one.measure == measure);
            let before = before.map(|target| target.minutes);
            let after = match values.get(&name).map(str::parse::<i64>) {
                None => None,
                Some(Ok(minutes)) if (1..=measure_targets::LONGEST).contains(&minutes) => Some(minutes),
                Some(_) => {
                    let (max, department) = (measure_targets::LONGEST, &department.name);
                    let problem = format!("must be a number of minutes from 1 to {max} in {department}");
                    problems.push(FieldProblem::new(name, problem));
                    continue;
                }
            };
            if before != after {
                changes.push(TargetChange { department: department.id.clone(), measure, before, after });
            }
        }
    }
    Ok(if problems.is_empty() { Ok(changes) } else { Err(problems) })
}

async fn again(desk: Desk, values: Values, problems: Vec<FieldProblem>) -> Result<Response, Failure> {
    let attempt = desk.mistyped(values, problems);
    page(desk, Some(attempt)).await
}

async fn page(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    let (asked, names) = asked_for(&desk).await?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let readers = digests::list(db, tenant).await?;
    let data = TargetsPage {
        asked,
        names,
        set: measure_targets::list(db, tenant).await?,
        reader: readers.into_iter().find(|reader| reader.person_id == desk.person.id),
        mails: desk.app.channels.mail,
        attempt: attempt.clone(),
    };
    desk.show(tr!("Targets"), Seen::Nothing, attempt, move || targets(data)).await
}
