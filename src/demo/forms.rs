//! What is written on the forms of a visit: the metadata of events, from an ailment, the tariff and chance.

use rand::Rng;
use serde_json::{Value, json};

use super::ailments::{Ailment, Signs};
use crate::hospital::tariff::TariffEntry;
use crate::journey::ids::{BillId, TestId};
use crate::journey::money::Money;
use crate::journey::words::{Method, Priority};

/// Vital signs, as the ailment lets expect them.
pub fn vitals(ailment: &Ailment, random: &mut impl Rng) -> Value {
    let child = *ailment.ages.end() <= 16;
    let signs = ailment.signs;
    let fever = signs == Signs::Fever;
    let short = signs == Signs::ShortOfBreath;
    let systolic = match (child, signs) {
        (true, _) => random.random_range(92..108),
        (_, Signs::HighPressure) => random.random_range(152..184),
        _ => random.random_range(108..136),
    };
    let pulse = if child { 90 } else { 68 } + random.random_range(0..14) + if fever || short { 22 } else { 0 };
    let mut metadata = json!({
        "systolic": systolic,
        "diastolic": systolic * 63 / 100 + random.random_range(-4..4),
        "pulse": pulse,
        "temperatureC": (if fever { 382 } else { 364 } + random.random_range(0..9)) as f64 / 10.0,
        "spo2": if short { random.random_range(90..94) } else { random.random_range(96..100) },
        "respiratoryRate": if short { 26 } else { 16 } + if child { 4 } else { 0 } + random.random_range(0..3),
    });
    if !child {
        metadata["weightKg"] = json!(random.random_range(480..880) as f64 / 10.0);
    }
    if signs == Signs::Pain {
        metadata["painScore"] = json!(random.random_range(4..8));
    }
    metadata
}

/// A prescription, when there is something for the ailment.
pub fn prescription(ailment: &Ailment) -> Option<Value> {
    let item = |line: &super::ailments::Line| {
        let mut item = json!({ "drug": line.0, "dose": line.1, "frequency": line.2, "days": line.3 });
        if !line.4.is_empty() {
            item["instructions"] = json!(line.4);
        }
        item
    };
    let items: Vec<Value> = ailment.prescription.iter().map(item).collect();
    (!items.is_empty()).then(|| json!({ "items": items }))
}

/// An order for tests.
pub fn order<'t>(tests: impl IntoIterator<Item = (&'t TestId, &'t TariffEntry)>, priority: Priority) -> Value {
    let listed: Vec<Value> = tests
        .into_iter()
        .map(|(id, entry)| {
            json!({
                "testId": id, "code": entry.code, "name": entry.name, "price": entry.price,
                "specimen": entry.specimen, "priority": priority,
            })
        })
        .collect();
    json!({ "tests": listed })
}

/// A bill for tests.
pub fn bill_for_tests<'t>(bill: &BillId, tests: impl IntoIterator<Item = (&'t TestId, &'t TariffEntry)>) -> Value {
    let items: Vec<Value> =
        tests.into_iter().map(|(id, entry)| json!({ "testId": id, "amount": entry.price })).collect();
    json!({ "billId": bill, "items": items })
}

/// A bill for a consultation.
pub fn bill_for_consultation(bill: &BillId, entry: &TariffEntry) -> Value {
    json!({ "billId": bill, "items": [{ "description": entry.name, "amount": entry.price }] })
}

/// A payment, by a method people use.
pub fn payment(bill: &BillId, amount: Money, random: &mut impl Rng) -> Value {
    let method = match random.random_range(0..10) {
        0..5 => Method::Upi,
        5..8 => Method::Cash,
        8 => Method::Card,
        _ => Method::Insurance,
    };
    let mut metadata = json!({ "billId": bill, "amount": amount, "method": method });
    if method != Method::Cash {
        metadata["reference"] = json!(random.random_range(100_000_000..1_000_000_000_u64).to_string());
    }
    metadata
}

/// The label of a specimen.
pub fn label(random: &mut impl Rng) -> String {
    format!("S{:05}", random.random_range(10_000..100_000))
}

/// What a specimen is examined with.
pub fn analyser(specimen: Option<&str>) -> &'static str {
    match specimen {
        Some("EDTA blood") => "Haematology analyser",
        Some("Citrate plasma") => "Coagulation analyser",
        Some("Urine" | "Stool") => "Microscopy bench",
        _ => "Chemistry analyser",
    }
}
