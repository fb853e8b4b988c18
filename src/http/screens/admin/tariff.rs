//! `/admin/tariff`: what is offered for how much.

use std::sync::Arc;

use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use tr::tr;

use super::{chosen, named, names, places, typed};
use crate::hospital::tariff::{self, Analyte, NewTariffEntry, TariffDetails, TariffEntry, TariffKind};
use crate::http::desk::{Desk, Failure, Outcome};
use crate::http::form::{Values, minor_units};
use crate::http::seen::Seen;
use crate::journey::ids::{Id as _, TariffId};
use crate::journey::money::Money;
use crate::journey::schema::FieldProblem;
use crate::journey::words::Word;
use crate::log;
use crate::screens::admin::tariff::{Line, OneEntry, Tariff, one_entry, tariff as tariff_view};
use crate::screens::attempt::Attempt;
use crate::screens::layout::ADMIN;

const PATH: &str = "/admin/tariff";
/// How many lines there are at least for what a test measures.
const ROWS: usize = 3;

/// Shows the tariff.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    list(desk, None).await
}

/// Adds to the tariff.
pub async fn act(desk: Desk, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    match add(&desk, Values(pairs)).await? {
        Ok(response) => Ok(response),
        Err(attempt) => list(desk, Some(attempt)).await,
    }
}

async fn add(desk: &Desk, values: Values) -> Result<Outcome, Failure> {
    let price = match price(&values) {
        Ok(price) => price,
        Err(problem) => return Ok(Err(desk.shown_again(values, vec![problem]))),
    };
    let new = NewTariffEntry {
        code: typed(&values, "code"),
        name: typed(&values, "name"),
        kind: values.get("kind").and_then(TariffKind::from_word).unwrap_or(TariffKind::Test),
        price,
        department_id: chosen(&values, "departmentId"),
        specimen: values.get("specimen").map(str::to_owned),
        analytes: Vec::new(),
        panels: Vec::new(),
    };
    let added = desk.app.recorder.add_to_tariff(&desk.tenant, &desk.person.actor(), new).await;
    desk.written(values, added, PATH, "tariff.added")
}

fn price(values: &Values) -> Result<Money, FieldProblem> {
    let price = values.get("price").and_then(minor_units).map(Money);
    price.ok_or_else(|| FieldProblem::new("price", "must be an amount, such as 500 or 500.50"))
}

async fn list(desk: Desk, attempt: Option<Arc<Attempt>>) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let screen = Tariff {
        tenant: desk.tenant.clone(),
        entries: tariff::all(desk.db(), &desk.tenant.id).await?,
        departments: places(&desk).await?.department_choices(None),
        attempt: attempt.clone(),
    };
    desk.show(tr!("Tariff"), Seen::Nothing, attempt, move || tariff_view(screen)).await
}

/// Shows one entry with its history.
pub async fn show_one(Path(id): Path<String>, desk: Desk) -> Result<Response, Failure> {
    one(desk, &named(&id)?, None, None).await
}

/// Changes one entry.
pub async fn act_on_one(
    Path(id): Path<String>,
    desk: Desk,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let id = named(&id)?;
    let (entry, values) = (entry(&desk, &id).await?, Values(pairs));
    if let Some(draft) = draft(&values) {
        return one(desk, &id, None, Some(draft)).await;
    }
    match change(&desk, &entry, values).await? {
        Ok(response) => Ok(response),
        Err(attempt) => one(desk, &id, Some(attempt), None).await,
    }
}

/// The lines of what a test measures as they were typed, blank ones too.
fn lines(values: &Values) -> Vec<Line> {
    let count = values.get("_rows").and_then(|rows| rows.parse().ok()).unwrap_or_default();
    let line = |number: usize| {
        let field = |name: &str| typed(values, &format!("analytes[{number}].{name}"));
        Line { analyte: field("analyte"), unit: field("unit"), low: field("low"), high: field("high") }
    };
    (0..Analyte::MOST.min(count)).map(line).collect()
}

/// The lines after one was added or taken away; nothing is written by that.
fn draft(values: &Values) -> Option<Vec<Line>> {
    let mut lines = lines(values);
    if values.get("_add").is_some() {
        lines.push(Line::default());
        lines.truncate(Analyte::MOST);
        return Some(lines);
    }
    let number: usize = values.get("_remove")?.parse().ok()?;
    if number < lines.len() {
        lines.remove(number);
    }
    Some(lines)
}

