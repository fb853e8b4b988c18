//! What the rest of the house says in English with values in it: found again in its form, so that it can be said in another language.

use super::{Language, say, spoken};
use crate::journey::wording::fill;

/// What may be wrong with a field, to stand after its name; and what signing in says.
pub const FORMS: &[&str] = &[
    "is required",
    "is required; choose a PDF, JPEG or PNG file",
    "is empty; choose a PDF, JPEG or PNG file",
    "is larger than 10 MB; send it in parts or with fewer dots per inch",
    "is not a PDF, JPEG or PNG file",
    "is not a field of this event",
    "is not of this hospital",
    "names no {thing} of this hospital",
    "is closed; choose another",
    "is not in the doctor’s hours; choose another",
    "is over; choose a later one",
    "{value} is in use already; choose another",
    "is given already",
    "cannot be changed any more: {state}",
    "stands no more; register a visit instead",
    "is for a later day; move it to today, or register a visit instead",
    "overlaps with hours that are there already",
    "was closed meanwhile, or nothing happened since; look at it again",
    "was sent before, for {patient}; begin anew for another patient",
    "does not fit: {problem}",
    "a sign-in name has 1 to 64 characters of a-z, 0-9 and . - _ @",
    "must be chosen",
    "must be chosen: without a role, nothing can be done",
    "must keep administrator: nobody takes it from themselves",
    "must be one of those that are free",
    "must be one of the list",
    "must be one of {words}",
    "must be ticked if this is a new patient: somebody very like them is known",
    "must be text",
    "must be an object",
    "must be the id of a {thing}: a ULID of 26 characters",
    "must be the id of an {thing}: a ULID of 26 characters",
    "must be a SHA-256 digest: 64 lower-case hexadecimal digits",
    "must be a whole number of years from 0 to 130",
    "must be a whole number from {min} to {max}",
    "must be a number of minutes from 1 to {max} in {department}",
    "must be a number from {min} to {max}",
    "must be a list of 1 to {max}",
    "must be from {min} to {max} minutes",
    "must be from {min} to {max}",
    "must be above the lowest in range",
    "is there already; each is measured once",
    "must be an amount above zero",
    "must be an amount, zero or more",
    "must be an amount, such as {example}",
    "must be a day, as YYYY-MM-DD",
    "must be a day of the week",
    "must be a time, such as 09:30",
    "must be a time, as 2026-11-21T09:30:00Z",
    "must be later than the moment it is planned",
    "must be digits, with a plus sign before them if need be",
    "must be an address such as asha@example.org",
    "must be one address, such as you@hospital.example",
    "must be one to three capital letters",
    "must be an ISO 4217 code of three capital letters, such as INR",
    "must be {max} characters or fewer",
    "must have at most 32 letters, digits, hyphens, slashes and full stops",
    "must have at most {max} characters, and has {length}",
    "must have 4 to 15 digits",
    "must leave room for one patient at least",
    "must not be empty",
    "must not be blank",
    "must not be in the future",
    "must not be more than 130 years ago",
    "must not be negative or beyond all measure",
    "must not contain control characters",
    "a passphrase has at least {count} characters; four or five words make a good one",
    "a passphrase has at most {count} bytes",
    "this passphrase is easily guessed; four or five words that do not belong together make a good one",
    "The name or the passphrase is wrong. Check both and try again.",
    "Too many attempts to sign in come from this network. Try again in {seconds} seconds.",
    "Too many people are signing in at this moment. Try again in a few seconds.",
];

/// Says a sentence that was made elsewhere, with the values that are in it; one of no known form stays as it is.
pub fn say_filled(text: &str) -> String {
    if spoken() == Language::English {
        return text.to_owned();
    }
    let Some((form, values)) = FORMS.iter().find_map(|form| Some((form, values(form, text)?))) else {
        return say(text);
    };
    // What a form says of one of our words is said too; what was typed is not.
    let ours = |name: &str| matches!(name, "thing" | "problem" | "state" | "value");
    let values: Vec<_> = values
        .into_iter()
        .map(|(name, value)| (name, if ours(name) { say(value) } else { value.to_owned() }))
        .collect();
    let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fill(&say(form), &values)
}

/// The values in a text, if it has this form.
fn values<'a>(form: &'static str, text: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let mut parts = form.split(['{', '}']);
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut values = Vec::new();
    while let (Some(name), Some(after)) = (parts.next(), parts.next()) {
        let end = if after.is_empty() { rest.len() } else { rest.find(after)? };
        values.push((name, &rest[..end]));
        rest = &rest[end + after.len()..];
    }
    rest.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_gives_its_values_back() {
        assert_eq!(values("must not be blank", "must not be blank"), Some(vec![]));
        assert_eq!(values("must not be blank", "must not be blank or void"), None);
        let range = "must be a whole number from {min} to {max}";
        assert_eq!(values(range, "must be a whole number from 1 to 90"), Some(vec![("min", "1"), ("max", "90")]));
        assert_eq!(values(range, "must be a whole number from 1"), None);
        let taken = "{value} is in use already; choose another";
        assert_eq!(values(taken, "ECG is in use already; choose another"), Some(vec![("value", "ECG")]));
    }
}
