//! `/analytics`: where patients wait, how visits go, and the visits behind each figure.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use tr::tr;

use super::{follow_ups, refusals};
use crate::analytics::facts::{Facts, Measured};
use crate::analytics::journeys;
use crate::analytics::now::now;
use crate::analytics::waits::{Dimension, Figures, Question};
use crate::analytics::{Daybook, Filter, Period, behind};
use crate::hospital::measure_targets::{self, Targets};
use crate::hospital::tenants::Tenant;
use crate::hospital::{branches, departments, people};
use crate::http::desk::{Desk, Failure};
use crate::http::seen::Seen;
use crate::journey::course::Measure;
use crate::journey::ids::{BranchId, DepartmentId, Id, PersonId, VisitId};
use crate::journey::words::{Code, Priority, Role, Station, VisitType, Word};
use crate::language::{Language, speaking};
use crate::live::Topic;
use crate::projections::open::{self, NamedVisit, OpenVisit};
use crate::projections::{statistics, tests};
use crate::screens::analytics::asked::{Asked, LONGEST, Names, Preset, measure_of, only_of};
use crate::screens::analytics::behind::Unfinished;
use crate::screens::analytics::journeys as told;
use crate::screens::analytics::panel::Panel;
use crate::screens::analytics::refused::{Attempts, Who};
use crate::screens::analytics::tiles::{self, Tile};
use crate::screens::analytics::visits::{Listed, Visits, visits as list};
use crate::screens::analytics::{Analytics, Tab, analytics, house, measures, now as now_told, waits};
use crate::screens::layout::{ADMIN, ANALYTICS};

/// How many visits are listed on a page.
pub(super) const LISTED: usize = 200;
/// How many steps of a path are drawn.
const STEPS: usize = 6;

/// What a page needs.
struct Loaded {
    asked: Asked,
    names: Names,
    targets: Targets,
    /// The visits of the period, of the one before, and those of today and the day before.
    days: Vec<Arc<Daybook>>,
    today: Period,
    unfinished: Option<Unfinished>,
}

impl Loaded {
    async fn load(desk: &Desk) -> Result<Self, Failure> {
        let (db, tenant) = (desk.db(), &desk.tenant.id);
        let (asked, names) = asked_for(desk).await?;
        let today = Period::ending(desk.tenant.local_day(desk.now), 2);
        let periods = [asked.period, asked.period.before(), today];
        let days = desk.app.kept.days(db, &desk.tenant, &periods).await?;
        let targets = measure_targets::of_hospital(db, tenant).await?;
        let may_mend = desk.person.holds_any(ADMIN);
        let unfinished = behind(db, tenant).await?.map(|behind| Unfinished { behind, may_mend });
        Ok(Self { asked, names, targets, days, today, unfinished })
    }

