//! Who works in the simulated hospital, what it offers and who may come: the demo hospital, as large as its visits need, drawn by
//! the seed.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::Plan;
use super::chance::Chance;
use crate::hospital::branches::Branch;
use crate::hospital::demo::{self, BRANCHES, DemoPerson, EAST_DEPARTMENTS, MAIN_DEPARTMENTS, PATIENTS};
use crate::hospital::departments::Department;
use crate::hospital::patients::Patient;
use crate::hospital::people::Person;
use crate::hospital::rooms::{Room, RoomKind};
use crate::hospital::sign_in_names::SignInName;
use crate::hospital::tariff::TariffEntry;
use crate::hospital::whole::Whole;
use crate::journey::decide::Actor;
use crate::journey::ids::{BranchId, DepartmentId, RoomId};
use crate::journey::words::{ActorType, Role};

/// How many of a thousand visits each department has: its token prefix, and the branch it belongs to.
const SHARES: [(&str, usize, u32); 5] = [("C", 0, 300), ("P", 0, 170), ("O", 0, 160), ("K", 0, 120), ("F", 1, 250)];

/// How many visits a day one person serves, of each branch at its busiest hour.
const PER_RECEPTIONIST: usize = 190;
const PER_NURSE: usize = 150;
const PER_CLERK: usize = 265;
const PER_TECHNICIAN: usize = 350;
const PER_PATHOLOGIST: usize = 420;
const PER_DOCTOR: usize = 40;
const PER_NIGHT_DOCTOR: usize = 550;

/// How often one patient comes, on average, in so many days.
const DAYS_BETWEEN_VISITS: u32 = 9;

/// A branch with its people.
pub struct Site {
    /// Which branch.
    pub branch: BranchId,
    /// How many of a thousand visits it has.
    pub share: u32,
    /// Who registers.
    pub receptionists: Vec<Arc<Actor>>,
    /// Who takes vital signs.
    pub nurses: Vec<Arc<Actor>>,
    /// Who bills, each at a counter.
    pub clerks: Vec<(Arc<Actor>, String)>,
    /// Who collects specimens and runs tests, each at a place of collection.
    pub technicians: Vec<(Arc<Actor>, String)>,
    /// Who reviews and approves.
    pub pathologists: Vec<Arc<Actor>>,
}

/// A department in which patients are seen.
pub struct Ward {
    /// Its id.
    pub id: DepartmentId,
    /// Its token prefix.
    pub prefix: &'static str,
    /// Its branch.
    pub site: usize,
    /// How many of a thousand visits it has.
    pub share: u32,
}

/// When a doctor works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// In the morning and in the evening.
    Split,
    /// From morning till late in the afternoon.
    Day,
    /// From evening till morning, every night.
    Night,
}

/// A doctor.
pub struct Doctor {
    /// Who.
    pub actor: Arc<Actor>,
    /// Of which department.
    pub ward: usize,
    /// Where.
    pub room: RoomId,
    /// When.
    pub shift: Shift,
    /// How long a patient takes, beside the usual.
    pub pace: f64,
    /// The day of the week that is free, from Monday.
    pub day_off: u32,
}

/// Everybody, and everything they work with.
pub struct Cast {
    /// The hospital, to be founded.
    pub whole: Whole,
    /// The branches.
    pub sites: Vec<Site>,
    /// The departments in which patients are seen.
    pub wards: Vec<Ward>,
    /// The departments of the laboratories, by branch.
    pub laboratories: Vec<DepartmentId>,
    /// The doctors.
    pub doctors: Vec<Doctor>,
    /// Who gives money back.
    pub manager: Arc<Actor>,
}

impl Cast {
    /// Draws a hospital as large as the plan needs, founded at a moment.
    pub fn draw(plan: &Plan, founded: DateTime<Utc>, chance: &mut Chance) -> Self {
        let mut hiring = Hiring { founded, chance, whole: empty() };
        for (name, code) in BRANCHES {
            let id = hiring.chance.id(founded);
            hiring.whole.branches.push(Branch { id, name: name.to_owned(), code: code.to_owned() });
        }
        hiring.add_departments();
        let laboratories = ["L", "E"].into_iter().filter_map(|prefix| hiring.department(prefix)).collect();
        let wards: Vec<Ward> = SHARES
            .into_iter()
            .filter_map(|(prefix, site, share)| Some(Ward { id: hiring.department(prefix)?, prefix, site, share }))
            .collect();
        let manager = hiring.demo_people(Role::Manager, None).into_iter().next();
        let manager =
            manager.unwrap_or_else(|| hiring.hire("Manager".to_owned(), None, Role::Manager, Home::default()));
        hiring.demo_people(Role::Auditor, None);
        hiring.demo_people(Role::Admin, None);
        let visits = plan.visits_per_day as usize;
        let sites = (0..BRANCHES.len()).map(|site| hiring.site(site, visits, &wards)).collect();
        let doctors = wards.iter().enumerate().flat_map(|(index, ward)| hiring.doctors(index, ward, visits)).collect();
        hiring.add_tariff();
        hiring.add_patients(plan);
        Self { whole: hiring.whole, sites, wards, laboratories, doctors, manager }
    }

