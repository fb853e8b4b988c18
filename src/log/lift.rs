//! Old versions of events, lifted on read to the version of today: pure steps, one from each version to the next.
//!
//! What is stored is never touched, so hashes hold. Whoever reads a meaning out of an event reads it as of today
//! ([`NewEvent::today`](super::NewEvent::today)); who shows it or hands it out as it was logged does not lift it.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// A step from a version of a type to the next.
struct Lift {
    event_type: &'static str,
    from: i32,
    step: fn(&mut Map<String, Value>),
}

const LIFTS: &[Lift] = &[
    Lift {
        event_type: "patient.registered",
        from: 1,
        // Version 1 did not say whether only the age was known.
        step: |metadata| {
            metadata.entry("birthDateEstimated").or_insert(Value::Bool(false));
        },
    },
    Lift {
        event_type: "tariff.changed",
        from: 1,
        // In version 1 only a price could change, and the code said of what.
        step: |metadata| {
            metadata.remove("code");
            for side in ["before", "after"] {
                if let Some(price) = metadata.remove(side) {
                    metadata.insert(side.to_owned(), json!({ "price": price }));
                }
            }
        },
    },
];

/// The version that a type has today, as far as lifts lead.
pub fn version_today(event_type: &str) -> i32 {
    let last = LIFTS.iter().filter(|lift| lift.event_type == event_type).map(|lift| lift.from + 1).max();
    last.unwrap_or(1)
}

/// Metadata as it would be written today; what is so already stays as it is.
pub(super) fn lifted<'a>(event_type: &str, schema_version: i32, metadata: Cow<'a, Value>) -> Cow<'a, Value> {
    lifted_by(LIFTS, event_type, schema_version, metadata)
}

/// Metadata as some lifts leave it, one after another.
fn lifted_by<'a>(
    lifts: &[Lift],
    event_type: &str,
    schema_version: i32,
    mut metadata: Cow<'a, Value>,
) -> Cow<'a, Value> {
    let mut version = schema_version;
    while let Some(lift) = lifts.iter().find(|lift| lift.event_type == event_type && lift.from == version)
        && let Value::Object(members) = metadata.to_mut()
    {
        (lift.step)(members);
        version += 1;
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_way_up() {
        for lift in LIFTS {
            let twins = LIFTS.iter().filter(|other| (other.event_type, other.from) == (lift.event_type, lift.from));
            assert_eq!(twins.count(), 1, "{} from {}", lift.event_type, lift.from);
            let before = lift.from == 1
                || LIFTS.iter().any(|other| (other.event_type, other.from) == (lift.event_type, lift.from - 1));
            assert!(before, "{} cannot be reached from version 1", lift.event_type);
        }
    }

    #[test]
    fn one_lift_goes_on_from_where_another_ends() {
        // They need not stand in their order.
        const CHAIN: &[Lift] = &[
            Lift {
                event_type: "tea.served",
                from: 2,
                step: |metadata| {
                    let sweet = metadata.remove("sugar") == Some(json!(1));
                    metadata.insert("sweet".to_owned(), json!(sweet));
                },
            },
            Lift {
                event_type: "tea.served",
                from: 1,
                step: |metadata| {
                    if let Some(lumps) = metadata.remove("lumps") {
                        metadata.insert("sugar".to_owned(), lumps);
                    }
                },
            },
        ];
        let (first, second, third) = (json!({ "lumps": 1 }), json!({ "sugar": 1 }), json!({ "sweet": true }));
        for (version, written) in [(1, &first), (2, &second), (3, &third)] {
            let read = lifted_by(CHAIN, "tea.served", version, Cow::Borrowed(written));
            assert_eq!(*read, third, "from version {version}");
        }
        assert_eq!(*lifted_by(CHAIN, "coffee.served", 1, Cow::Borrowed(&first)), first);
    }

    /// What was written in some version, as it would be written today.
    fn today(event_type: &str, version: i32, written: &Value) -> Value {
        lifted(event_type, version, Cow::Borrowed(written)).into_owned()
    }

    #[test]
    fn an_old_registration_is_read_as_one_of_today() {
        let old = json!({ "mrn": "0000001", "name": "Asha Rao" });
        let new = json!({ "mrn": "0000001", "name": "Asha Rao", "birthDateEstimated": false });
        assert_eq!(today("patient.registered", 1, &old), new);
        assert_eq!(today("patient.registered", 2, &new), new);
        let other = lifted("booking.created", 1, Cow::Borrowed(&old));
        assert!(matches!(other, Cow::Borrowed(same) if *same == old), "what is as of today is not copied");
    }

    #[test]
    fn an_old_change_of_a_price_is_read_as_one_of_the_tariff() {
        let old = json!({ "code": "UC", "before": 45_000, "after": 50_000 });
        let new = json!({ "before": { "price": 45_000 }, "after": { "price": 50_000 } });
        assert_eq!(today("tariff.changed", 1, &old), new);
        assert_eq!(today("tariff.changed", 2, &new), new);
    }
}
