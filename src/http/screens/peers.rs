//! A visit beside its like, for its page.

use chrono::{DateTime, TimeDelta, Utc};

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
        let here = row.spans.iter().filter(|span| span.measure == *measure);
        let here: Vec<_> = here.filter_map(|span| stretch(span.until, span.seconds)).collect();
        let here = (!here.is_empty()).then(|| together(here));
        let all = days.iter().flat_map(|day| day.stretches(*measure)).filter(|(facts, _)| is_like(facts));
        // Those of a visit stand one after another.
        let mut visits: Vec<(&VisitId, Vec<Stretch>)> = Vec::new();
        for (facts, stretch) in all.filter_map(|(facts, span)| Some((facts, stretch(span.until, span.seconds)?))) {
            match visits.last_mut() {
                Some((visit, known)) if **visit == facts.visit_id => known.push(stretch),
                _ => visits.push((&facts.visit_id, vec![stretch])),
            }
        }
        let mut values = Values::default();
        for (visit, stretches) in visits {
            values.take(visit, Some(together(stretches)), None);
        }
        (measure.label(), here, values.figure().median)
    });
    let visits = days.iter().flat_map(|day| day.iter()).filter(|facts| is_like(facts)).count();
    Ok(Some(Peers { visits, rows: rows.collect() }))
}

/// From when until when.
type Stretch = [DateTime<Utc>; 2];

/// The time that was measured up to an end; of a wait, as if nobody had been away.
fn stretch(until: Option<DateTime<Utc>>, seconds: Option<i64>) -> Option<Stretch> {
    let until = until?;
    Some([until - TimeDelta::seconds(seconds?), until])
}

/// How long all of it took, in seconds; what went on at the same time, as tests that were ordered at once do, is counted once.
fn together(mut stretches: Vec<Stretch>) -> i64 {
    stretches.sort_unstable();
    let (mut sum, mut reached) = (TimeDelta::zero(), DateTime::<Utc>::MIN_UTC);
    for [from, until] in stretches {
        sum += (until - from.max(reached)).max(TimeDelta::zero());
        reached = reached.max(until);
    }
    sum.num_seconds()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_side_by_side_is_counted_once() {
        let minute = |minute: i64| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let minutes = |stretches: &[[i64; 2]]| together(stretches.iter().map(|both| both.map(minute)).collect()) / 60;
        assert_eq!(minutes(&[[0, 60], [0, 60], [0, 60]]), 60, "three tests of one order");
        assert_eq!(minutes(&[[30, 90], [0, 60], [40, 50]]), 90, "one overlaps, one lies within");
        assert_eq!(minutes(&[[50, 60], [0, 20]]), 30, "two waits");
        assert_eq!(minutes(&[]), 0);
    }
}
