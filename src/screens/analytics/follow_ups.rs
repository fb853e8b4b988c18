//! The panel of follow-ups: who came again, and who did not.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use tr::tr;

use super::asked::{Asked, Names, grouped};
use super::charts::{Chart, Count};
use super::journeys::ROWS;
use super::panel::{Cell, Listed, Panel, Sheet};
use super::visits::{meaning, turning};
use super::{Tab, head};
use crate::analytics::figures::share;
use crate::analytics::waits::Dimension;
use crate::hospital::tenants::Tenant;
use crate::journey::ids::{Id as _, PersonId};
use crate::journey::words::Phase;
use crate::language;
use crate::projections::follow_ups::{Became, FollowUpCard};
use crate::screens::icon::Icon;
use crate::screens::parts::Column::Words;
use crate::screens::parts::{empty, table};

/// Follow-ups as they are counted: kept, missed, still to come.
#[derive(Clone, Copy, Default)]
struct Counted {
    due: usize,
    kept: usize,
    missed: usize,
    to_come: usize,
}

impl Counted {
    fn of(became: &Became) -> Self {
        let [due, kept, missed, to_come] = [became.due, became.kept, became.missed(), became.to_come]
            .map(|count| usize::try_from(count).unwrap_or_default());
        Self { due, kept, missed, to_come }
    }

    fn all(rows: &[Became]) -> Self {
        rows.iter().map(Self::of).fold(Self::default(), |sum, one| Self {
            due: sum.due + one.due,
            kept: sum.kept + one.kept,
            missed: sum.missed + one.missed,
            to_come: sum.to_come + one.to_come,
        })
    }

    /// The share kept of those that can no longer be kept otherwise.
    fn share(self) -> Option<f64> {
        share(self.kept, self.kept + self.missed)
    }
}

/// Which follow-ups were kept, beside those of the period before.
pub fn panel(now: &[Became], before: &[Became], names: &Names, asked: &Asked) -> Panel {
    let mut doctors: Vec<_> = now.iter().map(|became| (became.doctor_id.as_ref(), Counted::of(became))).collect();
    doctors.sort_by_key(|(_, counted)| Reverse((counted.missed, counted.due)));
    let mut sheet = Sheet::new([
        tr!("doctor"),
        tr!("fell due"),
        tr!("kept"),
        tr!("missed"),
        tr!("still to come"),
        tr!("share kept"),
        tr!("fell due before"),
        tr!("share kept before"),
    ]);
    // What was planned with nobody cannot be asked for.
    let href = |doctor: Option<&PersonId>| {
        let doctor = doctor?.as_str();
        Some(asked.of_kind(Dimension::Doctor, Some(doctor)).address("/analytics/follow-ups"))
    };
    for (doctor, counted) in &doctors {
        let earlier = before.iter().find(|became| became.doctor_id.as_ref() == *doctor);
        let earlier = earlier.map(Counted::of).unwrap_or_default();
        sheet.row([
            Cell::Text(names.person(*doctor)),
            Cell::count(counted.due).linked_if(href(*doctor)),
            Cell::count(counted.kept),
            Cell::count(counted.missed),
            Cell::count(counted.to_come),
            Cell::share(counted.kept, counted.kept + counted.missed),
            Cell::count(earlier.due),
            Cell::share(earlier.kept, earlier.kept + earlier.missed),
        ]);
    }
    let (all, earlier) = (Counted::all(now), Counted::all(before));
    let finding = match (all.due, earlier.share()) {
        (0, _) => tr!("No follow-up fell due in this period."),
        (due, None) => tr!(
            "Of {due} that fell due: {kept} kept, {missed} missed, {to_come} still to come.",
            due = grouped(due),
            kept = grouped(all.kept),
            missed = grouped(all.missed),
            to_come = grouped(all.to_come)
        ),
        (due, Some(before)) => tr!(
            "Of {due} that fell due: {kept} kept, {missed} missed, {to_come} still to come (before: {before} % kept).",
            due = grouped(due),
            kept = grouped(all.kept),
            missed = grouped(all.missed),
            to_come = grouped(all.to_come),
            before = format!("{before:.0}")
        ),
    };
    let counts = doctors.iter().filter(|(_, counted)| counted.missed > 0).take(ROWS).map(|(doctor, counted)| Count {
        name: names.person(*doctor),
        count: counted.missed,
        note: counted.share().map(|share| tr!("{share} % kept", share = format!("{share:.0}"))).unwrap_or_default(),
        href: href(*doctor),
    });
    let counts: Vec<_> = counts.collect();
    Panel {
        id: "follow-ups",
        title: tr!("Follow-ups missed, by doctor"),
        finding,
        chart: if counts.is_empty() { Chart::Nothing } else { Chart::Counts(Phase::Leave, counts) },
        sheet,
        definition: definition(),
        listed: Listed::FollowUps(asked.address("/analytics/follow-ups")),
        wide: false,
    }
}

/// What the counts mean.
fn definition() -> String {
    tr!(
        "Follow-ups by the day on which they fell due and the doctor they were planned with, narrowed by the visit they were \
        planned on. Kept is what a later visit answered; missed, what none did by the end of its day. The share is of the two."
    )
}

/// The follow-ups that fell due.
pub struct Due {
    /// The hospital.
    pub tenant: Tenant,
    /// What the address asks for.
    pub asked: Asked,
    /// What things are called.
    pub names: Names,
    /// How many there are.
    pub count: i64,
    /// Some of them, in the order in which they fell due.
    pub listed: Vec<FollowUpCard>,
    /// When today began: what fell due since may still be kept.
    pub today: DateTime<Utc>,
    /// How many are on the pages before.
    pub skipped: usize,
    /// Which page of them this is, from 1.
    pub page: usize,
}

/// Lists them.
pub fn list(page: Due) -> impl IntoView {
    let Due { tenant, asked, names, count, listed, today, skipped, page } = page;
    let (all, shown) = (usize::try_from(count).unwrap_or_default(), skipped + listed.len());
    let rows = listed.iter().map(|card| {
        let follow_up = &card.follow_up;
        let became = match &follow_up.answered_by {
            Some(visit) => view! { <a href=format!("/visits/{visit}")>{tr!("kept")}</a> }.into_any(),
            None if follow_up.due_at >= today => tr!("still to come").into_any(),
            None => tr!("missed").into_any(),
        };
        view! {
            <tr>
                <th scope="row"><a href=format!("/visits/{}", follow_up.visit_id)>{card.patient_name.clone()}</a></th>
                <td>{names.person(follow_up.doctor_id.as_ref())}</td>
                <td>{language::date(tenant.local_day(follow_up.due_at), "%a %-d %b")}</td>
                <td>{became}</td>
            </tr>
        }
        .into_any()
    });
    let rows = rows.collect_view();
    let table = if listed.is_empty() {
        empty(Icon::CircleCheck, tr!("None"), tr!("No follow-up fell due in this period."))
    } else {
        table(
            "listed",
            [Words(tr!("Patient")), Words(tr!("Doctor")), Words(tr!("Fell due")), Words(tr!("What became of it"))],
            rows,
        )
    };
    view! {
        <main class="page stack analytics" id="main">
            {head(tr!("Follow-ups that fell due"), Tab::FollowUps, &asked, &names)}
            <section class="card card-flush" aria-labelledby="listed">
                <div class="card-head">
                    <h2 id="listed">{tr!("Follow-ups")}</h2>
                    <p class="secondary">{grouped(all)}</p>
                </div>
                {table} {turning(&asked, Tab::FollowUps, page, shown < all)} {meaning(definition())}
            </section>
        </main>
    }
}
