//! The laboratory: specimens are collected at a desk, run in batches, reviewed one by one, and sometimes spoilt.

use chrono::DateTime;
use serde_json::json;

use super::stay::{Progress, Sample, StayId, Whereabouts};
use super::world::{Happening, World};
use crate::demo::forms;
use crate::demo::results::results;
use crate::hospital::tariff::TariffEntry;
use crate::journey::events::EventType;
use crate::journey::ids::TestId;
use crate::journey::words::{Station, Verdict, VisitType};

/// Of a thousand tests: those whose specimen is spoilt, those that cannot be done, those that are run again.
const SPOILT: u32 = 16;
const WITHDRAWN: u32 = 9;
const REPEATED: u32 = 14;

/// How often a run begins.
const EVERY: i64 = 10 * 60;

/// How many specimens a run takes.
const RUN: usize = 32;

/// The benches, by what they are called, with how many minutes a run takes.
const BENCHES: [(&str, i64, i64); 4] = [
    ("Haematology analyser", 9, 15),
    ("Chemistry analyser", 18, 32),
    ("Coagulation analyser", 12, 20),
    ("Microscopy bench", 15, 28),
];

impl World<'_> {
    /// The patient joins the line of the laboratory.
    pub(super) fn go_to_lab(&mut self, id: StayId) {
        let Some(stay) = self.stay_mut(id) else { return };
        stay.whereabouts = Whereabouts::AtLab;
        let site = stay.site;
        let technician = self.technician(site);
        self.log(id, &technician, EventType::QueueJoined, json!({ "station": Station::Lab }));
        if let Some(desk) = self.branches.get_mut(site).and_then(|branch| branch.collection.join(id)) {
            self.call_to_desk(site, desk, id);
        }
    }

    fn call_to_desk(&mut self, site: usize, desk: usize, id: StayId) {
        let cast = self.cast;
        let Some((technician, name)) = cast.sites.get(site).and_then(|site| site.technicians.get(desk)) else { return };
        self.log(id, technician, EventType::QueueCalled, json!({ "counter": name }));
        let span = self.chance.seconds(75..=200);
        self.after(span, Happening::Collected { site, desk });
    }

    /// The specimens are collected, and the next patient is called.
    pub(super) fn collected(&mut self, site: usize, desk: usize) {
        let Some((done, next)) = self.branches.get_mut(site).map(|branch| branch.collection.finish(desk)) else {
            return;
        };
        if let Some(id) = done {
            self.collect(site, desk, id);
            if let Some(stay) = self.stay_mut(id) {
                stay.whereabouts = Whereabouts::Nowhere;
            }
            self.go_on(id);
        }
        if let Some(id) = next {
            self.call_to_desk(site, desk, id);
        }
    }

    fn collect(&mut self, site: usize, desk: usize, id: StayId) {
        let cast = self.cast;
        let Some((technician, _)) = cast.sites.get(site).and_then(|site| site.technicians.get(desk)) else { return };
        let Some(stay) = self.stay(id) else { return };
        let lab_only = stay.visit_type == VisitType::LabOnly;
        let ordered: Vec<usize> = stay.at(Progress::Ordered).map(|(index, _)| index).collect();
        for test in ordered {
            let Some(ordered) = self.stay_mut(id).and_then(|stay| stay.tests.get_mut(test)) else { continue };
            ordered.progress = Progress::InLab;
            let (test_id, code) = (ordered.id.clone(), ordered.code);
            let specimen = cast.entry(code).and_then(|entry| entry.specimen.as_deref());
            let label = forms::label(self.chance.dice());
            let metadata = json!({ "testId": test_id, "sampleId": label, "specimen": specimen });
            self.log(id, technician, EventType::TestSampleCollected, metadata);
            let what = if self.chance.happens(SPOILT) {
                Happening::Spoilt((id, test))
            } else if !lab_only && self.chance.happens(WITHDRAWN) {
                Happening::Withdrawn((id, test))
            } else {
                Happening::AtBench((id, test))
            };
            let span = self.chance.minutes(4..=12);
            self.after(span, what);
        }
    }

    /// A test, with its entry of the tariff.
    fn tested(&self, (id, test): Sample) -> Option<(usize, TestId, &TariffEntry)> {
        let stay = self.stay(id)?;
        let test = stay.tests.get(test)?;
        Some((stay.site, test.id.clone(), self.cast.entry(test.code)?))
    }

    fn set_progress(&mut self, (id, test): Sample, progress: Progress) {
        if let Some(test) = self.stay_mut(id).and_then(|stay| stay.tests.get_mut(test)) {
            test.progress = progress;
        }
    }

    /// A specimen is found spoilt: the patient is to give another.
    pub(super) fn reject(&mut self, sample: Sample) {
        let Some((site, test_id, _)) = self.tested(sample) else { return };
        let technician = self.technician(site);
        let metadata = json!({ "testId": test_id, "reason": "Haemolysed specimen" });
        self.log(sample.0, &technician, EventType::TestSampleRejected, metadata);
        self.set_progress(sample, Progress::Ordered);
        self.go_on(sample.0);
    }

    /// A test cannot be done: what was paid for it is given back.
    pub(super) fn withdraw(&mut self, sample: Sample) {
        let Some((site, test_id, entry)) = self.tested(sample) else { return };
        let price = entry.price;
        let technician = self.technician(site);
        let metadata = json!({ "testId": test_id, "reason": "The analyser is out of service today" });
        self.log(sample.0, &technician, EventType::TestCancelled, metadata);
        self.set_progress(sample, Progress::Cancelled);
        let Some(stay) = self.stay_mut(sample.0) else { return };
        let bill = stay.tests.get(sample.1).and_then(|test| test.paid_on.clone());
        // What is not paid yet is taken off the bill; what is paid, is owed to the patient.
        match stay.due.iter_mut().find(|(due, _)| Some(due) == bill.as_ref()) {
            Some((_, due)) => *due -= price,
            None if bill.is_some() => {
                let span = self.chance.minutes(3..=10);
                self.after(span, Happening::PaidBack(sample, price));
                return;
            }
            None => {}
        }
        self.go_on(sample.0);
    }

    /// A specimen comes to its bench.
    pub(super) fn reach_bench(&mut self, sample: Sample) {
        let Some((site, _, entry)) = self.tested(sample) else { return };
        let analyser = forms::analyser(entry.specimen.as_deref());
        let bench = BENCHES.iter().position(|(name, ..)| *name == analyser).unwrap_or(1);
        if let Some(line) = self.branches.get_mut(site).and_then(|branch| branch.benches.get_mut(bench)) {
            line.waiting.push_back(sample);
        }
        self.plan_run(site, bench);
    }

    fn plan_run(&mut self, site: usize, bench: usize) {
        let now = self.now.timestamp();
        let Some(line) = self.branches.get_mut(site).and_then(|branch| branch.benches.get_mut(bench)) else { return };
        if line.planned || line.waiting.is_empty() || line.free == 0 {
            return;
        }
        line.planned = true;
        let next = (now.div_euclid(EVERY) + 1) * EVERY;
        let at = DateTime::from_timestamp(next, 0).unwrap_or(self.now);
        self.agenda.plan(at, Happening::RunBegins { site, bench });
    }

    /// Every free analyser of a bench begins a run.
    pub(super) fn begin_run(&mut self, site: usize, bench: usize) {
        let technician = self.technician(site);
        let (name, least, most) = BENCHES[bench % BENCHES.len()];
        loop {
            let Some(line) = self.branches.get_mut(site).and_then(|branch| branch.benches.get_mut(bench)) else {
                return;
            };
            line.planned = false;
            if line.free == 0 || line.waiting.is_empty() {
                return;
            }
            line.free -= 1;
            let samples: Vec<Sample> = line.waiting.drain(..line.waiting.len().min(RUN)).collect();
            for sample in &samples {
                if let Some((_, test_id, _)) = self.tested(*sample) {
                    let metadata = json!({ "testId": test_id, "analyser": name });
                    self.log(sample.0, &technician, EventType::TestInProgress, metadata);
                }
            }
            let span = self.chance.minutes(least..=most);
            self.after(span, Happening::RunEnds { site, bench, samples });
        }
    }

    /// A run is over: its results are entered, and wait for a pathologist.
    pub(super) fn end_run(&mut self, site: usize, bench: usize, samples: Vec<Sample>) {
        if let Some(line) = self.branches.get_mut(site).and_then(|branch| branch.benches.get_mut(bench)) {
            line.free += 1;
        }
        let technician = self.technician(site);
        for sample in samples {
            let Some(findings) = self.stay(sample.0).map(|stay| stay.ailment.findings) else { continue };
            let Some((_, test_id, entry)) = self.tested(sample) else { continue };
            // The table outlives what is borrowed of the world.
            let entry = entry.clone();
            let results = results(&entry, findings, self.chance.dice());
            let metadata = json!({ "testId": test_id, "results": results });
            self.log(sample.0, &technician, EventType::TestCompleted, metadata);
            if let Some(pathologist) = self.branches.get_mut(site).and_then(|branch| branch.pathology.join(sample)) {
                self.examine(site, pathologist);
            }
        }
        self.plan_run(site, bench);
    }

    fn examine(&mut self, site: usize, pathologist: usize) {
        let span = self.chance.seconds(25..=110);
        self.after(span, Happening::Examined { site, pathologist });
    }

    /// A pathologist has looked at results, and takes the next.
    pub(super) fn examined(&mut self, site: usize, pathologist: usize) {
        let Some((done, next)) = self.branches.get_mut(site).map(|branch| branch.pathology.finish(pathologist)) else {
            return;
        };
        if next.is_some() {
            self.examine(site, pathologist);
        }
        let cast = self.cast;
        let by = cast.sites.get(site).and_then(|site| site.pathologists.get(pathologist));
        let (Some(sample), Some(by)) = (done, by) else { return };
        let Some((_, test_id, _)) = self.tested(sample) else { return };
        let id = sample.0;
        if self.chance.happens(REPEATED) {
            let comment = "Does not fit the patient; run again from the same specimen";
            let metadata = json!({ "testId": test_id, "verdict": Verdict::Repeat, "comment": comment });
            self.log(id, by, EventType::TestReviewed, metadata);
            let span = self.chance.minutes(2..=6);
            self.after(span, Happening::AtBench(sample));
            return;
        }
        self.log(id, by, EventType::TestReviewed, json!({ "testId": test_id, "verdict": Verdict::Accepted }));
        self.log(id, by, EventType::TestApproved, json!({ "testId": test_id }));
        self.log(id, by, EventType::ReportGenerated, json!({ "testId": test_id }));
        self.set_progress(sample, Progress::Reported);
        self.go_on(id);
    }
}
