//! Decimal numbers as people type and read them: up to fifteen digits, which is more than anybody measures.
//!
//! With so few digits nothing is lost, and a browser need not fetch the tables by which Rust reads and writes every float there is.

/// How many digits a float holds without loss.
const DIGITS: usize = 15;
/// The largest power of ten that a float holds without loss.
const POWER: i32 = 22;

/// What has more than fifteen digits before its point.
const MOST: f64 = 1e15;

/// Reads `9.1`, `-3`, `.5` or `1e3`; words, and numbers that could be read in two ways (`1,150`), are none.
pub fn read(text: &str) -> Option<f64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, power) = match text.split_once(['e', 'E']) {
        Some((digits, power)) => (digits, power.parse().ok()?),
        None => (text, 0_i32),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && part.is_empty() || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    if whole.len() + part.len() > DIGITS {
        return None;
    }
    let number = whole.bytes().chain(part.bytes()).fold(0_u64, |number, digit| 10 * number + u64::from(digit - b'0'));
    let number = match power.checked_sub(part.len() as i32)? {
        power if (0..=POWER).contains(&power) => sign * number as f64 * ten_to(power),
        power if (-POWER..0).contains(&power) => sign * number as f64 / ten_to(-power),
        _ => return None,
    };
    (number.abs() < MOST).then_some(number)
}

/// Writes a number as briefly as it can be read again; with fifteen digits, if it has more.
pub fn written(number: f64) -> String {
    let is_exact = |decimals: &usize| read(&fixed(number, *decimals)) == Some(number);
    fixed(number, (0..DIGITS).find(is_exact).unwrap_or(DIGITS))
}

/// Writes a number with its sign and so many decimals.
pub fn signed(number: f64, decimals: usize) -> String {
    let sign = if number < 0.0 { "" } else { "+" };
    [sign, &fixed(number, decimals)].concat()
}

fn fixed(number: f64, decimals: usize) -> String {
    let fits = |decimals: &usize| number.abs() * ten_to(*decimals as i32) < MOST;
    let decimals = (0..=decimals.min(DIGITS)).rev().find(fits).unwrap_or(0);
    let digits = (number.abs() * ten_to(decimals as i32)).round() as u64;
    let digits = format!("{digits:0>least$}", least = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let (sign, point) = (if number < 0.0 { "-" } else { "" }, if decimals > 0 { "." } else { "" });
    [sign, whole, point, part].concat()
}

fn ten_to(power: i32) -> f64 {
    (0..power).fold(1.0, |product, _| 10.0 * product)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (number, briefly) in [
            (12.0, "12"),
            (-0.5, "-0.5"),
            (0.1, "0.1"),
            (150_000.0, "150000"),
            (1.005, "1.005"),
            (38_665.333_333_333_336, "38665.3333333333"),
        ] {
            assert_eq!(written(number), briefly);
        }
        assert_eq!(
            (signed(0.3 - 0.1, 1), signed(-2.15, 2), signed(0.0, 1)),
            ("+0.2".into(), "-2.15".into(), "+0.0".into())
        );
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            ".",
            "-",
            "1,150",
            "0x10",
            "1e",
            "e5",
            "inf",
            "NaN",
            " 1",
            "1 ",
            "1-2",
            "1e99",
            "1e15",
            "1234567890.1234567",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_rust_reads_it(whole in 0_u64..1_000_000_000, part in "[0-9]{0,6}", power in -9..6_i32) {
            for text in [format!("{whole}.{part}"), format!("-{whole}.{part}e{power}"), format!("+{whole}E{power}")] {
                prop_assert_eq!(read(&text), text.parse().ok(), "{}", text);
            }
        }

        #[test]
        fn a_number_is_read_as_it_was_written(digits in 0_i64..1_000_000_000_000, decimals in 0..7_i32) {
            let number = digits as f64 / ten_to(decimals);
            prop_assert_eq!(read(&written(number)), Some(number));
            prop_assert_eq!(written(number), number.to_string());
        }
    }
}
