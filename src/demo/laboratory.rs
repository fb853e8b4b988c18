//! What happens to a test of a visit, from its specimen to its report.

use std::ops::RangeInclusive;

use serde_json::json;

use super::chart::{Chart, Ordered};
use super::forms;
use super::results::results;
use crate::hospital::people::Person;
use crate::journey::events::EventType;
use crate::journey::words::{Stage, Verdict};

impl<'h> Chart<'_, 'h> {
    /// The tests go on together from one stage to another.
    pub fn carry(&mut self, tests: &[Ordered<'h>], from: Stage, to: Stage) {
        let path: [(Stage, RangeInclusive<i64>); 7] = [
            (Stage::Collected, 1..=3),
            (Stage::InProgress, 6..=12),
            (Stage::Completed, 22..=38),
            (Stage::Reviewed, 5..=12),
            (Stage::Approved, 3..=9),
            (Stage::Reported, 1..=3),
            (Stage::Delivered, 3..=9),
        ];
        for (stage, minutes) in path.into_iter().filter(|(stage, _)| *stage > from && *stage <= to) {
            self.pass(minutes);
            // One reviewer for all tests of a visit.
            let reviewer = self.doctor.filter(|_| self.chance(40)).unwrap_or(&self.house.pathologist);
            for test in tests {
                self.advance(test, stage, reviewer);
            }
        }
    }

    fn advance(&mut self, test: &Ordered<'h>, stage: Stage, reviewer: &'h Person) {
        let house = self.house;
        let id = &test.id;
        let (by, event, metadata) = match stage {
            Stage::Collected => {
                let metadata =
                    json!({ "testId": id, "sampleId": forms::label(self.random), "specimen": test.entry.specimen });
                (&house.lab, EventType::TestSampleCollected, metadata)
            }
            Stage::InProgress => {
                let analyser = forms::analyser(test.entry.specimen.as_deref());
                (&house.lab, EventType::TestInProgress, json!({ "testId": id, "analyser": analyser }))
            }
            Stage::Completed => {
                let results = results(test.entry, self.ailment.findings, self.random);
                (&house.lab, EventType::TestCompleted, json!({ "testId": id, "results": results }))
            }
            Stage::Reviewed => {
                (reviewer, EventType::TestReviewed, json!({ "testId": id, "verdict": Verdict::Accepted }))
            }
            Stage::Approved => (&house.pathologist, EventType::TestApproved, json!({ "testId": id })),
            Stage::Reported => (&house.pathologist, EventType::ReportGenerated, json!({ "testId": id })),
            Stage::Delivered => {
                let metadata = json!({ "testId": id, "deliveredTo": self.patient.name, "channel": "COUNTER" });
                (&house.reception, EventType::ReportDelivered, metadata)
            }
            Stage::Ordered | Stage::Cancelled => return,
        };
        self.log(by, event, metadata);
    }

    /// The laboratory finds the specimen of a test spoilt.
    pub fn reject(&mut self, test: &Ordered<'h>, reason: &str) {
        self.pass(4..=9);
        self.log(&self.house.lab, EventType::TestSampleRejected, json!({ "testId": test.id, "reason": reason }));
    }

    /// The pathologist does not trust the results of a test and has it run again.
    pub fn repeat(&mut self, test: &Ordered<'h>, comment: &str) {
        self.pass(5..=12);
        let metadata = json!({ "testId": test.id, "verdict": Verdict::Repeat, "comment": comment });
        self.log(&self.house.pathologist, EventType::TestReviewed, metadata);
    }

    /// The laboratory withdraws a test.
    pub fn cancel(&mut self, test: &Ordered<'h>, reason: &str) {
        self.log(&self.house.lab, EventType::TestCancelled, json!({ "testId": test.id, "reason": reason }));
    }
}
