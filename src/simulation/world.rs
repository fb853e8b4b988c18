//! The hospital as it is at a moment, and what happens in it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::Value;

use super::agenda::Agenda;
use super::cast::{Cast, Shift};
use super::chance::Chance;
use super::desks::Desks;
use super::stay::{Arrival, Sample, Stay, StayId};
use super::{Plan, Round};
use crate::demo::deeds::Deed;
use crate::hospital::tenants::Tenant;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::{FollowUpId, TestId, VisitId};
use crate::journey::money::Money;
use crate::journey::words::Priority;
use crate::record::Wish;

/// What can happen.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A day begins.
    Day(NaiveDate),
    /// Somebody comes in.
    Arrives(Arrival),
    /// Reception is done with somebody.
    Registered { site: usize, desk: usize },
    /// A doctor begins to see patients.
    SessionBegins(usize),
    /// The nurse takes vital signs.
    VitalsTaken(StayId),
    /// Who still waits goes.
    LosesPatience(StayId),
    /// Who still waits will come on another day.
    Reschedules(StayId),
    /// The doctor gives up calling.
    DoesNotAnswer(StayId),
    /// The called patient comes in.
    Enters(StayId),
    /// Who was called in vain is back.
    Returns(StayId),
    /// Who was called in vain will not come.
    IsNoShow(StayId),
    /// The consultation is over.
    Seen(StayId),
    /// The doctor can call the next.
    DoctorFree(usize),
    /// A counter is done with somebody.
    Billed { site: usize, counter: usize },
    /// The rest of a bill is paid.
    PaysRest(StayId),
    /// A desk has the specimens of somebody.
    Collected { site: usize, desk: usize },
    /// A specimen comes to its bench.
    AtBench(Sample),
    /// A specimen is found spoilt.
    Spoilt(Sample),
    /// A test is found impossible.
    Withdrawn(Sample),
    /// What a test cost is given back.
    PaidBack(Sample, Money),
    /// A bench begins a run.
    RunBegins { site: usize, bench: usize },
    /// A run has its results.
    RunEnds { site: usize, bench: usize, samples: Vec<Sample> },
    /// A pathologist is done with results.
    Examined { site: usize, pathologist: usize },
    /// The patient goes home.
    Leaves(StayId),
    /// The patient is reminded of a follow-up.
    Reminded { visit: VisitId, site: usize, follow_up: FollowUpId },
    /// Reports that were left are fetched.
    Fetched { visit: VisitId, site: usize, patient: usize, tests: Vec<TestId> },
}

/// A doctor on a day.
#[derive(Default)]
pub struct Practice {
    /// When the doctor sees patients.
    pub sessions: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// Who waits, the most urgent first, then by place.
    pub line: BTreeSet<(Priority, u64, StayId)>,
    /// Whether the doctor is at work on somebody.
    pub busy: bool,
}

/// Analysers of one kind.
#[derive(Default)]
pub struct Bench {
    /// What waits to be run.
    pub waiting: VecDeque<Sample>,
    /// How many analysers are free.
    pub free: usize,
    /// Whether the next run is planned.
    pub planned: bool,
}

/// A branch at work.
pub struct Branch {
    /// Who registers.
    pub reception: Desks<StayId>,
    /// Who bills.
    pub billing: Desks<StayId>,
    /// Who collects specimens.
    pub collection: Desks<StayId>,
    /// Who reviews results.
    pub pathology: Desks<Sample>,
    /// The analysers, by kind.
    pub benches: [Bench; 4],
}

/// The hospital as it is at a moment.
pub struct World<'w> {
    pub(super) plan: &'w Plan,
    pub(super) tenant: &'w Tenant,
    pub(super) cast: &'w Cast,
    pub(super) chance: Chance,
    pub(super) agenda: Agenda<Happening>,
    pub(super) now: DateTime<Utc>,
    pub(super) stays: Vec<Option<Box<Stay>>>,
    pub(super) practices: Vec<Practice>,
    pub(super) branches: Vec<Branch>,
    /// Whether each patient is in the house.
    pub(super) inside: Vec<bool>,
    /// How many places in lines were given out.
    pub(super) places: u64,
    deeds: Vec<Deed>,
}