    fn question(&self) -> Question<'_> {
        Question { days: &self.days, period: self.asked.period, filter: &self.asked.filter, targets: &self.targets }
    }

    /// The target of the measure that all departments looked at have in common, in seconds.
    fn target(&self) -> Option<i64> {
        let wanted = &self.asked.filter.department;
        let all = self.names.departments.iter().map(|department| department.id.clone());
        let looked_at = all.filter(|id| wanted.as_ref().is_none_or(|wanted| wanted == id));
        self.targets.common(looked_at, self.asked.measure).map(|minutes| minutes * 60)
    }

    async fn now(&self, desk: &Desk) -> Result<Panel, Failure> {
        let (db, tenant, filter) = (desk.db(), &desk.tenant.id, &self.asked.filter);
        let mut there = open::at_stations(db, tenant).await?;
        there.retain(|visit| is_asked_for(filter, visit));
        let backlog = tests::counts(db, tenant).await?;
        let lately = self.question().days_in(self.today);
        let now = now(&there, lately, backlog, (filter, &self.targets), desk.now);
        Ok(now_told::panel(&now, &self.names, &self.asked, self.today))
    }

    async fn waits(&self, desk: &Desk, figures: &Figures) -> Result<Vec<Panel>, Failure> {
        let (question, asked, names) = (self.question(), &self.asked, &self.names);
        let visits = question.visits_in(asked.period);
        let by = |dimension| waits::by(question, names, asked, dimension);
        let by_hour = waits::by_hour(question, asked);
        // Where the hours need the whole width, the narrow panels stand in pairs all the same.
        let now = Panel { wide: by_hour.wide, ..self.now(desk).await? };
        Ok(vec![
            by_hour,
            by(Dimension::Doctor),
            waits::funnel(&journeys::funnel(visits.clone()), &journeys::losses(visits), asked),
            now,
            waits::by_day(question, asked, self.target()),
            measures::panel(figures, asked),
            by(Dimension::Department),
            by(Dimension::Branch),
            by(Dimension::VisitType),
            by(Dimension::Priority),
        ])
    }

    async fn journeys(&self, desk: &Desk) -> Result<Vec<Panel>, Failure> {
        let (db, tenant, question, asked) = (desk.db(), &desk.tenant, self.question(), &self.asked);
        let visits = question.visits_in(asked.period);
        let before = journeys::detours(question.visits_in(asked.period.before()));
        let mut events: house::Events = BTreeMap::new();
        for (day, event, count) in statistics::of_days(db, &tenant.id, asked.period.from, asked.period.to).await? {
            events.entry(day).or_default().insert(event, count);
        }
        let all = Filter::default();
        let happened = journeys::happened(Question { filter: &all, ..question }.visits_in(asked.period));
        let funnel = waits::funnel(&journeys::funnel(visits.clone()), &journeys::losses(visits.clone()), asked);
        Ok(vec![
            told::flows(&journeys::flows(visits.clone(), STEPS), asked),
            told::paths(&journeys::variants(visits.clone()), asked),
            funnel,
            told::detours(&journeys::detours(visits.clone()), &before, asked),
            told::no_shows(&journeys::no_shows(visits.clone()), &self.names, asked),
            follow_ups::panel(desk, &self.asked, &self.names).await?,
            told::reasons(&journeys::reasons(visits.clone()), asked),
            told::revenue(tenant, &journeys::revenue(visits), asked),
            refusals::panel(desk, asked).await?,
            house::events(&events, &happened, asked),
        ])
    }

    /// Lists the longest of a measure behind those already listed, or those furthest past their target.
    async fn listed(
        &self,
        desk: &Desk,
        breaches: bool,
        skipped: usize,
    ) -> Result<(Vec<Listed>, usize, usize), Failure> {
        let (question, asked) = (self.question(), &self.asked);
        // What is no measure's is listed by the whole visit, which every visit has.
        let measure = asked.among.as_ref().map_or(asked.measure, |_| Measure::WholeVisit);
        let is_wanted = |facts: &Facts, span: &Measured| {
            asked.among.as_ref().is_none_or(|only| only.has(facts))
                && asked.hour.is_none_or(|hour| hour == span.hour)
                && asked.weekday.is_none_or(|weekday| weekday == span.weekday)
        };
        let some = skipped..skipped + LISTED;
        let ((all, count), reached) = match breaches {
            true => (question.furthest_over(measure, is_wanted, some), None),
            false => {
                let ended =
                    |facts: &Facts, span: &Measured, _: Option<i64>| span.seconds.is_some() && is_wanted(facts, span);
                let (_, reached) = question.longest(measure, ended, 0..0);
                (question.longest(measure, |facts, span, _| is_wanted(facts, span), some), Some(reached))
            }
        };
        let ids: Vec<_> = all.iter().map(|(facts, ..)| &facts.visit_id).collect();
        let known = named(desk, &ids).await?;
        let listed = all.into_iter().filter_map(|(facts, span, target)| {
            let known = known.get(&facts.visit_id)?;
            Some(Listed {
                visit: facts.visit_id.clone(),
                token: known.token.clone(),
                patient: known.patient_name.clone(),
                department: self.names.of(Dimension::Department, facts.department.as_deref().map(Id::as_str)),
                doctor: self.names.person(span.doctor.as_deref()),
                day: facts.day,
                seconds: span.seconds,
                target,
            })
        });
        Ok((listed.collect(), count, reached.unwrap_or(count)))
    }
}

