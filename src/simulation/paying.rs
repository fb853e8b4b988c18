//! Billing: what is owed is billed at a counter, and paid at once, in parts, or given back.

use std::sync::Arc;

use serde_json::json;

use super::consulting::unpaid;
use super::stay::{Progress, Sample, StayId, Whereabouts};
use super::world::{Happening, World};
use crate::demo::forms;
use crate::journey::decide::Actor;
use crate::journey::events::EventType;
use crate::journey::ids::BillId;
use crate::journey::money::Money;
use crate::journey::words::{Station, VisitType};

/// Of a thousand bills for tests: those paid in two parts.
const IN_PARTS: u32 = 45;

impl World<'_> {
    /// The consultation is put on a bill.
    pub(super) fn bill_consultation(&mut self, id: StayId, clerk: &Arc<Actor>) {
        let cast = self.cast;
        let Some(stay) = self.stay(id) else { return };
        let department = stay.ward.and_then(|ward| cast.wards.get(ward)).map(|ward| &ward.id);
        let entry = match stay.visit_type {
            VisitType::Emergency => cast.entry("CON-EMG"),
            VisitType::FollowUp => cast.entry("CON-FU"),
            VisitType::Opd | VisitType::LabOnly => department.and_then(|department| cast.consultation(department)),
        };
        let Some(entry) = entry else { return };
        let bill: BillId = self.chance.id(self.now);
        self.log(id, clerk, EventType::ConsultationBilled, forms::bill_for_consultation(&bill, entry));
        if let Some(stay) = self.stay_mut(id) {
            stay.billed = true;
            stay.due.push((bill, entry.price));
        }
    }

    /// The tests that are on no bill are put on one, which is given back.
    fn bill_tests(&mut self, id: StayId, clerk: &Arc<Actor>) {
        let cast = self.cast;
        let bill: BillId = self.chance.id(self.now);
        let Some(stay) = self.stay_mut(id) else { return };
        let to_bill =
            stay.tests.iter_mut().filter(|test| test.paid_on.is_none() && test.progress != Progress::Cancelled);
        let mut billed = Vec::new();
        for test in to_bill {
            if let Some(entry) = cast.entry(test.code) {
                test.paid_on = Some(bill.clone());
                billed.push((test.id.clone(), entry));
            }
        }
        stay.due.push((bill.clone(), billed.iter().map(|(_, entry)| entry.price).sum()));
        let metadata = forms::bill_for_tests(&bill, billed.iter().map(|(id, entry)| (id, *entry)));
        self.log(id, clerk, EventType::TestsBilled, metadata);
    }

    /// Everything due is paid.
    pub(super) fn settle(&mut self, id: StayId, clerk: &Arc<Actor>) {
        let due = self.stay_mut(id).map(|stay| std::mem::take(&mut stay.due)).unwrap_or_default();
        for (bill, amount) in due.into_iter().filter(|(_, amount)| *amount > Money::ZERO) {
            let metadata = forms::payment(&bill, amount, self.chance.dice());
            self.log(id, clerk, EventType::PaymentReceived, metadata);
        }
    }

    /// The patient joins the line of billing.
    pub(super) fn go_to_billing(&mut self, id: StayId) {
        let Some(stay) = self.stay_mut(id) else { return };
        stay.whereabouts = Whereabouts::AtBilling;
        let site = stay.site;
        let clerk = self.clerk(site);
        self.log(id, &clerk, EventType::QueueJoined, json!({ "station": Station::Billing }));
        if let Some(counter) = self.branches.get_mut(site).and_then(|branch| branch.billing.join(id)) {
            self.call_to_counter(site, counter, id);
        }
    }

    fn call_to_counter(&mut self, site: usize, counter: usize, id: StayId) {
        let cast = self.cast;
        let Some((clerk, name)) = cast.sites.get(site).and_then(|site| site.clerks.get(counter)) else { return };
        self.log(id, clerk, EventType::QueueCalled, json!({ "counter": name }));
        let span = self.chance.seconds(55..=170);
        self.after(span, Happening::Billed { site, counter });
    }

    /// The patient pays at the counter, and the next is called to it.
    pub(super) fn billed(&mut self, site: usize, counter: usize) {
        let Some((done, next)) = self.branches.get_mut(site).map(|branch| branch.billing.finish(counter)) else {
            return;
        };
        let cast = self.cast;
        let clerk = cast.sites.get(site).and_then(|site| site.clerks.get(counter));
        if let (Some(id), Some((clerk, _))) = (done, clerk) {
            if self.stay(id).is_some_and(|stay| !stay.billed) {
                self.bill_consultation(id, clerk);
            }
            if self.stay(id).is_some_and(unpaid) {
                self.bill_tests(id, clerk);
            }
            if let Some(stay) = self.stay_mut(id) {
                stay.whereabouts = Whereabouts::Nowhere;
            }
            match self.chance.happens(IN_PARTS) {
                true => self.pay_part(id, clerk),
                false => {
                    self.settle(id, clerk);
                    self.go_on(id);
                }
            }
        }
        if let Some(id) = next {
            self.call_to_counter(site, counter, id);
        }
    }

    /// The patient pays what is in the purse, and the rest a little later.
    fn pay_part(&mut self, id: StayId, clerk: &Arc<Actor>) {
        let Some((bill, amount)) = self.stay(id).and_then(|stay| stay.due.last()).cloned() else {
            self.go_on(id);
            return;
        };
        let part = Money(amount.0 * self.chance.number(3..=6) / 1000 * 100);
        if part > Money::ZERO {
            let metadata = forms::payment(&bill, part, self.chance.dice());
            self.log(id, clerk, EventType::PaymentPartial, metadata);
        }
        if let Some(stay) = self.stay_mut(id) {
            // Who has paid a part has left the line, and stays near.
            stay.whereabouts = if part > Money::ZERO { Whereabouts::Away } else { Whereabouts::AtBilling };
            if let Some((_, due)) = stay.due.last_mut() {
                *due -= part;
            }
        }
        let span = self.chance.minutes(6..=25);
        self.after(span, Happening::PaysRest(id));
    }

    /// The rest is paid.
    pub(super) fn pay_rest(&mut self, id: StayId) {
        let Some(site) = self.stay(id).map(|stay| stay.site) else { return };
        let clerk = self.clerk(site);
        self.settle(id, &clerk);
        if let Some(stay) = self.stay_mut(id) {
            stay.whereabouts = Whereabouts::Nowhere;
        }
        self.go_on(id);
    }

    /// The manager gives back what a test cost that was not done.
    pub(super) fn pay_back(&mut self, (id, test): Sample, amount: Money) {
        let cast = self.cast;
        let Some(test) = self.stay(id).and_then(|stay| stay.tests.get(test)) else { return };
        let name = cast.entry(test.code).map_or("A test", |entry| &entry.name);
        let metadata = json!({ "billId": test.paid_on, "amount": amount, "reason": format!("{name} was cancelled") });
        self.log(id, &cast.manager, EventType::PaymentRefunded, metadata);
        self.go_on(id);
    }
}