impl<'w> World<'w> {
    /// The hospital before its first day.
    pub fn open(plan: &'w Plan, tenant: &'w Tenant, cast: &'w Cast, chance: Chance) -> Self {
        let analysers = |share: u32| {
            let visits = plan.visits_per_day as usize * share as usize / 1000;
            [700, 900, 2000, 1200].map(|per_analyser| Bench { free: visits / per_analyser + 1, ..Bench::default() })
        };
        let branches = cast.sites.iter().map(|site| Branch {
            reception: Desks::new(site.receptionists.len()),
            billing: Desks::new(site.clerks.len()),
            collection: Desks::new(site.technicians.len()),
            pathology: Desks::new(site.pathologists.len()),
            benches: analysers(site.share),
        });
        let mut agenda = Agenda::default();
        let days = (0..u64::from(plan.days)).filter_map(|day| plan.from.checked_add_days(Days::new(day)));
        for day in days {
            agenda.plan(tenant.day_bounds(day).start, Happening::Day(day));
        }
        Self {
            plan,
            tenant,
            cast,
            chance,
            now: tenant.day_bounds(plan.from).start,
            agenda,
            stays: Vec::new(),
            practices: cast.doctors.iter().map(|_| Practice::default()).collect(),
            branches: branches.collect(),
            inside: vec![false; cast.patients().len()],
            places: 0,
            deeds: Vec::new(),
        }
    }

