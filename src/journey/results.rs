//! Results of tests against their reference ranges.

use super::decimal;
use super::words::Flag;

/// What a typed value says of the number that was measured: it lies between two, and need not reach them.
struct Measured {
    least: f64,
    most: f64,
    exact: bool,
}

/// Reads `9.1`, `<0.01` or `> 1000`.
fn measured(value: &str) -> Option<Measured> {
    let value = value.trim();
    let number = |text: &str| decimal::read(text.trim());
    if let Some(most) = value.strip_prefix('<') {
        number(most).map(|most| Measured { least: f64::NEG_INFINITY, most, exact: false })
    } else if let Some(least) = value.strip_prefix('>') {
        number(least).map(|least| Measured { least, most: f64::INFINITY, exact: false })
    } else {
        number(value).map(|number| Measured { least: number, most: number, exact: true })
    }
}

/// How a typed value compares with its range; none when that cannot be known.
pub fn flag(value: &str, low: Option<f64>, high: Option<f64>) -> Option<Flag> {
    if low.is_none() && high.is_none() {
        return None;
    }
    let Measured { least, most, exact } = measured(value)?;
    let (low, high) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
    if most < low || (!exact && most == low) {
        Some(Flag::Low)
    } else if least > high || (!exact && least == high) {
        Some(Flag::High)
    } else if least >= low && most <= high {
        Some(Flag::Normal)
    } else {
        None
    }
}

/// The flag of a typed value: as it compares with its range, or as it was chosen where that cannot be known. What a person marks
/// critical is critical.
pub fn judged(value: &str, low: Option<f64>, high: Option<f64>, chosen: Option<Flag>) -> Option<Flag> {
    let marked = chosen.filter(|flag| *flag == Flag::Critical);
    marked.or_else(|| flag(value, low, high)).or(chosen)
}

/// How far a typed value is from an earlier one, with as many decimals as either has; none when that cannot be known.
pub fn change(value: &str, before: &str) -> Option<String> {
    let exact = |text| measured(text).filter(|measured| measured.exact).map(|measured| measured.least);
    let decimals = |text: &str| text.trim().split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let (change, decimals) = (exact(value)? - exact(before)?, decimals(value).max(decimals(before)));
    let words = decimal::signed(change, decimals).replace('-', "−");
    Some(if words.contains(|digit: char| matches!(digit, '1'..='9')) { words } else { "±0".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_by_its_change() {
        for (value, before, expected) in [
            ("9.1", "11.25", Some("−2.15")),
            ("12", "9.5", Some("+2.5")),
            ("7.0", "7", Some("±0")),
            ("<3", "4", None),
            ("positive", "4", None),
        ] {
            assert_eq!(change(value, before).as_deref(), expected, "{value} {before}");
        }
    }

    #[test]
    fn a_number_is_below_within_or_above_its_range() {
        let within = |value| flag(value, Some(12.0), Some(17.0));
        for (value, expected) in [
            ("11.9", Flag::Low),
            ("12", Flag::Normal),
            (" 15.2 ", Flag::Normal),
            ("17.0", Flag::Normal),
            ("17.01", Flag::High),
            ("-3", Flag::Low),
            (".5", Flag::Low),
            ("1e3", Flag::High),
        ] {
            assert_eq!(within(value), Some(expected), "{value}");
        }
    }

    #[test]
    fn a_person_marks_what_is_critical_and_chooses_where_no_range_speaks() {
        let within = |value, chosen| judged(value, Some(12.0), Some(17.0), chosen);
        assert_eq!(within("5.1", None), Some(Flag::Low));
        assert_eq!(within("5.1", Some(Flag::Critical)), Some(Flag::Critical));
        assert_eq!(within("5.1", Some(Flag::Normal)), Some(Flag::Low), "the range speaks for itself");
        assert_eq!(within("clotted", Some(Flag::Abnormal)), Some(Flag::Abnormal));
        assert_eq!(judged("5.1", None, None, Some(Flag::High)), Some(Flag::High));
        assert_eq!(judged("5.1", None, None, None), None);
    }

    #[test]
    fn either_end_of_a_range_may_be_open() {
        assert_eq!(flag("21", None, Some(20.0)), Some(Flag::High));
        assert_eq!(flag("20", None, Some(20.0)), Some(Flag::Normal));
        assert_eq!(flag("39", Some(40.0), None), Some(Flag::Low));
        assert_eq!(flag("40", Some(40.0), None), Some(Flag::Normal));
        assert_eq!(flag("40", None, None), None);
    }

    #[test]
    fn a_bound_is_judged_by_all_it_could_be() {
        assert_eq!(flag("<0.01", None, Some(0.04)), Some(Flag::Normal));
        assert_eq!(flag("< 3", Some(3.0), Some(10.0)), Some(Flag::Low));
        assert_eq!(flag("<5", Some(3.0), Some(10.0)), None);
        assert_eq!(flag(">1000", Some(30.0), Some(400.0)), Some(Flag::High));
        assert_eq!(flag(">400", None, Some(400.0)), Some(Flag::High));
        assert_eq!(flag(">60", Some(60.0), None), Some(Flag::Normal));
        assert_eq!(flag(">10", None, Some(400.0)), None);
    }

    #[test]
    fn words_have_no_place_in_a_range() {
        for value in ["", "positive", "1,150", "9,1", "9.1 g/dL", "inf", "NaN", "<", "1:80"] {
            assert_eq!(flag(value, Some(1.0), Some(2.0)), None, "{value}");
        }
    }
}
