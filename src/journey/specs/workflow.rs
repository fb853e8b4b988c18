//! The state machine as data and as a diagram.

use std::collections::BTreeSet;

use super::*;
use crate::journey::workflow::{Arrow, WORKFLOW, as_json, as_mermaid, registry};

fn arrows(arrows: &BTreeSet<Arrow>) -> BTreeSet<String> {
    arrows.iter().map(|arrow| format!("{} {} {}", arrow.from, arrow.event.word(), arrow.to)).collect()
}

#[test]
fn the_arrows_of_a_test_are_those_of_the_specification() {
    let written = [
        "NOT_ORDERED TESTS_ORDERED ORDERED",
        "ORDERED TEST_SAMPLE_COLLECTED COLLECTED",
        "COLLECTED TEST_IN_PROGRESS IN_PROGRESS",
        "IN_PROGRESS TEST_COMPLETED COMPLETED",
        "COMPLETED TEST_REVIEWED REVIEWED",
        "REVIEWED TEST_APPROVED APPROVED",
        "APPROVED REPORT_GENERATED REPORTED",
        "REPORTED REPORT_DELIVERED DELIVERED",
        "COLLECTED TEST_SAMPLE_REJECTED ORDERED",
        "IN_PROGRESS TEST_SAMPLE_REJECTED ORDERED",
        "COMPLETED TEST_REVIEWED COLLECTED",
        "ORDERED TEST_CANCELLED CANCELLED",
        "COLLECTED TEST_CANCELLED CANCELLED",
        "IN_PROGRESS TEST_CANCELLED CANCELLED",
    ];
    assert_eq!(arrows(&WORKFLOW.test), written.map(str::to_owned).into());
}

/// Every arrow of the patient's way, worked out by hand from the table.
#[test]
fn the_arrows_of_a_visit_are_those_of_the_specification() {
    let mut written = BTreeSet::from(["NOT_REGISTERED VISIT_REGISTERED REGISTERED".to_owned()]);
    let mut draw = |from: &str, event: &str, to: &str| {
        written.insert(format!("{from} {event} {to}"));
    };
    let stations = ["CONSULTATION", "LAB", "BILLING"];
    for station in stations {
        let [waiting, called, away] = ["WAITING", "CALLED", "AWAY"].map(|status| format!("{status}_{station}"));
        draw(&waiting, "QUEUE_CALLED", &called);
        draw(&away, "QUEUE_CALLED", &called);
        draw(&called, "QUEUE_SKIPPED", &away);
        for from in ["REGISTERED", "OPEN"].map(str::to_owned).into_iter().chain(stations.map(|s| format!("AWAY_{s}"))) {
            draw(&from, "QUEUE_JOINED", &waiting);
        }
        for from in [&waiting, &called, &away] {
            for (event, outcome) in
                [("VISIT_CANCELLED", "CANCELLED"), ("VISIT_RESCHEDULED", "RESCHEDULED"), ("VISIT_NO_SHOW", "NO_SHOW")]
            {
                draw(from, event, outcome);
                draw("REGISTERED", event, outcome);
            }
            // A patient who was never seen is registered still; one who was is in the house.
            let services: &[&str] = match station {
                "LAB" => &["TEST_SAMPLE_COLLECTED"],
                "BILLING" => &["PAYMENT_RECEIVED", "PAYMENT_PARTIAL"],
                _ => &[],
            };
            for service in services {
                draw(from, service, "OPEN");
                draw(from, service, "REGISTERED");
            }
        }
        draw(&away, "VISIT_COMPLETED", "COMPLETED");
    }
    draw("CALLED_CONSULTATION", "ENTERED_ROOM", "IN_CONSULTATION");
    draw("IN_CONSULTATION", "EXITED_ROOM", "OPEN");
    draw("OPEN", "VISIT_COMPLETED", "COMPLETED");
    // A lab-only visit is completed unseen.
    draw("REGISTERED", "VISIT_COMPLETED", "COMPLETED");
    assert_eq!(arrows(&WORKFLOW.visit), written);
}

#[test]
fn the_diagram_is_a_mermaid_state_diagram_of_every_arrow() {
    let diagram = as_mermaid();
    assert!(diagram.starts_with("stateDiagram-v2\n"));
    let drawn = diagram.lines().filter(|line| line.contains("-->")).count();
    assert_eq!(drawn, WORKFLOW.visit.len() + WORKFLOW.test.len());
    assert!(diagram.contains("    [*] --> visit_REGISTERED : VISIT_REGISTERED\n"));
    assert!(diagram.contains("    test_COMPLETED --> test_COLLECTED : TEST_REVIEWED\n"));
}

#[test]
fn the_registry_lists_every_event_once_with_its_schema() {
    let registry = registry();
    let rows = registry.as_array().expect("a list");
    assert_eq!(rows.len(), 34);
    for (row, event) in rows.iter().zip(EventType::ALL) {
        assert_eq!(row["eventType"], event.word());
        assert_eq!(row["schema"]["additionalProperties"], false);
        for word in ["title", "group", "phase", "icon", "accepted"] {
            assert!(row[word].as_str().is_some_and(|text| !text.is_empty()), "{event}: {word}");
        }
        assert!(row["roles"].as_array().is_some_and(|roles| !roles.is_empty()), "{event}: roles");
    }
}

#[test]
fn the_data_holds_what_the_diagram_shows() {
    let data = as_json();
    assert_eq!(data["start"], "NOT_REGISTERED");
    assert_eq!(data["visit"].as_array().map(Vec::len), Some(WORKFLOW.visit.len()));
    assert_eq!(data["test"].as_array().map(Vec::len), Some(WORKFLOW.test.len()));
    assert_eq!(data["events"], registry());
}
