//! Where the time of a visit went, worked out by hand.

use super::deeds::*;
use super::*;
use crate::journey::measures::{Measures, Part, Wait, duration, measures};
use crate::journey::words::Station::{self, Billing, Consultation, Lab};

const MINUTE: i64 = 60;

/// Measures at a minute; what always holds is checked on the way.
fn measured(story: &Story, now: i64) -> Measures {
    let measures = measures(&story.steps, minute(now));
    let whole = measures.waiting + measures.served + measures.away + measures.other;
    assert_eq!(whole, measures.stays.iter().map(|stay| stay.seconds).sum::<i64>());
    if let Some(whole_visit) = measures.whole_visit {
        assert_eq!(whole, whole_visit, "the parts sum to the whole");
    }
    for pair in measures.stays.windows(2) {
        assert_eq!(pair[0].to, pair[1].from, "one stay after another without a gap");
    }
    measures
}

fn wait(station: Station, round: u32, minutes: i64) -> Wait {
    Wait { station, round, seconds: minutes * MINUTE }
}

/// In minutes: waiting, served, away, other.
fn parts(measures: &Measures) -> [i64; 4] {
    [measures.waiting, measures.served, measures.away, measures.other].map(|seconds| seconds / MINUTE)
}

#[test]
fn standard_opd() {
    let story = given([
        registered(),                            // 0
        joined().after(2),                       // 2
        consultation_billed(1, 500).after(3),    // 5
        paid(1, 500).after(4),                   // 9
        called().after(11),                      // 20
        entered().after(1),                      // 21
        exited().after(14),                      // 35
        prescribed().after(0),                   // 35
        ordered(&[CBC]).after(0),                // 35
        tests_billed(2, &[(CBC, 300)]).after(5), // 40
        paid(2, 300).after(1),                   // 41
        joined_at(Lab).after(1),                 // 42
        called().after(8),                       // 50
        collected(CBC).after(4),                 // 54
        started(CBC).after(6),                   // 60
        results_entered(CBC).after(30),          // 90
        reviewed(CBC).after(5),                  // 95
        approved(CBC).after(5),                  // 100
        reported(CBC).after(5),                  // 105
        delivered(CBC).after(5),                 // 110
        completed().after(10),                   // 120
    ]);
    let measures = measured(&story, 500);
    assert_eq!(measures.waits, [wait(Consultation, 1, 18), wait(Lab, 1, 8)]);
    assert_eq!(measures.call_to_room, [MINUTE]);
    assert_eq!(measures.consultations, [14 * MINUTE]);
    assert_eq!(measures.door_to_doctor, Some(21 * MINUTE));
    assert_eq!(measures.whole_visit, Some(120 * MINUTE));
    assert_eq!(measures.bill_to_settlement.values().copied().collect::<Vec<_>>(), [4 * MINUTE, MINUTE]);
    assert_eq!(measures.order_to_report.values().copied().collect::<Vec<_>>(), [70 * MINUTE]);
    assert_eq!(measures.collection_to_approval.values().copied().collect::<Vec<_>>(), [46 * MINUTE]);
    // Waiting: 18 for the doctor, 8 for the lab. Served: 14 in the room, 4 at the lab.
    assert_eq!(parts(&measures), [26, 18, 0, 76]);
    let stays: Vec<_> = measures.stays.iter().map(|stay| (stay.part, stay.station, stay.seconds / MINUTE)).collect();
    assert_eq!(
        stays,
        [
            (Part::Other, None, 2),
            (Part::Waiting, Some(Consultation), 18),
            (Part::Other, Some(Consultation), 1),
            (Part::Served, Some(Consultation), 14),
            (Part::Other, None, 7),
            (Part::Waiting, Some(Lab), 8),
            (Part::Served, Some(Lab), 4),
            (Part::Other, None, 66),
        ]
    );
}

#[test]
fn skipped_and_recalled_counts_the_time_away_as_away() {
    let story = given([
        registered(),
        joined(),           // 1
        called().after(10), // 11
        skipped().after(2), // 13: called in vain is waiting still
        called().after(20), // 33: away since 13
        entered().after(3), // 36
        exited().after(5),  // 41
        completed(),        // 42
    ]);
    let measures = measured(&story, 42);
    assert_eq!(measures.waits, [wait(Consultation, 1, 12)]);
    assert_eq!(measures.call_to_room, [3 * MINUTE]);
    assert_eq!(parts(&measures), [12, 5, 20, 5]);
}

#[test]
fn rejoining_goes_on_with_the_same_wait() {
    let story = given([
        registered(),
        joined(),           // 1
        called().after(10), // 11
        skipped().after(2), // 13
        joined().after(30), // 43
        called().after(7),  // 50
        entered().after(1), // 51
        exited().after(9),  // 60
        completed(),        // 61
    ]);
    let measures = measured(&story, 61);
    assert_eq!(measures.waits, [wait(Consultation, 1, 19)]);
    assert_eq!(parts(&measures), [19, 9, 30, 3]);
}

#[test]
fn a_call_announced_again_begins_at_its_last_announcement() {
    let story = given([registered(), joined(), called().after(10), called().after(2), entered(), exited()]);
    let measures = measured(&story, 15);
    assert_eq!(measures.waits, [wait(Consultation, 1, 12)]);
    assert_eq!(measures.call_to_room, [MINUTE]);
}

#[test]
fn two_rounds_are_two_waits() {
    let story = given([
        registered(),
        joined(),
        called().after(10),
        entered(),
        exited().after(8),
        joined().after(20),
        called().after(4),
        entered(),
        exited().after(6),
        completed(),
    ]);
    let measures = measured(&story, 0);
    assert_eq!(measures.waits, [wait(Consultation, 1, 10), wait(Consultation, 2, 4)]);
    assert_eq!(measures.consultations, [8 * MINUTE, 6 * MINUTE]);
    assert_eq!(measures.door_to_doctor, Some(12 * MINUTE));
    assert_eq!(parts(&measures), [14, 14, 0, 24]);
}

