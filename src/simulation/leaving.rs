//! Going home: reports are handed over, the visit is completed, and perhaps followed up.

use chrono::{Days, TimeDelta};
use serde_json::json;

use super::stay::{Arrival, Origin, Progress, StayId, Whereabouts};
use super::world::{Happening, World};
use crate::journey::events::EventType;
use crate::journey::ids::{FollowUpId, TestId, VisitId};

/// Of a thousand visits: those whose reports are taken along, and of the others those fetched later.
const TAKEN_ALONG: u32 = 800;
const FETCHED: u32 = 700;

/// Of a thousand consultations: those followed up; of those, the patients who come.
const FOLLOWED_UP: u32 = 130;
const ADHERENT: u32 = 780;

impl World<'_> {
    /// Nothing is left to be done: the patient will leave.
    pub(super) fn make_ready(&mut self, id: StayId) {
        let Some(stay) = self.stay_mut(id) else { return };
        stay.whereabouts = Whereabouts::Leaving;
        let has_reports = stay.at(Progress::Reported).next().is_some();
        let span = if has_reports { self.chance.minutes(3..=18) } else { self.chance.seconds(40..=240) };
        self.after(span, Happening::Leaves(id));
    }

    /// The patient leaves.
    pub(super) fn leave(&mut self, id: StayId) {
        let Some(stay) = self.stay(id) else { return };
        let (site, patient, ward, seen) = (stay.site, stay.patient, stay.ward, stay.rounds > 0);
        let (visit, doctor) = (stay.visit.clone(), stay.doctor);
        let reported: Vec<TestId> = stay.at(Progress::Reported).map(|(_, test)| test.id.clone()).collect();
        let receptionist = self.receptionist(site);
        if !seen && reported.is_empty() {
            // The laboratory alone was visited, and could not do its tests; what nobody attends to is not completed.
            self.forget(id);
            return;
        }
        if !reported.is_empty() {
            if self.chance.happens(TAKEN_ALONG) {
                self.hand_over(&visit, site, patient, &reported);
            } else if self.chance.happens(FETCHED) {
                let span = self.chance.minutes(18 * 60..=50 * 60);
                let visit = visit.clone();
                self.after(span, Happening::Fetched { visit, site, patient, tests: reported });
            }
        }
        if let Some(ward) = ward.filter(|_| seen && self.chance.happens(FOLLOWED_UP)) {
            let follow_up: FollowUpId = self.chance.id(self.now);
            let days = self.chance.number(3..=14).unsigned_abs();
            if let Some(day) = self.tenant.local_day(self.now).checked_add_days(Days::new(days)) {
                let due = self.tenant.day_bounds(day).start + TimeDelta::hours(10);
                let doctor = doctor.and_then(|doctor| self.cast.doctors.get(doctor)).map(|doctor| &doctor.actor.id);
                let metadata = json!({
                    "followUpId": follow_up, "dueAt": due, "doctorId": doctor, "note": "Review of progress",
                });
                self.log(id, &receptionist, EventType::FollowUpScheduled, metadata);
                let reminded = due - TimeDelta::hours(17);
                self.agenda.plan(reminded, Happening::Reminded { visit: visit.clone(), site, follow_up });
                if self.chance.happens(ADHERENT) {
                    self.returns_on(day, Arrival { again: Some((patient, ward, Origin::FollowUp(visit))) });
                }
            }
        }
        self.log(id, &receptionist, EventType::VisitCompleted, json!({}));
        self.forget(id);
    }

    fn hand_over(&mut self, visit: &VisitId, site: usize, patient: usize, tests: &[TestId]) {
        let cast = self.cast;
        let receptionist = self.receptionist(site);
        let name = cast.patients().get(patient).map_or("the patient", |patient| &patient.name);
        for test in tests {
            let metadata = json!({ "testId": test, "deliveredTo": name, "channel": "COUNTER" });
            self.log_on(visit.clone(), site, &receptionist, EventType::ReportDelivered, metadata, self.now);
        }
    }

    /// Reports that were left are fetched.
    pub(super) fn fetch(&mut self, visit: &VisitId, site: usize, patient: usize, tests: &[TestId]) {
        self.hand_over(visit, site, patient, tests);
    }

    /// The patient is reminded of a follow-up.
    pub(super) fn remind(&mut self, visit: VisitId, site: usize, follow_up: &FollowUpId) {
        let receptionist = self.receptionist(site);
        let metadata = json!({ "followUpId": follow_up, "channel": "SMS" });
        self.log_on(visit, site, &receptionist, EventType::FollowUpReminderSent, metadata, self.now);
    }

    /// The stay is over.
    pub(super) fn forget(&mut self, id: StayId) {
        let Some(stay) = self.stays.get_mut(id).and_then(Option::take) else { return };
        if let Some(inside) = self.inside.get_mut(stay.patient) {
            *inside = false;
        }
    }
}
