//! Vital signs: the latest of each on a visit, how it compares with what is usual for adults, and what it was before.

use crate::journey::events::{Event, VitalsRecorded};
use crate::journey::visit::Step;
use crate::language::say;

/// How a vital sign compares with what is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Within what is usual, or without a range.
    Usual,
    /// Below it.
    Low,
    /// Above it.
    High,
    /// So far off that it is dangerous.
    Critical,
}

/// A vital sign.
#[derive(Clone, Debug, PartialEq)]
pub struct VitalSign {
    /// What was measured.
    pub name: &'static str,
    /// The latest value with its unit.
    pub value: String,
    /// How it compares with what is usual.
    pub reading: Reading,
    /// What it was at the measurement before.
    pub earlier: Option<String>,
}

/// What is usual: below and above it, and what is dangerously low and high.
struct Usual {
    low: f64,
    high: f64,
    too_low: f64,
    too_high: f64,
}

impl Usual {
    fn read(&self, value: f64) -> Reading {
        if value <= self.too_low || value >= self.too_high {
            Reading::Critical
        } else if value < self.low {
            Reading::Low
        } else if value > self.high {
            Reading::High
        } else {
            Reading::Usual
        }
    }
}

const fn usual(low: f64, high: f64, too_low: f64, too_high: f64) -> Usual {
    Usual { low, high, too_low, too_high }
}

const TEMPERATURE: Usual = usual(36.0, 37.5, 34.9, 40.0);
const SYSTOLIC: Usual = usual(90.0, 139.0, 79.0, 180.0);
const DIASTOLIC: Usual = usual(60.0, 89.0, 39.0, 120.0);
const PULSE: Usual = usual(60.0, 100.0, 39.0, 131.0);
const SATURATION: Usual = usual(95.0, 100.0, 89.0, f64::INFINITY);
const BREATHS: Usual = usual(12.0, 20.0, 8.0, 30.0);

/// The latest of each vital sign on a visit; only those of adults are judged.
pub fn vital_signs(steps: &[Step], adult: bool) -> Vec<VitalSign> {
    let mut measured: Vec<_> = measurements(steps).collect();
    measured.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut signs: Vec<VitalSign> = Vec::new();
    for (_, vitals) in measured {
        for (name, value, unit) in vitals.measurements() {
            match signs.iter_mut().find(|sign| sign.name == name) {
                Some(sign) if sign.earlier.is_none() => sign.earlier = Some(value),
                Some(_) => {}
                None => {
                    let reading = if adult { read(vitals, name) } else { Reading::Usual };
                    // A blood pressure is known by its shape.
                    let value = if name == "blood pressure" { value } else { format!("{value} {}", say(unit)) };
                    signs.push(VitalSign { name, value, reading, earlier: None });
                }
            }
        }
    }
    signs
}

/// Every time vital signs were measured on a visit.
pub fn measurements(steps: &[Step]) -> impl Iterator<Item = (chrono::DateTime<chrono::Utc>, &VitalsRecorded)> {
    steps.iter().filter_map(|step| match &step.event {
        Event::VitalsRecorded(vitals) => Some((step.at, vitals)),
        _ => None,
    })
}

fn read(vitals: &VitalsRecorded, name: &str) -> Reading {
    let whole = |usual: Usual, value: Option<i64>| value.map(|value| usual.read(value as f64));
    let reading = match name {
        "temperature" => vitals.temperature_c.as_deref().map(|value| TEMPERATURE.read(*value)),
        "blood pressure" => {
            let systolic = whole(SYSTOLIC, vitals.systolic.as_deref().copied());
            let diastolic = whole(DIASTOLIC, vitals.diastolic.as_deref().copied());
            match (systolic, diastolic) {
                (Some(Reading::Critical), _) | (_, Some(Reading::Critical)) => Some(Reading::Critical),
                (Some(Reading::Usual) | None, other) | (other, _) => other,
            }
        }
        "pulse" => whole(PULSE, vitals.pulse.as_deref().copied()),
        "SpO₂" => whole(SATURATION, vitals.spo2.as_deref().copied()),
        "breathing" => whole(BREATHS, vitals.respiratory_rate.as_deref().copied()),
        _ => None,
    };
    reading.unwrap_or(Reading::Usual)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use serde_json::{Value, json};

    use super::*;
    use crate::journey::events::EventType;
    use crate::journey::ids::{Id, PersonId};

    fn measured(minute: i64, metadata: Value) -> Step {
        let event = Event::parse(EventType::VitalsRecorded, &metadata).expect("vital signs");
        let at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute);
        Step { event, by: PersonId::from_bits(1), at }
    }

    #[test]
    fn the_latest_stands_beside_what_it_was_before() {
        let steps = [
            measured(1, json!({ "temperatureC": 39.1, "weightKg": 61 })),
            measured(9, json!({ "temperatureC": 38.2, "pulse": 132 })),
            measured(5, json!({ "temperatureC": 38.6 })),
        ];
        let signs = vital_signs(&steps, true);
        let told: Vec<_> =
            signs.iter().map(|sign| (sign.name, sign.value.as_str(), sign.reading, sign.earlier.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("temperature", "38.2 °C", Reading::High, Some("38.6")),
                ("pulse", "132 /min", Reading::Critical, None),
                ("weight", "61 kg", Reading::Usual, None),
            ]
        );
        assert!(vital_signs(&steps, false).iter().all(|sign| sign.reading == Reading::Usual));
    }

    #[test]
    fn a_blood_pressure_is_judged_by_its_worse_half() {
        for (systolic, diastolic, reading) in [
            (118, 76, Reading::Usual),
            (118, 95, Reading::High),
            (150, 76, Reading::High),
            (85, 55, Reading::Low),
            (118, 125, Reading::Critical),
            (185, 76, Reading::Critical),
        ] {
            let steps = [measured(1, json!({ "systolic": systolic, "diastolic": diastolic }))];
            assert_eq!(vital_signs(&steps, true)[0].reading, reading, "{systolic}/{diastolic}");
        }
    }
}
