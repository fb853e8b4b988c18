//! A visit beside its like, for its page.

use crate::analytics::figures::Values;
use crate::analytics::{Facts, Filter, Period};
use crate::http::desk::{Desk, Failure};
use crate::journey::course::Measure;
use crate::journey::ids::VisitId;
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
        let here = row.spans.iter().filter(|span| span.measure == *measure).filter_map(|span| span.seconds);
        let here = here.reduce(|sum, seconds| sum + seconds);
        let all = days.iter().flat_map(|day| day.stretches(*measure)).filter(|(facts, _)| is_like(facts));
        // Those of a visit stand one after another.
        let mut sums: Vec<(&VisitId, i64)> = Vec::new();
        for (facts, seconds) in all.filter_map(|(facts, span)| Some((facts, span.seconds?))) {
            match sums.last_mut() {
                Some((visit, sum)) if **visit == facts.visit_id => *sum += seconds,
                _ => sums.push((&facts.visit_id, seconds)),
            }
        }
        let mut values = Values::default();
        for (visit, seconds) in sums {
            values.take(visit, Some(seconds), None);
        }
        (measure.label(), here, values.figure().median)
    });
    let visits = days.iter().flat_map(|day| day.iter()).filter(|facts| is_like(facts)).count();
    Ok(Some(Peers { visits, rows: rows.collect() }))
}
