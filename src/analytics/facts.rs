//! What is known of a visit, and which visits are asked for.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::hospital::tenants::Tenant;
use crate::journey::course::{Measure, Span, path};
use crate::journey::events::EventType;
use crate::journey::ids::*;
use crate::journey::money::Money;
use crate::journey::words::{Outcome, Priority, VisitType};
use crate::projections::measures::{MeasuresRow, calendar};

/// A visit, as small as it can be kept.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Which visit.
    pub visit_id: VisitId,
    /// Where it was registered.
    pub branch: Option<Arc<BranchId>>,
    /// The department first visited.
    pub department: Option<Arc<DepartmentId>>,
    /// The doctor waited for or assigned.
    pub doctor: Option<Arc<PersonId>>,
    /// What kind of visit it is.
    pub visit_type: VisitType,
    /// How urgent it is.
    pub priority: Priority,
    /// The day of its registration.
    pub day: NaiveDate,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why it ended otherwise than completed.
    pub reason: Option<Arc<String>>,
    /// What happened.
    pub path: Arc<Vec<EventType>>,
    /// How many results were sent back to be made again.
    pub repeats: u32,
    /// How long the patient waited in all, in seconds.
    pub waited: i64,
    /// What was paid.
    pub taken: Money,
    /// What of it was given back.
    pub refunded: Money,
    /// What is still to be paid.
    pub due: Money,
    /// Whether the patient came for a doctor and entered no room.
    pub unseen: bool,
    /// From registration to the outcome, in seconds.
    pub whole: Option<i64>,
}

/// A stretch of a visit that is measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The hour in which it began.
    pub hour: u8,
    /// The weekday on which it began; 1 is Monday.
    pub weekday: u8,
    /// The doctor concerned.
    pub doctor: Option<Arc<PersonId>>,
    /// When it ended.
    pub until: Option<DateTime<Utc>>,
    /// How long; none when its end was not reached.
    pub seconds: Option<i64>,
}

/// Things of which many visits have the same, each kept once.
#[derive(Debug, Default)]
pub struct Shared {
    branches: HashSet<Arc<BranchId>>,
    departments: HashSet<Arc<DepartmentId>>,
    people: HashSet<Arc<PersonId>>,
    reasons: HashSet<Arc<String>>,
    paths: HashSet<Arc<Vec<EventType>>>,
}

fn shared<T: Eq + Hash>(known: &mut HashSet<Arc<T>>, thing: T) -> Arc<T> {
    if let Some(known) = known.get(&thing) {
        return Arc::clone(known);
    }
    let thing = Arc::new(thing);
    known.insert(Arc::clone(&thing));
    thing
}

impl Measured {
    /// Takes what is needed out of a stretch.
    pub fn new(tenant: &Tenant, span: Span, with: &mut Shared) -> Self {
        let (_, hour, weekday) = calendar(tenant, span.from);
        Self {
            hour: hour as u8,
            weekday: weekday as u8,
            doctor: span.doctor.map(|doctor| shared(&mut with.people, doctor)),
            until: span.until,
            seconds: span.seconds,
        }
    }
}

impl Facts {
    /// Takes what is needed out of a row.
    pub fn new(row: &MeasuresRow, with: &mut Shared) -> Self {
        let missed = |span: &Span| span.measure == Measure::DoorToDoctor && span.seconds.is_none();
        Self {
            visit_id: row.visit_id.clone(),
            branch: row.branch_id.clone().map(|branch| shared(&mut with.branches, branch)),
            department: row.department_id.clone().map(|department| shared(&mut with.departments, department)),
            doctor: row.doctor_id.clone().map(|doctor| shared(&mut with.people, doctor)),
            visit_type: row.visit_type,
            priority: row.priority,
            day: row.day,
            outcome: row.outcome,
            reason: row.reason.clone().map(|reason| shared(&mut with.reasons, reason)),
            path: shared(&mut with.paths, path(&row.path)),
            repeats: row.repeats.unsigned_abs(),
            waited: row.waiting,
            taken: row.taken,
            refunded: row.refunded,
            due: row.due,
            unseen: row.spans.iter().any(missed),
            whole: row.whole_visit,
        }
    }

    /// Whether something happened on the visit.
    pub fn had(&self, event: EventType) -> bool {
        self.path.contains(&event)
    }
}

/// Days from one to another, both included; visits belong to the day of their registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

impl Period {
    /// So many days up to one.
    pub fn ending(to: NaiveDate, days: u64) -> Self {
        Self { from: to.checked_sub_days(Days::new(days.saturating_sub(1))).unwrap_or(to), to }
    }

    /// How many days it has.
    pub fn days(self) -> u64 {
        ((self.to - self.from).num_days() + 1).max(1).unsigned_abs()
    }

    /// As many days, just before.
    pub fn before(self) -> Self {
        Self::ending(self.from.pred_opt().unwrap_or(self.from), self.days())
    }

    /// Whether a day is among them.
    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }

    /// Each of them.
    pub fn each(self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take_while(move |day| *day <= self.to)
    }
}

/// Which visits are asked for; what is none asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of one branch.
    pub branch: Option<BranchId>,
    /// Of one department.
    pub department: Option<DepartmentId>,
    /// Of one doctor.
    pub doctor: Option<PersonId>,
    /// Of one kind.
    pub visit_type: Option<VisitType>,
    /// Of one urgency.
    pub priority: Option<Priority>,
}

fn is<T: PartialEq>(wanted: &Option<T>, found: Option<&T>) -> bool {
    wanted.as_ref().is_none_or(|wanted| found == Some(wanted))
}

impl Filter {
    /// Whether a visit is asked for, whoever its doctor is.
    fn lets_through(&self, facts: &Facts) -> bool {
        is(&self.branch, facts.branch.as_deref())
            && is(&self.department, facts.department.as_deref())
            && is(&self.visit_type, Some(&facts.visit_type))
            && is(&self.priority, Some(&facts.priority))
    }

    /// Whether a visit is asked for.
    pub fn visit(&self, facts: &Facts) -> bool {
        self.lets_through(facts) && is(&self.doctor, facts.doctor.as_deref())
    }

    /// Whether a stretch of a visit is asked for: one of the doctor who is.
    pub fn stretch(&self, facts: &Facts, measured: &Measured) -> bool {
        self.lets_through(facts) && is(&self.doctor, measured.doctor.as_deref())
    }
}