    /// Lives on until something was done and a round is over; none when nothing will happen any more.
    pub fn next_round(&mut self, length: TimeDelta) -> Option<Round> {
        while self.deeds.is_empty() {
            let next = self.agenda.next_at()?;
            let length = length.num_seconds().max(1);
            let end = (next.timestamp().div_euclid(length) + 1) * length;
            let end = DateTime::from_timestamp(end, 0)?;
            while let Some((at, what)) = self.agenda.next_before(end) {
                self.now = at;
                self.happen(what);
            }
            self.now = end;
        }
        Some(Round { end: self.now, visits: self.stays.len() as u64, deeds: std::mem::take(&mut self.deeds) })
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Day(day) => self.begin_day(day),
            Happening::Arrives(arrival) => self.arrive(arrival),
            Happening::Registered { site, desk } => self.registered(site, desk),
            Happening::SessionBegins(doctor) | Happening::DoctorFree(doctor) => {
                if let Some(practice) = self.practices.get_mut(doctor)
                    && matches!(what, Happening::DoctorFree(_))
                {
                    practice.busy = false;
                }
                self.call_next(doctor);
            }
            Happening::VitalsTaken(stay) => self.take_vitals(stay),
            Happening::LosesPatience(stay) => self.lose_patience(stay),
            Happening::Reschedules(stay) => self.reschedule(stay),
            Happening::DoesNotAnswer(stay) => self.skip(stay),
            Happening::Enters(stay) => self.enter(stay),
            Happening::Returns(stay) => self.come_back_to_line(stay),
            Happening::IsNoShow(stay) => self.give_up(stay),
            Happening::Seen(stay) => self.see_out(stay),
            Happening::Billed { site, counter } => self.billed(site, counter),
            Happening::PaysRest(stay) => self.pay_rest(stay),
            Happening::Collected { site, desk } => self.collected(site, desk),
            Happening::AtBench(sample) => self.reach_bench(sample),
            Happening::Spoilt(sample) => self.reject(sample),
            Happening::Withdrawn(sample) => self.withdraw(sample),
            Happening::PaidBack(sample, amount) => self.pay_back(sample, amount),
            Happening::RunBegins { site, bench } => self.begin_run(site, bench),
            Happening::RunEnds { site, bench, samples } => self.end_run(site, bench, samples),
            Happening::Examined { site, pathologist } => self.examined(site, pathologist),
            Happening::Leaves(stay) => self.leave(stay),
            Happening::Reminded { visit, site, follow_up } => self.remind(visit, site, &follow_up),
            Happening::Fetched { visit, site, patient, tests } => self.fetch(&visit, site, patient, &tests),
        }
    }

    /// Plans something for a time from now.
    pub(super) fn after(&mut self, span: TimeDelta, what: Happening) {
        self.agenda.plan(self.now + span, what);
    }

    /// A stay that is not over.
    pub(super) fn stay(&self, stay: StayId) -> Option<&Stay> {
        self.stays.get(stay)?.as_deref()
    }

    /// A stay that is not over, to change it.
    pub(super) fn stay_mut(&mut self, stay: StayId) -> Option<&mut Stay> {
        self.stays.get_mut(stay)?.as_deref_mut()
    }

    /// Somebody does something on a stay, now.
    pub(super) fn log(&mut self, stay: StayId, by: &Arc<Actor>, event: EventType, metadata: Value) {
        self.log_at(stay, by, event, metadata, self.now);
    }

    /// Somebody does something on a stay at about a moment, but not before what was done last.
    pub(super) fn log_at(
        &mut self,
        stay: StayId,
        by: &Arc<Actor>,
        event: EventType,
        metadata: Value,
        at: DateTime<Utc>,
    ) {
        let Some(stay) = self.stays.get_mut(stay).and_then(Option::as_deref_mut) else { return };
        stay.latest = stay.latest.max(at);
        let (visit, site, at) = (stay.visit.clone(), stay.site, stay.latest);
        self.log_on(visit, site, by, event, metadata, at);
    }

    /// Somebody does something on a visit.
    pub(super) fn log_on(
        &mut self,
        visit: VisitId,
        site: usize,
        by: &Arc<Actor>,
        event: EventType,
        metadata: Value,
        at: DateTime<Utc>,
    ) {
        let wish = Wish {
            performed_at: Some(at),
            branch_id: self.cast.sites.get(site).map(|site| site.branch.clone()),
            id: Some(self.chance.id(at)),
            ..Wish::new(Some(visit), event, metadata)
        };
        self.deeds.push(Deed { by: Arc::clone(by), wish });
    }

    /// One of some people.
    pub(super) fn one_of(&mut self, people: &[Arc<Actor>]) -> Arc<Actor> {
        self.chance.one_of(people).unwrap_or(&self.cast.manager).clone()
    }

    /// A receptionist of a branch.
    pub(super) fn receptionist(&mut self, site: usize) -> Arc<Actor> {
        let cast = self.cast;
        self.one_of(cast.sites.get(site).map_or(&[], |site| &site.receptionists))
    }

    /// A clerk of a branch.
    pub(super) fn clerk(&mut self, site: usize) -> Arc<Actor> {
        let cast = self.cast;
        let clerks = cast.sites.get(site).map_or(&[][..], |site| &site.clerks);
        self.chance.one_of(clerks).map_or(&cast.manager, |(clerk, _)| clerk).clone()
    }

    /// A technician of a branch.
    pub(super) fn technician(&mut self, site: usize) -> Arc<Actor> {
        let cast = self.cast;
        let technicians = cast.sites.get(site).map_or(&[][..], |site| &site.technicians);
        self.chance.one_of(technicians).map_or(&cast.manager, |(technician, _)| technician).clone()
    }

    /// When a doctor sees patients on a day.
    pub(super) fn sessions(&mut self, doctor: usize, day: NaiveDate) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let Some(doctor) = self.cast.doctors.get(doctor) else { return Vec::new() };
        let weekday = day.weekday().num_days_from_monday();
        let hours: &[(u32, u32, i64)] = match doctor.shift {
            Shift::Night => &[(18, 30, 840)],
            _ if weekday == doctor.day_off => &[],
            Shift::Split => &[(8, 30, 300), (16, 0, 210)],
            Shift::Day => &[(9, 0, 270), (14, 15, 210)],
        };
        let begin = |(hour, minute, length): &(u32, u32, i64)| {
            let begin = self.tenant.moment(day.and_time(NaiveTime::from_hms_opt(*hour, *minute, 0)?))?;
            Some((begin, begin + TimeDelta::minutes(*length)))
        };
        let sessions: Vec<_> = hours.iter().filter_map(begin).collect();
        // Nobody begins on the minute.
        sessions.into_iter().map(|(begin, end)| (begin + self.chance.minutes(0..=18), end)).collect()
    }
}