    /// The patients.
    pub fn patients(&self) -> &[Patient] {
        &self.whole.patients
    }

    /// The entry of the tariff with a code.
    pub fn entry(&self, code: &str) -> Option<&TariffEntry> {
        self.whole.tariff.iter().find(|entry| entry.code == code)
    }

    /// What a consultation in a department is charged by.
    pub fn consultation(&self, department: &DepartmentId) -> Option<&TariffEntry> {
        self.whole.tariff.iter().find(|entry| entry.department_id.as_ref() == Some(department))
    }
}

fn empty() -> Whole {
    let (branches, departments, rooms, people, tariff, patients) = Default::default();
    Whole { branches, departments, rooms, people, passphrase: None, tariff, patients }
}

/// How many people serve so many of a thousand visits.
fn needed(visits: usize, share: u32, per_person: usize) -> usize {
    (visits * share as usize).div_ceil(1000 * per_person).max(1)
}

/// Where somebody works.
#[derive(Default)]
struct Home {
    branch: Option<BranchId>,
    department: Option<DepartmentId>,
    room: Option<RoomId>,
}

/// A hospital that is being drawn.
struct Hiring<'c> {
    founded: DateTime<Utc>,
    chance: &'c mut Chance,
    whole: Whole,
}

impl Hiring<'_> {
    fn branch(&self, site: usize) -> Option<BranchId> {
        self.whole.branches.get(site).map(|branch| branch.id.clone())
    }

    fn department(&self, prefix: &str) -> Option<DepartmentId> {
        let found = self.whole.departments.iter().find(|department| department.token_prefix == prefix);
        found.map(|department| department.id.clone())
    }

    fn add_departments(&mut self) {
        for (site, departments) in [MAIN_DEPARTMENTS, EAST_DEPARTMENTS].into_iter().enumerate() {
            for (name, prefix, target_minutes) in departments {
                let Some(branch_id) = self.branch(site) else { continue };
                self.whole.departments.push(Department {
                    id: self.chance.id(self.founded),
                    branch_id,
                    name: (*name).to_owned(),
                    token_prefix: (*prefix).to_owned(),
                    target_minutes: *target_minutes,
                    closed_at: None,
                });
            }
        }
    }

    fn add_room(&mut self, site: usize, department: Option<&DepartmentId>, name: &str, kind: RoomKind) -> RoomId {
        let id: RoomId = self.chance.id(self.founded);
        if let Some(branch_id) = self.branch(site) {
            let (department_id, name) = (department.cloned(), name.to_owned());
            self.whole.rooms.push(Room { id: id.clone(), branch_id, department_id, name, kind, closed_at: None });
        }
        id
    }

    fn hire(&mut self, name: String, sign_in_name: Option<SignInName>, role: Role, home: Home) -> Arc<Actor> {
        let person = Person {
            id: self.chance.id(self.founded),
            sign_in_name,
            name,
            actor_type: ActorType::Human,
            branch_id: home.branch,
            department_id: home.department,
            room_id: home.room,
            active: true,
            roles: [role].into_iter().collect(),
        };
        let actor = Arc::new(person.actor());
        self.whole.people.push(person);
        actor
    }

    /// A name, put together of those that the demo's patients bear.
    fn name(&mut self) -> (String, usize) {
        let (given, family) = (self.chance.number(0..=87) as usize, self.chance.number(0..=87) as usize);
        let word = |index: usize, word: usize| {
            let (name, ..) = PATIENTS[index % PATIENTS.len()];
            name.split(' ').nth(word).unwrap_or(name)
        };
        (format!("{} {}", word(given, 0), word(family, 1)), given % PATIENTS.len())
    }

    /// Those of the demo's people who hold a role, and whose department is this when they are in one.
    fn demo_people(&mut self, role: Role, prefix: Option<&str>) -> Vec<Arc<Actor>> {
        let fits = |person: &&DemoPerson| person.role == role && person.place.map(|(own, _)| own) == prefix;
        let hired: Vec<&DemoPerson> = demo::PEOPLE.iter().filter(fits).collect();
        let home = |hiring: &Self| Home { branch: hiring.branch(0), ..Home::default() };
        hired
            .into_iter()
            .map(|person| {
                let home = home(self);
                self.hire(person.name.to_owned(), SignInName::parse(person.sign_in_name), role, home)
            })
            .collect()
    }

    /// So many people of a role at a branch; the first of the main branch are the demo's.
    fn staff(&mut self, site: usize, role: Role, many: usize) -> Vec<Arc<Actor>> {
        let mut staff = if site == 0 { self.demo_people(role, None) } else { Vec::new() };
        while staff.len() < many {
            let (name, _) = self.name();
            let home = Home { branch: self.branch(site), ..Home::default() };
            staff.push(self.hire(name, None, role, home));
        }
        staff
    }

    fn site(&mut self, site: usize, visits: usize, wards: &[Ward]) -> Site {
        let share = wards.iter().filter(|ward| ward.site == site).map(|ward| ward.share).sum();
        let counters = |hiring: &mut Self, staff: Vec<Arc<Actor>>, names: [&str; 2], kind| {
            let named = staff.into_iter().enumerate().map(|(index, actor)| {
                let name = format!("{} {}", names[site.min(1)], index + 1);
                hiring.add_room(site, None, &name, kind);
                (actor, name)
            });
            named.collect::<Vec<_>>()
        };
        let clerks = self.staff(site, Role::BillingClerk, needed(visits, share, PER_CLERK));
        let technicians = self.staff(site, Role::LabTechnician, needed(visits, share, PER_TECHNICIAN));
        Site {
            branch: self.branch(site).unwrap_or_else(|| self.chance.id(self.founded)),
            share,
            receptionists: self.staff(site, Role::Receptionist, needed(visits, share, PER_RECEPTIONIST)),
            nurses: self.staff(site, Role::Nurse, needed(visits, share, PER_NURSE)),
            clerks: counters(self, clerks, ["Billing counter", "East billing"], RoomKind::Counter),
            technicians: counters(self, technicians, ["Sample collection", "East sample collection"], RoomKind::Lab),
            pathologists: self.staff(site, Role::Pathologist, needed(visits, share, PER_PATHOLOGIST)),
        }
    }

    fn doctors(&mut self, ward_index: usize, ward: &Ward, visits: usize) -> Vec<Doctor> {
        let demo: Vec<&DemoPerson> = demo::PEOPLE
            .iter()
            .filter(|person| {
                person.role == Role::Doctor && person.place.is_some_and(|(prefix, _)| prefix == ward.prefix)
            })
            .collect();
        // One in seven has the day off.
        let by_day = needed(visits * 7 / 6, ward.share, PER_DOCTOR).max(demo.len());
        let site_share = if ward.site == 0 { 1000 - 250 } else { 250 };
        let by_night = if matches!(ward.prefix, "C" | "F") { needed(visits, site_share, PER_NIGHT_DOCTOR) } else { 0 };
        let mut doctors = Vec::new();
        for index in 0..by_day + by_night {
            let shift = match index {
                _ if index >= by_day => Shift::Night,
                _ if index % 3 == 2 => Shift::Day,
                _ => Shift::Split,
            };
            let (name, sign_in_name, room) = match demo.get(index).copied() {
                Some(DemoPerson { name, sign_in_name, place: Some((_, room)), .. }) => {
                    ((*name).to_owned(), SignInName::parse(sign_in_name), (*room).to_owned())
                }
                _ => (format!("Dr {}", self.name().0), None, format!("{}-{}", ward.prefix, index + 1)),
            };
            let room = self.add_room(ward.site, Some(&ward.id), &room, RoomKind::Consultation);
            let home =
                Home { branch: self.branch(ward.site), department: Some(ward.id.clone()), room: Some(room.clone()) };
            let actor = self.hire(name, sign_in_name, Role::Doctor, home);
            let pace = self.chance.number(78..=126) as f64 / 100.0;
            doctors.push(Doctor { actor, ward: ward_index, room, shift, pace, day_off: index as u32 % 7 });
        }
        doctors
    }

    fn add_tariff(&mut self) {
        for (prefix, offered) in demo::offers() {
            let department_id = prefix.and_then(|prefix| self.department(prefix));
            self.whole.tariff.push(TariffEntry {
                id: self.chance.id(self.founded),
                code: offered.code,
                name: offered.name,
                kind: offered.kind,
                price: offered.price,
                department_id,
                specimen: offered.specimen,
                analytes: offered.analytes,
                panels: offered.panels,
                active: true,
            });
        }
    }

    fn add_patients(&mut self, plan: &Plan) {
        let many = plan.visits_per_day * plan.days.min(DAYS_BETWEEN_VISITS);
        for number in 1..=many.max(40) as usize {
            let (name, given) = self.name();
            let (_, sex, born) = PATIENTS[given];
            let child = born >= "2008";
            let age = if child { self.chance.number(0..=15) } else { self.chance.number(18..=84) };
            let days = self.chance.number(0..=364) + age * 365;
            let birth_date = plan.from.checked_sub_days(Days::new(days.unsigned_abs()));
            self.whole.patients.push(Patient {
                id: self.chance.id(self.founded),
                mrn: format!("{number:07}"),
                name,
                sex: Some(sex),
                birth_date: birth_date.or(NaiveDate::from_ymd_opt(1980, 1, 1)),
                phone: demo::phone(number),
                email: None,
                created_at: self.founded - TimeDelta::minutes(1),
            });
        }
    }
}
