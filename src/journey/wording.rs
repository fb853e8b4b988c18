//! Words for people: the same on the server and in the browser.

use super::money::Money;

/// Says an English text in another language; what it does not know it leaves as it is.
pub type Say<'a> = &'a dyn Fn(&str) -> String;

/// Stands between a text and the context in which it is said, as gettext has it.
pub const CONTEXT: &str = "\u{4}";

/// Leaves a text in English.
pub fn in_english(text: &str) -> String {
    text.to_owned()
}

/// Puts values into the places of a sentence: `fill(&say("{by} called the patient."), &[("by", name)])`.
pub fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(2 * sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        let value = values.iter().find(|(known, _)| *known == name);
        text.push_str(value.map_or(name, |(_, value)| value));
        rest = after;
    }
    text.push_str(rest);
    text
}

/// A word of ours with the article that English has for it: `a doctor`, `an administrator`.
pub fn with_article(word: &str, say: Say) -> String {
    let form = if word.starts_with(['a', 'e', 'i', 'o']) { say("an {word}") } else { say("a {word}") };
    fill(&form, &[("word", word)])
}

/// A label inside a sentence: `cash`; one of capitals stays as it is, `UPI`.
pub fn inside(label: &str) -> String {
    if label.chars().skip(1).any(char::is_uppercase) { label.to_owned() } else { label.to_lowercase() }
}

/// What days, hours and minutes are called beside a number.
#[derive(Clone, Copy, Debug)]
pub struct Units<'a> {
    /// A day.
    pub day: &'a str,
    /// An hour.
    pub hour: &'a str,
    /// A minute.
    pub minute: &'a str,
}

impl Units<'_> {
    /// In English.
    pub const ENGLISH: Self = Self { day: "d", hour: "h", minute: "min" };
}

/// How long something took or takes, in English: `<1 min`, `18 min`, `1 h 12 min`, `2 d 3 h`.
pub fn human_duration(seconds: i64) -> String {
    duration_in(seconds, &Units::ENGLISH)
}

/// How long something took or takes.
pub fn duration_in(seconds: i64, units: &Units) -> String {
    let Units { day, hour, minute } = units;
    let minutes = seconds / 60;
    match (minutes / (24 * 60), minutes / 60 % 24, minutes % 60) {
        (days @ 1.., 0, _) => format!("{days} {day}"),
        (days @ 1.., hours, _) => format!("{days} {day} {hours} {hour}"),
        (_, hours @ 1.., 0) => format!("{hours} {hour}"),
        (_, hours @ 1.., minutes) => format!("{hours} {hour} {minutes:02} {minute}"),
        (_, _, minutes @ 1..) => format!("{minutes} {minute}"),
        _ => format!("<1 {minute}"),
    }
}

/// An amount as people write it: `₹1,150`, `₹1,00,000.50`, `−$3.20`.
pub fn money(amount: Money, currency: &str) -> String {
    let symbol = currency_sign(currency);
    // After the last three digits, India groups by two.
    let group = if currency == "INR" { 2 } else { 3 };
    let sign = if amount < Money::ZERO { "−" } else { "" };
    let space = if symbol == currency { "\u{a0}" } else { "" };
    let minor = amount.0.unsigned_abs();
    let (whole, part) = (grouped(minor / 100, group), minor % 100);
    let part = if part == 0 { String::new() } else { format!(".{part:02}") };
    format!("{sign}{symbol}{space}{whole}{part}")
}

/// The sign of a currency; its code, where it has none that everybody knows.
pub fn currency_sign(currency: &str) -> &str {
    match currency {
        "INR" => "₹",
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        other => other,
    }
}

/// A number with commas: before its last three digits, and from there on by so many, `1,234,567` or `12,34,567`.
pub fn grouped(number: u64, group: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && (left == 3 || (left > 3 && (left - 3).is_multiple_of(group))) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_as_people_write_it() {
        for (amount, currency, words) in [
            (0, "INR", "₹0"),
            (50_000, "INR", "₹500"),
            (115_050, "INR", "₹1,150.50"),
            (1_234_567_800, "INR", "₹1,23,45,678"),
            (1_234_567_800, "USD", "$12,345,678"),
            (-320, "USD", "−$3.20"),
            (100_000, "CHF", "CHF\u{a0}1,000"),
        ] {
            assert_eq!(money(Money(amount), currency), words);
        }
    }

    #[test]
    fn a_word_has_the_article_it_is_said_with() {
        let said = ["doctor or administrator", "administrator", "access", "bill"];
        let said = said.map(|word| with_article(word, &in_english));
        assert_eq!(said, ["a doctor or administrator", "an administrator", "an access", "a bill"]);
    }

    #[test]
    fn a_label_inside_a_sentence_keeps_its_capitals_where_it_is_all_of_them() {
        assert_eq!(["Cash", "UPI", "Transfer"].map(inside), ["cash", "UPI", "transfer"]);
    }

    #[test]
    fn durations_read_as_people_say_them() {
        let minute = 60;
        let hour = 60 * minute;
        let day = 24 * hour;
        for (seconds, words) in [
            (-5, "<1 min"),
            (0, "<1 min"),
            (59, "<1 min"),
            (minute, "1 min"),
            (18 * minute + 59, "18 min"),
            (hour, "1 h"),
            (hour + minute, "1 h 01 min"),
            (hour + 12 * minute, "1 h 12 min"),
            (day - 1, "23 h 59 min"),
            (day, "1 d"),
            (2 * day + 3 * hour + 59 * minute, "2 d 3 h"),
        ] {
            assert_eq!(human_duration(seconds), words);
        }
    }
}