/// What a test measures, as it was typed.
fn analytes(values: &Values) -> Result<Vec<Analyte>, Vec<FieldProblem>> {
    let (mut analytes, mut problems) = (Vec::<Analyte>::new(), Vec::new());
    for (number, line) in lines(values).iter().enumerate().filter(|(_, line)| **line != Line::default()) {
        let mut wrong = |field: &str, problem: String| {
            problems.push(FieldProblem::new(format!("analytes[{number}].{field}"), problem))
        };
        match Analyte::read(&line.analyte, &line.unit, &line.low, &line.high) {
            Ok(read) if analytes.iter().any(|other| other.analyte == read.analyte) => {
                wrong("analyte", "is there already; each is measured once".to_owned());
            }
            Ok(read) => analytes.push(read),
            Err(found) => found.into_iter().for_each(|problem| wrong(problem.field, problem.problem)),
        }
    }
    if problems.is_empty() { Ok(analytes) } else { Err(problems) }
}

async fn entry(desk: &Desk, id: &TariffId) -> Result<TariffEntry, Failure> {
    tariff::by_id(desk.db(), &desk.tenant.id, id).await?.ok_or(Failure::NotFound)
}

async fn change(desk: &Desk, entry: &TariffEntry, values: Values) -> Result<Outcome, Failure> {
    let (recorder, tenant, actor) = (&desk.app.recorder, &desk.tenant, &desk.person.actor());
    let (written, done) = match values.get("_form") {
        Some("details") => match price(&values) {
            Ok(price) => {
                let details = TariffDetails {
                    name: typed(&values, "name"),
                    price,
                    department_id: chosen(&values, "departmentId"),
                    specimen: values.get("specimen").map(str::to_owned),
                    panels: typed(&values, "panels").split(',').map(str::to_owned).collect(),
                };
                (recorder.change_in_tariff(tenant, actor, &entry.id, details).await, "tariff.changed")
            }
            Err(problem) => return Ok(Err(desk.shown_again(values, vec![problem]))),
        },
        Some("analytes") if entry.kind == TariffKind::Test => match analytes(&values) {
            Ok(analytes) => {
                let changed = recorder.change_analytes(tenant, actor, &entry.id, analytes).await;
                (changed, "tariff.analytes_changed")
            }
            Err(problems) => return Ok(Err(desk.shown_again(values, problems))),
        },
        Some("withdraw") => (recorder.offer(tenant, actor, &entry.id, false).await, "tariff.offered"),
        Some("offer") => (recorder.offer(tenant, actor, &entry.id, true).await, "tariff.offered"),
        _ => return Err(Failure::NotFound),
    };
    desk.written(values, written, &desk.path, done)
}

async fn one(
    desk: Desk,
    id: &TariffId,
    attempt: Option<Arc<Attempt>>,
    draft: Option<Vec<Line>>,
) -> Result<Response, Failure> {
    desk.needs(ADMIN)?;
    let entry = entry(&desk, id).await?;
    let refused = attempt.as_ref().map(|attempt| Values(attempt.values.clone()));
    let refused = refused.filter(|values| values.get("_form") == Some("analytes")).map(|values| lines(&values));
    let lines = draft.or(refused).unwrap_or_else(|| {
        let known = entry.analytes.iter().map(Line::from);
        let blank = ROWS.saturating_sub(entry.analytes.len()).max(1);
        known.chain(std::iter::repeat_n(Line::default(), blank)).take(Analyte::MOST).collect()
    });
    let places = places(&desk).await?;
    let departments = places.department_choices(entry.department_id.as_ref());
    let screen = OneEntry {
        tenant: desk.tenant.clone(),
        entry,
        lines,
        events: log::stream(desk.db(), &desk.tenant.id, "tariff", id.as_str()).await?,
        names: names(&desk, &places).await?,
        departments,
        attempt: attempt.clone(),
    };
    desk.show(screen.entry.name.clone(), Seen::Nothing, attempt, move || one_entry(screen)).await
}
