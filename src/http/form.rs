//! Forms posted from screens, read by the schema of the event they are for.
//!
//! A field is named by its path in the metadata (`items[0].drug`); names with an underscore in front are the form's own. What cannot be
//! read is handed on as typed, so that the journey refuses it with the reason, and the screen shows it again.

use chrono::{NaiveDateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use crate::hospital::tenants::Tenant;
use crate::journey::events::EventType;
use crate::journey::ids::{EventId, Id, RequestKey, VisitId};
use crate::journey::schema::{Field, Shape};
use crate::journey::words::Word;

/// What was typed, name by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(pub Vec<(String, String)>);

impl Values {
    /// What was typed in a field; nothing when it was left blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        let given = self.0.iter().filter(|(given, _)| given == name).map(|(_, value)| value.trim());
        given.into_iter().find(|value| !value.is_empty())
    }

    /// Everything chosen under one name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(given, value)| given == name && !value.trim().is_empty())
            .map(|(_, value)| value.trim())
    }

    /// The event the form is for.
    pub fn event(&self) -> Option<EventType> {
        EventType::from_word(self.get("_event")?)
    }

    /// The visit the form is for.
    pub fn visit(&self) -> Option<VisitId> {
        VisitId::parse(self.get("_visit")?).ok()
    }

    /// The version of the visit that the form was made on.
    pub fn version(&self) -> Option<i64> {
        self.get("_version")?.parse().ok()
    }

    /// What makes sending the form twice do nothing twice.
    pub fn key(&self) -> Option<RequestKey> {
        RequestKey::parse(self.get("_key")?).ok()
    }

    /// Turns a time typed on the hospital's clocks into a moment; what is no such time stays as typed.
    pub fn set_moment(&mut self, name: &str, tenant: &Tenant) {
        for (_, value) in self.0.iter_mut().filter(|(given, _)| given == name) {
            let typed = value.trim();
            let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
                .into_iter()
                .find_map(|format| NaiveDateTime::parse_from_str(typed, format).ok());
            if let Some(moment) = local.and_then(|local| tenant.moment(local)) {
                *value = moment.to_rfc3339_opts(SecondsFormat::Secs, true);
            }
        }
    }

    /// The metadata that was typed, as the event's schema has it; ids of new things follow from the form's key.
    pub fn metadata(&self, event: EventType, key: &RequestKey) -> Map<String, Value> {
        let mut metadata = self.record(event.row().fields, "");
        let new_ids = event.row().fields.iter().filter(|field| matches!(field.shape, Shape::NewId(_)));
        for (number, field) in new_ids.enumerate() {
            let new = key.derive::<EventId>(NEW_IDS + number as u32);
            metadata.entry(field.name).or_insert_with(|| json!(new));
        }
        metadata
    }

    /// Whether a discount is given, and not why.
    pub fn is_unexplained_discount(&self) -> bool {
        let discount = self.get("discount").and_then(minor_units).unwrap_or_default();
        discount > 0 && self.get("discountReason").is_none()
    }

    /// Makes the form one for another event.
    pub fn set_event(&mut self, event: EventType) {
        for (name, value) in &mut self.0 {
            if name == "_event" {
                event.word().clone_into(value);
            }
        }
    }

    /// The same with the lines of lists numbered without gaps, so that problems name the lines that are shown again.
    pub fn compacted(mut self, event: EventType) -> Self {
        for field in event.row().fields.iter().filter(|field| matches!(field.shape, Shape::List { .. })) {
            let numbers = self.numbers(field.name);
            let number_of = |given: &str| line_number(field.name, given);
            self.0.retain(|(given, _)| number_of(given).is_none_or(|number| numbers.contains(&number)));
            for (given, _) in &mut self.0 {
                let new = number_of(given).and_then(|number| numbers.iter().position(|other| *other == number));
                if let (Some(new), Some(rest)) = (new, given.find(']')) {
                    *given = format!("{}[{new}{}", field.name, &given[rest..]);
                }
            }
        }
        self
    }

    /// The numbers of the lines in which something was typed.
    fn numbers(&self, list: &str) -> Vec<u32> {
        let typed = self.0.iter().filter(|(_, value)| !value.trim().is_empty());
        let mut numbers: Vec<u32> = typed.filter_map(|(given, _)| line_number(list, given)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    fn record(&self, fields: &[Field], path: &str) -> Map<String, Value> {
        let mut record = Map::new();
        for field in fields {
            let name = format!("{path}{}", field.name);
            let value = match field.shape {
                Shape::List { of, .. } => self.list(of, &name),
                shape => self.get(&name).map(|text| read(shape, text)),
            };
            if let Some(value) = value {
                record.insert(field.name.to_owned(), value);
            }
        }
        record
    }

    /// The lines of a list that have anything in them.
    fn list(&self, of: &[Field], name: &str) -> Option<Value> {
        let numbers = self.numbers(name);
        let lines = numbers.iter().map(|number| Value::Object(self.record(of, &format!("{name}[{number}]."))));
        let lines: Vec<Value> = lines.collect();
        (!lines.is_empty()).then_some(Value::Array(lines))
    }
}

/// The number of the line that a field belongs to: 2 for `items[2].drug`.
fn line_number(list: &str, field: &str) -> Option<u32> {
    field.strip_prefix(list)?.strip_prefix('[')?.split(']').next()?.parse().ok()
}

/// From here on, numbers derive the ids of things that the form's own fields bring into being.
const NEW_IDS: u32 = 10_000;

/// Reads typed text as a field's shape asks; what does not fit stays text.
fn read(shape: Shape, text: &str) -> Value {
    let number = match shape {
        Shape::Money { .. } => minor_units(text).map(Value::from),
        Shape::Whole { .. } => text.parse::<i64>().ok().map(Value::from),
        Shape::Decimal { .. } => text.replace(',', ".").parse::<f64>().ok().map(Value::from),
        // A browser's local time is made a moment by [`Values::set_moment`] before.
        _ => None,
    };
    number.unwrap_or_else(|| Value::from(text))
}

/// Reads an amount as people type it, `1,150.50`, in minor units.
pub fn minor_units(text: &str) -> Option<i64> {
    let text = text.trim().replace([',', ' ', '₹', '$', '€', '£'], "");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        Values(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for (text, minor) in [
            ("500", Some(50_000)),
            ("1,150.5", Some(115_050)),
            ("₹ 20.05", Some(2_005)),
            (".5", Some(50)),
            ("-5", None),
            ("1.234", None),
            ("abc", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(minor_units(text), minor, "{text}");
        }
    }

    #[test]
    fn lines_left_blank_are_no_lines() {
        let typed = values(&[
            ("items[0].drug", ""),
            ("items[0].days", " "),
            ("items[2].drug", "ORS"),
            ("items[2].days", "3"),
            ("items[5].drug", "Paracetamol"),
            ("items[5].days", "many"),
        ])
        .compacted(EventType::PrescriptionGiven);
        let metadata = typed.metadata(EventType::PrescriptionGiven, &RequestKey::from_bits(1));
        assert_eq!(
            Value::Object(metadata),
            json!({ "items": [{ "drug": "ORS", "days": 3 }, { "drug": "Paracetamol", "days": "many" }] })
        );
        assert_eq!(typed.get("items[1].drug"), Some("Paracetamol"));
    }

    #[test]
    fn the_same_form_makes_the_same_new_ids() {
        let typed = values(&[("items[0].description", "Visit"), ("items[0].amount", "500")]);
        let made = |bits| typed.metadata(EventType::ConsultationBilled, &RequestKey::from_bits(bits));
        assert_eq!(made(7), made(7));
        assert_ne!(made(7)["billId"], made(8)["billId"]);
    }
}