#[test]
fn part_payment_serves_and_a_second_queue_is_a_second_wait() {
    let story = given([
        registered(),
        consultation_billed(1, 500),  // 1
        joined_at(Billing),           // 2
        called().after(5),            // 7
        partly_paid(1, 200).after(3), // 10
        joined_at(Billing).after(10), // 20
        paid(1, 300).after(6),        // 26: paid from the queue, uncalled
        cancelled().after(4),         // 30
    ]);
    let measures = measured(&story, 0);
    assert_eq!(measures.waits, [wait(Billing, 1, 5), wait(Billing, 2, 6)]);
    assert_eq!(measures.bill_to_settlement.values().copied().collect::<Vec<_>>(), [25 * MINUTE]);
    assert_eq!(parts(&measures), [11, 3, 0, 16]);
}

#[test]
fn a_wait_that_led_to_nothing_is_time_and_no_wait() {
    let story = given([registered(), joined(), called().after(10), skipped().after(5), no_show().after(30)]);
    let measures = measured(&story, 0);
    assert!(measures.waits.is_empty() && measures.call_to_room.is_empty());
    assert_eq!(parts(&measures), [15, 0, 30, 1]);
    assert_eq!((measures.door_to_doctor, measures.whole_visit), (None, Some(46 * MINUTE)));
}

#[test]
fn an_ongoing_visit_is_measured_until_now() {
    let waiting = given([registered(), joined().after(5)]);
    let measures = measured(&waiting, 25);
    assert_eq!((parts(&measures), measures.whole_visit), ([20, 0, 0, 5], None));
    assert!(measures.waits.is_empty(), "a wait that is not over is not a wait yet");
    let inside = waiting.and([called().after(20), entered()]);
    let measures = measured(&inside, 40);
    assert_eq!(parts(&measures), [20, 14, 0, 6]);
    assert_eq!((measures.door_to_doctor, measures.consultations.len()), (Some(26 * MINUTE), 0));
    let lagging = measured(&inside, 10);
    assert_eq!(parts(&lagging), [20, 0, 0, 6], "a clock behind the log measures until the log's end");
}

#[test]
fn what_was_not_reached_is_absent() {
    let measures = measured(&given(seen()).and([ordered(&[CBC]), consultation_billed(1, 5)]), 10);
    assert!(measures.bill_to_settlement.is_empty());
    assert!(measures.order_to_report.is_empty() && measures.collection_to_approval.is_empty());
    let json = serde_json::to_value(measured(&given([registered()]), 10)).expect("JSON");
    assert!(json.get("doorToDoctor").is_none() && json.get("wholeVisit").is_none());
    assert_eq!(super::super::measures::measures(&[], minute(0)), Measures::default());
}

#[test]
fn a_spoilt_sample_is_measured_from_the_one_that_was_used() {
    let story = given(test_at(Stage::Collected)); // ordered at 5, collected at 8
    let story = story.and([rejected(CBC).after(10), collected(CBC).after(10), started(CBC), results_entered(CBC)]);
    let story = story.and([reviewed(CBC), approved(CBC), reported(CBC)]);
    let measures = measured(&story, 100);
    assert_eq!(measures.collection_to_approval.values().copied().collect::<Vec<_>>(), [4 * MINUTE]);
    assert_eq!(measures.order_to_report.values().copied().collect::<Vec<_>>(), [28 * MINUTE]);
}

#[test]
fn a_duration_is_from_the_first_to_the_first_at_or_after_it() {
    use EventType::{EnteredRoom, QueueCalled, QueueJoined, VisitCompleted, VisitRegistered};
    let story = given([registered(), joined().after(2), called().after(5), entered(), exited(), joined(), called()]);
    let seconds = |from, to| duration(&story.steps, from, to);
    assert_eq!(seconds(VisitRegistered, EnteredRoom), Some(8 * MINUTE));
    assert_eq!(seconds(QueueJoined, QueueCalled), Some(5 * MINUTE));
    assert_eq!(seconds(EnteredRoom, QueueCalled), Some(3 * MINUTE), "the call before it does not count");
    assert_eq!(seconds(EnteredRoom, VisitRegistered), None);
    assert_eq!(seconds(VisitRegistered, VisitCompleted), None);
    assert_eq!(seconds(VisitCompleted, VisitRegistered), None);
    assert_eq!(seconds(QueueJoined, QueueJoined), Some(0));
}

#[test]
fn a_duration_goes_by_when_things_were_done_not_logged() {
    use EventType::{ExitedRoom, VitalsRecorded};
    let story = given(seen()).and([vitals().after(30)]);
    let story = story.when(nurse(), vitals()).performed_at(minute(6)).then_accepted();
    assert_eq!(duration(&story.steps, ExitedRoom, VitalsRecorded), Some(2 * MINUTE));
}

#[test]
fn fractions_of_seconds_still_sum_to_the_whole() {
    let story = given([registered(), joined(), called(), entered(), exited(), completed()]);
    let mut steps = story.steps.clone();
    for (index, step) in steps.iter_mut().enumerate() {
        step.at += Duration::milliseconds(700 * index as i64);
    }
    let measures = super::super::measures::measures(&steps, minute(0));
    assert_eq!(measures.whole_visit, Some(5 * MINUTE + 3));
    assert_eq!(Some(measures.stays.iter().map(|stay| stay.seconds).sum()), measures.whole_visit);
}
