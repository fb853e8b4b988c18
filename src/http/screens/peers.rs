//! A visit beside its like, for its page.

use crate::analytics::figures::Values;
use crate::analytics::{Facts, Filter, Period};
use crate::http::desk::{Desk, Failure};
use crate::journey::course::Measure;
use crate::journey::words::Word;
use crate::projections::measures;
use crate::projections::visits::VisitCard;
use crate::screens::visit::peers::Peers;

/// How many days are looked back.
const DAYS: u64 = 7;

/// The visit's time beside that of visits of its department and kind in the week up to its day; none before it was measured.
pub async fn peers(desk: &Desk, card: &VisitCard) -> Result<Option<Peers>, Failure> {
    let (db, tenant) = (desk.db(), &desk.tenant);
    let Some(row) = measures::of_visit(db, &tenant.id, &card.visit.visit_id).await? else { return Ok(None) };
    let period = Period::ending(row.day, DAYS);
    let days = desk.app.kept.days(db, tenant, &[period]).await?;
    let filter =
        Filter { department: row.department_id.clone(), visit_type: Some(row.visit_type), ..Filter::default() };
    let is_like = |facts: &Facts| filter.visit(facts) && facts.visit_id != row.visit_id;
    let rows = Measure::ALL.iter().map(|measure| {
        let here = row.spans.iter().filter(|span| span.measure == *measure).filter_map(|span| span.seconds).max();
        let mut values = Values::default();
        let all = days.iter().flat_map(|day| day.stretches(*measure));
        for (facts, span) in all.filter(|(facts, _)| is_like(facts)) {
            values.take(&facts.visit_id, span.seconds, None);
        }
        (measure.label(), here, values.figure().median)
    });
    let visits = days.iter().flat_map(|day| day.iter()).filter(|facts| is_like(facts)).count();
    Ok(Some(Peers { visits, rows: rows.collect() }))
}
