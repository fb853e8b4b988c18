//! A day begins; patients arrive, are registered, and find a doctor.

use std::sync::Arc;

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Timelike as _, Utc};
use rand::Rng as _;
use serde_json::json;

use super::cast::Shift;
use super::stay::{Arrival, Origin, Stay, StayId, Whereabouts};
use super::world::{Happening, World};
use crate::demo::ailments::{AILMENTS, Ailment};
use crate::demo::forms;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::words::{Priority, Station, VisitType};

/// How many of a thousand patients arrive in each hour of the day.
const BY_HOUR: [u32; 24] = [2, 1, 1, 1, 1, 2, 6, 40, 100, 150, 150, 115, 75, 42, 40, 52, 78, 88, 42, 6, 4, 2, 2, 1];

/// How many patients come on each day of the week, in hundredths of the average.
const BY_WEEKDAY: [i64; 7] = [119, 108, 102, 100, 101, 96, 74];

/// Of a thousand who come without having been here before: emergencies, those for the laboratory alone, those who are urgent.
const EMERGENCIES: u32 = 40;
const LAB_ONLY: u32 = 75;
const URGENT: u32 = 50;

/// Of a thousand who wait: who is moved to another day, who never answers, who misses a call.
const RESCHEDULED: u32 = 14;
const NO_SHOWS: u32 = 24;
const MISSED_CALLS: u32 = 45;