/// What people know visits by.
pub(super) async fn named(desk: &Desk, visits: &[&VisitId]) -> Result<BTreeMap<VisitId, NamedVisit>, Failure> {
    let mut tx = desk.db().begin_reading().await?;
    let known = open::named(&mut tx, &desk.tenant.id, visits).await?;
    Ok(known.into_iter().map(|visit| (visit.visit_id.clone(), visit)).collect())
}

/// The moments of a period's days.
pub(super) fn moments(tenant: &Tenant, period: Period) -> Range<DateTime<Utc>> {
    tenant.day_bounds(period.from).start..tenant.day_bounds(period.to).end
}

fn is_asked_for(filter: &Filter, visit: &OpenVisit) -> bool {
    fn is<T: PartialEq>(wanted: &Option<T>, found: &Option<T>) -> bool {
        wanted.is_none() || wanted == found
    }
    is(&filter.branch, &visit.branch_id)
        && is(&filter.department, &visit.department_id)
        && is(&filter.doctor, &visit.doctor_id)
        && is(&filter.visit_type, &Some(visit.visit_type))
        && is(&filter.priority, &Some(visit.priority))
}

/// What is asked for by who may ask, and what things are called.
pub(super) async fn asked_for(desk: &Desk) -> Result<(Asked, Names), Failure> {
    desk.needs(ANALYTICS)?;
    let (db, tenant) = (desk.db(), &desk.tenant.id);
    let names = Names {
        branches: branches::list(db, tenant).await?,
        departments: departments::list(db, tenant).await?,
        doctors: people::of_role(db, tenant, Role::Doctor).await?,
        people: people::names(db, tenant).await?,
    };
    Ok((asked(desk), names))
}

/// What the address asks for; what it says that cannot be is left out.
fn asked(desk: &Desk) -> Asked {
    let today = desk.tenant.local_day(desk.now);
    let day = |name| desk.query(name).and_then(|day| day.parse::<NaiveDate>().ok());
    let wanted = day("from").zip(day("to")).filter(|(from, to)| from <= to).map(|(from, to)| Period { from, to });
    let chosen = wanted.map(|wanted| Period::ending(wanted.to, wanted.days().min(LONGEST)));
    let preset = desk.query("period").and_then(Preset::from_word).or(chosen.is_none().then_some(Preset::Week));
    let number = |name| desk.query(name).and_then(|number| number.parse().ok());
    Asked {
        period: preset.map_or_else(|| chosen.unwrap_or(Period::ending(today, 7)), |preset| preset.period(today)),
        preset,
        cut: preset.is_none() && chosen != wanted,
        filter: Filter {
            branch: desk.query("branch").and_then(|id| BranchId::parse(id).ok()),
            department: desk.query("department").and_then(|id| DepartmentId::parse(id).ok()),
            doctor: desk.query("doctor").and_then(|id| PersonId::parse(id).ok()),
            visit_type: desk.query("visitType").and_then(VisitType::from_word),
            priority: desk.query("priority").and_then(Priority::from_word),
        },
        measure: desk.query("measure").and_then(measure_of).unwrap_or(Measure::DoorToDoctor),
        among: only_of(|name| desk.query(name)),
        attempts: Attempts {
            rule: desk.query("rule").and_then(Code::from_word),
            who: desk.query("role").and_then(Who::from_word),
        },
        hour: number("hour").filter(|hour| *hour < 24),
        weekday: number("weekday").filter(|weekday| (1..=7).contains(weekday)),
    }
}

