//! The doctor's line and room.

use std::sync::Arc;

use chrono::{Days, NaiveDate, TimeDelta};
use serde_json::{Value, json};

use super::stay::{Arrival, Ordered, Origin, Progress, Stay, StayId, Whereabouts};
use super::world::{Happening, World};
use crate::demo::forms;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::words::{Priority, Station, VisitType};

/// Of a thousand consultations: those after which tests are ordered where the ailment has some, those with a referral.
const TESTS: u32 = 640;
const REFERRALS: u32 = 35;

/// Of a thousand visits with tests: those whose results the doctor sees on the same day.
const SECOND_ROUNDS: u32 = 300;

/// How long a consultation takes a doctor of the usual pace, in seconds.
const CONSULTATION: f64 = 440.0;
const SECOND_CONSULTATION: f64 = 230.0;

impl World<'_> {
    /// The patient takes a place in the doctor's line.
    pub(super) fn line_up(&mut self, id: StayId) {
        self.places += 1;
        let (number, now) = (self.places, self.now);
        let Some(stay) = self.stay_mut(id) else { return };
        let Some(doctor) = stay.doctor else { return };
        stay.place = Some((stay.priority, number));
        stay.joined = now;
        if stay.whereabouts != Whereabouts::Away {
            stay.whereabouts = Whereabouts::InLine;
        }
        let priority = stay.priority;
        if let Some(practice) = self.practices.get_mut(doctor) {
            practice.line.insert((priority, number, id));
        }
        self.call_next(doctor);
    }

    /// Takes the patient out of the line.
    fn leave_line(&mut self, id: StayId) {
        let Some(stay) = self.stay_mut(id) else { return };
        let (Some(doctor), Some((priority, number))) = (stay.doctor, stay.place.take()) else { return };
        if let Some(practice) = self.practices.get_mut(doctor) {
            practice.line.remove(&(priority, number, id));
        }
    }

    /// A doctor who is free and in session calls whoever is first; after a session, those who were there before its end.
    pub(super) fn call_next(&mut self, doctor: usize) {
        let now = self.now;
        let Some(practice) = self.practices.get(doctor) else { return };
        let begun = practice.sessions.iter().rfind(|(begin, _)| *begin <= now);
        let Some((_, end)) = begun.filter(|_| !practice.busy).copied() else { return };
        let comes_back = practice.sessions.iter().any(|(begin, _)| *begin > now);
        let served = |id| !comes_back || now < end || self.stay(id).is_some_and(|stay| stay.joined < end);
        let Some(first) = practice.line.iter().find(|(.., id)| served(*id)).copied() else { return };
        if let Some(practice) = self.practices.get_mut(doctor) {
            practice.line.remove(&first);
            practice.busy = true;
        }
        let (id, cast) = (first.2, self.cast);
        let Some(physician) = cast.doctors.get(doctor) else { return };
        self.log(id, &physician.actor, EventType::QueueCalled, json!({ "roomId": physician.room }));
        let Some(stay) = self.stay_mut(id) else { return };
        stay.place = None;
        stay.whereabouts = Whereabouts::Called;
        let answers = stay.deaf == 0;
        stay.deaf = stay.deaf.saturating_sub(1);
        let (span, what) = match answers {
            true => (self.chance.seconds(12..=75), Happening::Enters(id)),
            false => (self.chance.seconds(80..=170), Happening::DoesNotAnswer(id)),
        };
        self.after(span, what);
    }

    /// The doctor of a stay.
    fn physician(&self, id: StayId) -> Option<(usize, Arc<Actor>)> {
        let doctor = self.stay(id)?.doctor?;
        Some((doctor, Arc::clone(&self.cast.doctors.get(doctor)?.actor)))
    }

    /// Nobody answers: the doctor goes on with the next.
    pub(super) fn skip(&mut self, id: StayId) {
        let Some((doctor, actor)) = self.physician(id) else { return };
        self.log(id, &actor, EventType::QueueSkipped, json!({ "reason": "Did not answer the call" }));
        let Some(stay) = self.stay_mut(id) else { return };
        stay.whereabouts = Whereabouts::Away;
        let lost = stay.gone && stay.deaf == 0;
        let (span, what) = match lost {
            true => (self.chance.minutes(20..=45), Happening::IsNoShow(id)),
            false => (self.chance.minutes(8..=22), Happening::Returns(id)),
        };
        self.after(span, what);
        self.after(TimeDelta::seconds(5), Happening::DoctorFree(doctor));
    }

    /// Who did not answer is to be called again, or joins the line anew.
    pub(super) fn come_back_to_line(&mut self, id: StayId) {
        let Some((doctor, site)) = self.stay(id).and_then(|stay| Some((stay.doctor?, stay.site))) else { return };
        if !self.stay(id).is_some_and(|stay| stay.gone) && self.chance.happens(500) {
            let receptionist = self.receptionist(site);
            let doctor = self.cast.doctors.get(doctor).map(|doctor| &doctor.actor.id);
            let metadata = json!({ "station": Station::Consultation, "doctorId": doctor });
            self.log(id, &receptionist, EventType::QueueJoined, metadata);
            if let Some(stay) = self.stay_mut(id) {
                stay.whereabouts = Whereabouts::InLine;
            }
        }
        self.line_up(id);
    }

    /// Whether the patient still waits for the first consultation, without having been called in vain.
    fn waits_for_the_first(&self, id: StayId) -> bool {
        self.stay(id).is_some_and(|stay| stay.rounds == 0 && stay.whereabouts == Whereabouts::InLine)
    }

    /// Who has waited too long goes.
    pub(super) fn lose_patience(&mut self, id: StayId) {
        if self.waits_for_the_first(id) {
            self.end_unseen(id, EventType::VisitCancelled, json!({ "reason": "Left without being seen" }));
        }
    }

    /// Who would rather come on another day is moved to it.
    pub(super) fn reschedule(&mut self, id: StayId) {
        if !self.waits_for_the_first(id) {
            return;
        }
        let Some((visit, patient, ward)) =
            self.stay(id).and_then(|stay| Some((stay.visit.clone(), stay.patient, stay.ward?)))
        else {
            return;
        };
        let days = self.chance.number(1..=5).unsigned_abs();
        let Some(day) = self.tenant.local_day(self.now).checked_add_days(Days::new(days)) else { return };
        let metadata = json!({ "newDate": day, "reason": "The patient prefers another day" });
        self.end_unseen(id, EventType::VisitRescheduled, metadata);
        self.returns_on(day, Arrival { again: Some((patient, ward, Origin::Rescheduled(visit))) });
    }

    /// Plans that somebody comes again on a day, if patients still come then.
    pub(super) fn returns_on(&mut self, day: NaiveDate, arrival: Arrival) {
        let last = self.plan.from.checked_add_days(Days::new(u64::from(self.plan.days)));
        if last.is_some_and(|last| day < last) {
            let at = self.tenant.day_bounds(day).start + TimeDelta::hours(9) + self.chance.minutes(0..=170);
            self.agenda.plan(at, Happening::Arrives(arrival));
        }
    }

    /// Who never answered is no-show.
    pub(super) fn give_up(&mut self, id: StayId) {
        self.end_unseen(id, EventType::VisitNoShow, json!({ "reason": "Called twice, not in the house" }));
    }

    fn end_unseen(&mut self, id: StayId, event: EventType, metadata: Value) {
        self.leave_line(id);
        let Some(site) = self.stay(id).map(|stay| stay.site) else { return };
        let receptionist = self.receptionist(site);
        self.log(id, &receptionist, event, metadata);
        self.forget(id);
    }

    /// The patient enters the doctor's room.
    pub(super) fn enter(&mut self, id: StayId) {
        let Some((doctor, actor)) = self.physician(id) else { return };
        let cast = self.cast;
        let Some(physician) = cast.doctors.get(doctor) else { return };
        self.log(id, &actor, EventType::EnteredRoom, json!({ "roomId": physician.room }));
        let Some(stay) = self.stay_mut(id) else { return };
        stay.whereabouts = Whereabouts::InRoom;
        stay.rounds += 1;
        let usual = if stay.rounds > 1 { SECOND_CONSULTATION } else { CONSULTATION };
        let span = self.chance.about(usual * physician.pace);
        self.after(span, Happening::Seen(id));
    }

    /// The doctor writes up what was found, and the patient leaves the room.
    pub(super) fn see_out(&mut self, id: StayId) {
        let Some((doctor, actor)) = self.physician(id) else { return };
        let Some((ailment, first)) = self.stay(id).map(|stay| (stay.ailment, stay.rounds == 1)) else { return };
        let before = |seconds| self.now - TimeDelta::seconds(seconds);
        let [ordering, prescribing, referring, completing] = [70, 45, 30, 10].map(before);
        let many = (self.chance.weighed([4, 4, 2].into_iter()) + 1).min(ailment.tests.len());
        if first && many > 0 && self.chance.happens(TESTS) {
            let now = std::mem::replace(&mut self.now, ordering);
            self.order_tests(id, &actor, many);
            self.now = now;
            let comes_back = self.chance.happens(SECOND_ROUNDS) && self.sees_until_later(doctor);
            if let Some(stay) = self.stay_mut(id) {
                stay.comes_back = comes_back;
            }
        }
        if (!first || self.chance.happens(850))
            && let Some(metadata) = forms::prescription(ailment)
        {
            self.log_at(id, &actor, EventType::PrescriptionGiven, metadata, prescribing);
        }
        if first && self.chance.happens(REFERRALS) {
            let reason = format!("{}: for an opinion and further management", ailment.diagnosis);
            let metadata = json!({
                "to": "Sanjeevani Institute of Advanced Care", "reason": reason, "urgency": Priority::Routine,
            });
            self.log_at(id, &actor, EventType::ReferralGiven, metadata, referring);
        }
        let metadata = json!({ "diagnosis": ailment.diagnosis, "notes": "Told what to look out for." });
        self.log_at(id, &actor, EventType::ConsultationCompleted, metadata, completing);
        self.log(id, &actor, EventType::ExitedRoom, json!({}));
        if let Some(stay) = self.stay_mut(id) {
            stay.whereabouts = Whereabouts::Nowhere;
        }
        let span = self.chance.seconds(15..=60);
        self.after(span, Happening::DoctorFree(doctor));
        self.go_on(id);
    }

    /// Whether a doctor still sees patients when results may be there.
    fn sees_until_later(&self, doctor: usize) -> bool {
        let later = self.now + TimeDelta::minutes(100);
        self.practices.get(doctor).is_some_and(|practice| practice.sessions.iter().any(|(_, end)| *end > later))
    }

    /// Tests for the ailment are ordered, the most needed first.
    pub(super) fn order_tests(&mut self, id: StayId, by: &Arc<Actor>, many: usize) {
        let cast = self.cast;
        let Some((ailment, priority)) = self.stay(id).map(|stay| (stay.ailment, stay.priority)) else { return };
        let tests: Vec<_> =
            ailment.tests.iter().take(many).filter_map(|code| Some((*code, cast.entry(code)?))).collect();
        let ids: Vec<_> = tests.iter().map(|_| self.chance.id(self.now)).collect();
        let metadata = forms::order(ids.iter().zip(tests.iter().map(|(_, entry)| *entry)), priority);
        self.log(id, by, EventType::TestsOrdered, metadata);
        let Some(stay) = self.stay_mut(id) else { return };
        for (id, (code, _)) in ids.into_iter().zip(tests) {
            stay.tests.push(Ordered { id, code, progress: Progress::Ordered, paid_on: None });
        }
    }

    /// The patient goes where something is still to be done.
    pub(super) fn go_on(&mut self, id: StayId) {
        let Some(stay) = self.stay(id) else { return };
        if stay.whereabouts != Whereabouts::Nowhere {
            return;
        }
        let to_pay = !stay.billed || !stay.due.is_empty() || unpaid(stay);
        let to_collect = stay.at(Progress::Ordered).next().is_some();
        let urgent = stay.visit_type == VisitType::Emergency;
        let pending = stay.at(Progress::InLab).next().is_some();
        let for_doctor = stay.comes_back && stay.at(Progress::Reported).next().is_some();
        if to_collect && (urgent || !to_pay) {
            self.go_to_lab(id);
        } else if to_pay {
            self.go_to_billing(id);
        } else if pending {
            // The results are waited for.
        } else if for_doctor {
            self.go_to_doctor_again(id);
        } else {
            self.make_ready(id);
        }
    }

    fn go_to_doctor_again(&mut self, id: StayId) {
        let Some((doctor, site)) = self.stay(id).and_then(|stay| Some((stay.doctor?, stay.site))) else { return };
        let open = |(_, end): &(_, _)| *end > self.now + TimeDelta::minutes(5);
        let in_time = self.practices.get(doctor).is_some_and(|practice| practice.sessions.iter().any(open));
        if let Some(stay) = self.stay_mut(id) {
            stay.comes_back = false;
        }
        if !in_time {
            self.make_ready(id);
            return;
        }
        let receptionist = self.receptionist(site);
        let doctor = self.cast.doctors.get(doctor).map(|doctor| &doctor.actor.id);
        let metadata = json!({ "station": Station::Consultation, "doctorId": doctor });
        self.log(id, &receptionist, EventType::QueueJoined, metadata);
        self.line_up(id);
    }
}

/// Whether a test that is done, or to be done, is on no bill that was paid.
pub(super) fn unpaid(stay: &Stay) -> bool {
    stay.tests.iter().any(|test| test.paid_on.is_none() && test.progress != Progress::Cancelled)
}