impl World<'_> {
    /// Lays out a day: when each doctor works and who will arrive.
    pub(super) fn begin_day(&mut self, day: NaiveDate) {
        for doctor in 0..self.practices.len() {
            let mut sessions = self.sessions(doctor, day);
            if let Some(eve) = day.pred_opt().filter(|_| day == self.plan.from) {
                // The first night began before the first day.
                sessions.extend(self.sessions(doctor, eve));
            }
            // A night goes on into the day.
            sessions.retain(|(_, end)| *end > self.now);
            sessions.sort_unstable();
            for (begin, _) in &sessions {
                self.agenda.plan((*begin).max(self.now), Happening::SessionBegins(doctor));
            }
            if let Some(practice) = self.practices.get_mut(doctor) {
                practice.sessions.retain(|(_, end)| *end > self.now);
                practice.sessions.extend(sessions);
            }
        }
        let average = i64::from(self.plan.visits_per_day);
        let weekday = BY_WEEKDAY[day.weekday().num_days_from_monday() as usize % 7];
        let many = average * weekday * self.chance.number(95..=105) / 10_000;
        let midnight = self.now;
        for _ in 0..many {
            let hour = self.chance.weighed(BY_HOUR.into_iter()) as i64;
            let at = midnight + TimeDelta::hours(hour) + self.chance.seconds(0..=3599);
            self.agenda.plan(at, Happening::Arrives(Arrival { again: None }));
        }
    }

    /// Somebody comes in and joins the line of reception.
    pub(super) fn arrive(&mut self, Arrival { again }: Arrival) {
        let Some(stay) = self.newcomer(again) else { return };
        let (site, id) = (stay.site, self.stays.len());
        if let Some(inside) = self.inside.get_mut(stay.patient) {
            *inside = true;
        }
        self.stays.push(Some(Box::new(stay)));
        let desk = self.branches.get_mut(site).and_then(|branch| branch.reception.join(id));
        if let Some(desk) = desk {
            self.register(site, desk, id);
        }
    }

    fn newcomer(&mut self, again: Option<(usize, usize, Origin)>) -> Option<Stay> {
        let hour = self.tenant.local(self.now).hour();
        let by_day = (7..19).contains(&hour);
        let (visit_type, priority) = match &again {
            Some((.., Origin::FollowUp(_))) => (VisitType::FollowUp, Priority::Routine),
            Some((.., Origin::Rescheduled(_))) => (VisitType::Opd, Priority::Routine),
            None if self.chance.happens(if by_day { EMERGENCIES } else { 400 }) => {
                (VisitType::Emergency, Priority::Emergency)
            }
            None if by_day && self.chance.happens(LAB_ONLY) => (VisitType::LabOnly, Priority::Routine),
            None if self.chance.happens(URGENT) => (VisitType::Opd, Priority::Urgent),
            None => (VisitType::Opd, Priority::Routine),
        };
        let wards = &self.cast.wards;
        let ward = match &again {
            Some((_, ward, _)) => *ward,
            None => {
                // At night there are general doctors only.
                let open = |prefix: &str| by_day || matches!(prefix, "C" | "F");
                self.chance.weighed(wards.iter().map(|ward| if open(ward.prefix) { ward.share } else { 0 }))
            }
        };
        let lab_only = visit_type == VisitType::LabOnly;
        let (prefix, site) = wards.get(ward).map(|ward| (ward.prefix, ward.site))?;
        let prefix = if lab_only { "L" } else { prefix };
        let fitting: Vec<&'static Ailment> = AILMENTS.iter().filter(|ailment| ailment.department == prefix).collect();
        let mut ailment = *self.chance.one_of(&fitting)?;
        let (patient, after) = match again {
            Some((patient, _, origin)) => {
                if self.inside.get(patient).copied().unwrap_or(true) {
                    return None;
                }
                let fits = |ailment: &&&'static Ailment| self.fits(patient, ailment);
                ailment = fitting.iter().find(fits).copied().unwrap_or(ailment);
                (patient, Some(origin))
            }
            None => (self.somebody(ailment)?, None),
        };
        let gone = !lab_only && priority == Priority::Routine && self.chance.happens(NO_SHOWS);
        let deaf = if gone { 2 } else { u8::from(self.chance.happens(MISSED_CALLS)) };
        Some(Stay {
            visit: self.chance.id(self.now),
            patient,
            site,
            ward: (!lab_only).then_some(ward),
            doctor: None,
            ailment,
            visit_type,
            priority,
            after,
            whereabouts: Whereabouts::Nowhere,
            joined: self.now,
            place: None,
            deaf,
            gone,
            rounds: 0,
            comes_back: false,
            billed: lab_only,
            due: Vec::new(),
            tests: Vec::new(),
            latest: self.now,
        })
    }

    fn fits(&self, patient: usize, ailment: &Ailment) -> bool {
        let age = self.cast.patients().get(patient).and_then(|patient| patient.age_on(self.plan.from));
        ailment.ages.contains(&age.unwrap_or(40))
    }

    /// Somebody of the right age who is not in the house.
    fn somebody(&mut self, ailment: &Ailment) -> Option<usize> {
        const TRIES: usize = 60;
        let many = self.inside.len();
        let mut outside = None;
        for _ in 0..TRIES {
            let patient = self.chance.dice().random_range(0..many);
            if !self.inside[patient] {
                outside = Some(patient);
                if self.fits(patient, ailment) {
                    break;
                }
            }
        }
        outside
    }

    /// Reception begins with somebody.
    fn register(&mut self, site: usize, desk: usize, id: StayId) {
        let cast = self.cast;
        let Some(receptionist) = cast.sites.get(site).and_then(|site| site.receptionists.get(desk)) else { return };
        let Some(stay) = self.stay(id) else { return };
        let patient = cast.patients().get(stay.patient).map(|patient| &patient.id);
        let department = match stay.ward {
            Some(ward) => cast.wards.get(ward).map(|ward| &ward.id),
            None => cast.laboratories.get(site),
        };
        let mut metadata = json!({
            "patientId": patient, "visitType": stay.visit_type, "priority": stay.priority, "departmentId": department,
            "reason": stay.ailment.reason,
        });
        match &stay.after {
            Some(Origin::FollowUp(visit)) => metadata["followUpOf"] = json!(visit),
            Some(Origin::Rescheduled(visit)) => metadata["rescheduledFrom"] = json!(visit),
            None => {}
        }
        self.log(id, receptionist, EventType::VisitRegistered, metadata);
        let span = self.chance.seconds(60..=170);
        self.after(span, Happening::Registered { site, desk });
    }

    /// Reception is done with somebody and begins with the next.
    pub(super) fn registered(&mut self, site: usize, desk: usize) {
        let Some((done, next)) = self.branches.get_mut(site).map(|branch| branch.reception.finish(desk)) else {
            return;
        };
        if let Some(id) = done {
            let cast = self.cast;
            let receptionist = cast.sites.get(site).and_then(|site| site.receptionists.get(desk));
            if let Some(receptionist) = receptionist {
                match self.stay(id).is_some_and(|stay| stay.visit_type == VisitType::LabOnly) {
                    true => {
                        let many = 1 + self.chance.weighed([5, 3, 1].into_iter());
                        self.order_tests(id, receptionist, many);
                        self.go_on(id);
                    }
                    false => self.assign(id, receptionist),
                }
            }
        }
        if let Some(id) = next {
            self.register(site, desk, id);
        }
    }

    /// The patient is assigned to a doctor and joins the line.
    fn assign(&mut self, id: StayId, receptionist: &Arc<Actor>) {
        let Some((site, ward)) = self.stay(id).and_then(|stay| Some((stay.site, stay.ward?))) else { return };
        let Some(doctor) = self.choose_doctor(site, ward) else { return };
        let cast = self.cast;
        let Some(chosen) = cast.doctors.get(doctor) else { return };
        let Some(stay) = self.stay_mut(id) else { return };
        stay.doctor = Some(doctor);
        let (gone, urgent) = (stay.gone, stay.priority != Priority::Routine);
        let assigned = json!({ "doctorId": chosen.actor.id, "roomId": chosen.room });
        self.log(id, receptionist, EventType::VisitAssigned, assigned);
        let joined = json!({ "station": Station::Consultation, "doctorId": chosen.actor.id });
        self.log(id, receptionist, EventType::QueueJoined, joined);
        if !urgent && self.chance.happens(600) {
            let clerk = self.clerk(site);
            self.bill_consultation(id, &clerk);
            self.settle(id, &clerk);
        }
        if self.chance.happens(650) {
            let span = self.chance.minutes(2..=9);
            self.after(span, Happening::VitalsTaken(id));
        }
        if !gone && !urgent {
            let span = self.chance.minutes(75..=240);
            self.after(span, Happening::LosesPatience(id));
            if self.chance.happens(RESCHEDULED) {
                let span = self.chance.minutes(4..=25);
                self.after(span, Happening::Reschedules(id));
            }
        }
        self.line_up(id);
    }

    /// The doctor who will soonest be free, of the department or else of those who are there at night.
    fn choose_doctor(&self, site: usize, ward: usize) -> Option<usize> {
        const LAST_CALL: TimeDelta = TimeDelta::minutes(25);
        const NIGHT_IS_SOONER: TimeDelta = TimeDelta::minutes(40);
        let cast = self.cast;
        let wait = |doctor: usize| -> Option<DateTime<Utc>> {
            let practice = self.practices.get(doctor)?;
            let open = practice.sessions.iter().find(|(_, end)| *end > self.now + LAST_CALL)?;
            let pace = cast.doctors.get(doctor)?.pace;
            let ahead = practice.line.len() as f64 + if practice.busy { 0.5 } else { 0.0 };
            Some(open.0.max(self.now) + TimeDelta::seconds((ahead * pace * 480.0) as i64))
        };
        let soonest = |night: bool| {
            let doctors = cast.doctors.iter().enumerate().filter(|(_, doctor)| {
                let here = cast.wards.get(doctor.ward).is_some_and(|ward| ward.site == site);
                here && if night {
                    doctor.shift == Shift::Night
                } else {
                    doctor.shift != Shift::Night && doctor.ward == ward
                }
            });
            doctors.filter_map(|(index, _)| Some((wait(index)?, index))).min()
        };
        let by_night = soonest(true);
        let by_day = soonest(false).filter(|day| by_night.is_none_or(|night| day.0 < night.0 + NIGHT_IS_SOONER));
        by_day.or(by_night).map(|(_, doctor)| doctor)
    }

    /// The nurse takes the vital signs, unless the visit is over.
    pub(super) fn take_vitals(&mut self, id: StayId) {
        let Some((site, ailment)) = self.stay(id).map(|stay| (stay.site, stay.ailment)) else { return };
        let cast = self.cast;
        let nurse = self.one_of(cast.sites.get(site).map_or(&[], |site| &site.nurses));
        let metadata = forms::vitals(ailment, self.chance.dice());
        self.log(id, &nurse, EventType::VitalsRecorded, metadata);
    }
}
