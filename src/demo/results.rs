//! Results of tests: within the tariff's ranges, but for what is found.

use rand::Rng;
use serde_json::{Value, json};

use crate::hospital::tariff::{Analyte, TariffEntry};
use crate::journey::words::Flag;

/// The results of a test, in the form that its event carries.
pub fn results(test: &TariffEntry, findings: &[(&str, &str)], random: &mut impl Rng) -> Vec<Value> {
    test.analytes
        .iter()
        .map(|analyte| {
            let found =
                findings.iter().find(|(name, _)| *name == analyte.analyte).map(|(_, value)| (*value).to_owned());
            let value = match found {
                Some(value) => value,
                None => ordinary(analyte, random),
            };
            let mut result = json!({ "analyte": analyte.analyte, "value": value, "flag": flag(analyte, &value) });
            let range = [
                ("unit", analyte.unit.as_ref().map(|unit| json!(unit))),
                ("low", analyte.low.map(|low| json!(low))),
                ("high", analyte.high.map(|high| json!(high))),
            ];
            for (field, value) in range {
                if let Some(value) = value {
                    result[field] = value;
                }
            }
            result
        })
        .collect()
}

/// What a healthy person has of it: a number well within the range, or words.
fn ordinary(analyte: &Analyte, random: &mut impl Rng) -> String {
    let (low, high) = match (analyte.low, analyte.high) {
        (Some(low), Some(high)) => (low, high),
        (None, Some(high)) => (high * 0.3, high),
        (Some(low), None) => (low, low * 1.5),
        (None, None) => return ordinary_words(&analyte.analyte).to_owned(),
    };
    let value = low + (high - low) * random.random_range(0.35..0.65);
    let decimals = match high {
        high if high < 1.1 => 3,
        high if high < 10.0 => 2,
        high if high < 60.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

fn ordinary_words(analyte: &str) -> &'static str {
    match analyte {
        "Red cells" => "Normocytic, normochromic",
        "White cells" => "Normal in number and distribution",
        "Platelets" => "Adequate on the smear",
        "Parasites" | "Ova and cysts" => "None seen",
        "ABO group" => "B",
        "Rh (D) type" => "Positive",
        "S. typhi O" | "S. typhi H" | "S. paratyphi AH" | "S. paratyphi BH" => "Below 1:40",
        "Colour" => "Pale yellow",
        "Appearance" => "Clear",
        "Protein" | "Glucose" | "Ketones" | "Occult blood" => "Absent",
        "Growth" => "No growth after 48 hours",
        "Organism" | "Colony count" | "Sensitivity" => "Not applicable",
        "Consistency" => "Formed",
        "HBsAg" | "Anti-HCV" => "Non-reactive",
        _ => "Negative",
    }
}

/// How a value compares with the range: far outside it is critical.
fn flag(analyte: &Analyte, value: &str) -> Flag {
    let (Ok(number), true) = (value.parse::<f64>(), analyte.low.is_some() || analyte.high.is_some()) else {
        return if value == ordinary_words(&analyte.analyte) { Flag::Normal } else { Flag::Abnormal };
    };
    match (analyte.low, analyte.high) {
        (_, Some(high)) if number > high * 10.0 => Flag::Critical,
        (_, Some(high)) if number > high => Flag::High,
        (Some(low), _) if number < low => Flag::Low,
        _ => Flag::Normal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn analyte(low: Option<f64>, high: Option<f64>) -> Analyte {
        Analyte { analyte: "Parasites".to_owned(), unit: None, low, high }
    }

    #[test]
    fn values_are_flagged_by_their_range() {
        let range = analyte(Some(3.5), Some(5.1));
        assert_eq!(flag(&range, "4.0"), Flag::Normal);
        assert_eq!(flag(&range, "3.4"), Flag::Low);
        assert_eq!(flag(&range, "5.2"), Flag::High);
        assert_eq!(flag(&range, "60"), Flag::Critical);
        let words = analyte(None, None);
        assert_eq!(flag(&words, "None seen"), Flag::Normal);
        assert_eq!(flag(&words, "Ring forms"), Flag::Abnormal);
    }

    #[test]
    fn specific_gravity_keeps_its_three_decimals_within_the_range() {
        let gravity = analyte(Some(1.003), Some(1.03));
        let mut random: rand::rngs::StdRng = rand::SeedableRng::seed_from_u64(1);
        for _ in 0..50 {
            let value: f64 = ordinary(&gravity, &mut random).parse().expect("a number");
            assert!((1.003..=1.03).contains(&value), "{value}");
        }
    }
}