/// Shows where patients wait.
pub async fn show(desk: Desk) -> Result<Response, Failure> {
    let loaded = Loaded::load(&desk).await?;
    // They are looked at once, for the tiles and for the panel.
    let figures = loaded.question().figures();
    let head = tiles::tiles(loaded.question(), &figures, &loaded.asked);
    let panels = loaded.waits(&desk, &figures).await?;
    // Who waits now changes with the boards, and the lab's backlog with each test.
    let desk = desk.live(Station::ALL.iter().copied().map(Topic::Queue).chain([Topic::Lab]));
    page(desk, loaded, Tab::Waits, head, panels).await
}

/// Shows how visits go.
pub async fn journeys_page(desk: Desk) -> Result<Response, Failure> {
    let loaded = Loaded::load(&desk).await?;
    let panels = loaded.journeys(&desk).await?;
    page(desk, loaded, Tab::Journeys, Vec::new(), panels).await
}

async fn page(desk: Desk, loaded: Loaded, tab: Tab, tiles: Vec<Tile>, panels: Vec<Panel>) -> Result<Response, Failure> {
    let Loaded { asked, names, unfinished, .. } = loaded;
    let data = Analytics { tenant: desk.tenant.clone(), tab, asked, names, unfinished, tiles, panels };
    desk.show(tr!("Waits"), Seen::Nothing, None, move || analytics(data)).await
}

/// Lists the visits behind a figure.
pub async fn visits(desk: Desk) -> Result<Response, Failure> {
    listed(desk, false).await
}

/// Lists what took longer than it should.
pub async fn breaches(desk: Desk) -> Result<Response, Failure> {
    listed(desk, true).await
}

/// Which page of a list is asked for, from 1, and how many stand on those before.
pub(super) fn turned(desk: &Desk) -> (usize, usize) {
    let page = desk.query("page").and_then(|page| page.parse::<u32>().ok()).map_or(1, |page| page.max(1) as usize);
    (page, LISTED * (page - 1))
}

async fn listed(desk: Desk, breaches: bool) -> Result<Response, Failure> {
    let loaded = Loaded::load(&desk).await?;
    let (page, skipped) = turned(&desk);
    let (rows, count, reached) = loaded.listed(&desk, breaches, skipped).await?;
    let Loaded { asked, names, unfinished, .. } = loaded;
    let data = Visits { breaches, asked, names, unfinished, listed: rows, count, reached, skipped, page };
    desk.show(tr!("Waits"), Seen::List, None, move || list(data)).await
}

/// What a panel of the waits shows, for a spreadsheet: in English, whoever asks, so that programs can rely on it.
pub async fn waits_csv(Path(file): Path<String>, desk: Desk) -> Result<Response, Failure> {
    let loaded = Loaded::load(&desk).await?;
    let figures = loaded.question().figures();
    csv(&file, speaking(Language::English, loaded.waits(&desk, &figures)).await?)
}

/// What a panel of the journeys shows, for a spreadsheet: in English too.
pub async fn journeys_csv(Path(file): Path<String>, desk: Desk) -> Result<Response, Failure> {
    let loaded = Loaded::load(&desk).await?;
    csv(&file, speaking(Language::English, loaded.journeys(&desk)).await?)
}

fn csv(file: &str, panels: Vec<Panel>) -> Result<Response, Failure> {
    let panel = file.strip_suffix(".csv").and_then(|id| panels.into_iter().find(|panel| panel.id == id));
    let panel = panel.ok_or(Failure::NotFound)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in panel.sheet.masked() {
        // It writes to memory, which does not fail.
        let _ = writer.write_record(row);
    }
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}.csv\"", panel.id)),
    ];
    Ok((headers, writer.into_inner().unwrap_or_default()).into_response())
}
