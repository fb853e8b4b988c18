//! Forms that were refused, as their screens show them again.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tr::tr;

use super::desk::Desk;
use super::form::Values;
use crate::journey::events::EventType;
use crate::journey::money::Money;
use crate::journey::schema::FieldProblem;
use crate::journey::words::{Outcome, Role, Stage, Station, Word};
use crate::language::{Language, date, say, spoken};
use crate::record::Refused;
use crate::screens::attempt::Attempt;

impl Desk {
    /// A form that is for no event we know.
    pub(super) fn unreadable(&self, values: Values) -> Attempt {
        Attempt {
            event: values.event(),
            visit: values.visit(),
            values: values.0,
            code: None,
            sentence: tr!("This form could not be read. Open the page again and send it once more."),
            facts: Vec::new(),
            problems: Vec::new(),
            allowed: Vec::new(),
        }
    }

    /// A form whose fields are wrong in a way that the journey does not know of.
    pub fn mistyped(&self, values: Values, problems: Vec<FieldProblem>) -> Arc<Attempt> {
        Arc::new(Attempt { problems, ..self.unreadable(values) })
    }

    pub(super) fn attempt(&self, values: Values, event: Option<EventType>, refused: Refused) -> Attempt {
        let facts = refused.refusal.facts();
        Attempt {
            event,
            visit: values.visit(),
            values: values.0,
            code: Some(refused.refusal.code()),
            sentence: refused.refusal.sentence_in(&say),
            facts: facts.iter().filter_map(|(name, value)| self.fact(name, value)).collect(),
            problems: refused.refusal.field_problems(),
            allowed: refused.allowed,
        }
    }

    /// A fact in words.
    fn fact(&self, name: &str, value: &Value) -> Option<(String, String)> {
        let word = match name {
            "balance" => tr!("Still to pay"),
            "amount" => tr!("Amount"),
            "refundable" => tr!("Can be given back"),
            "stage" => tr!("Stage now"),
            "needs" => tr!("Stage needed"),
            "station" => tr!("Queue"),
            "item" => tr!("For"),
            "test" => tr!("Test"),
            "tests" => tr!("Not finished"),
            "billed" => tr!("Billed"),
            "outcome" => tr!("Outcome"),
            "latest" => tr!("Latest entry"),
            "registeredAt" => tr!("Registered"),
            "roles" => tr!("Who may"),
            "actualVersion" => tr!("Steps logged so far"),
            _ => return None,
        };
        Some((word, self.fact_value(name, value)))
    }

    fn fact_value(&self, name: &str, value: &Value) -> String {
        match value {
            Value::Number(number) if matches!(name, "balance" | "amount" | "refundable") => {
                self.tenant.money(Money(number.as_i64().unwrap_or_default()))
            }
            Value::String(text) => match text.parse::<DateTime<Utc>>() {
                Ok(moment) => date(self.tenant.local(moment), "%-d %b, %H:%M"),
                Err(_) => in_words(name, text),
            },
            Value::Bool(answer) => {
                if *answer {
                    tr!("yes")
                } else {
                    tr!("no")
                }
            }
            Value::Array(items) => items.iter().map(|item| self.fact_value(name, item)).collect::<Vec<_>>().join(", "),
            Value::Object(fields) => match (fields.get("test"), fields.get("stage")) {
                (Some(Value::String(test)), Some(Value::String(stage))) => {
                    format!("{test} ({})", in_words("stage", stage))
                }
                _ => String::new(),
            },
            other => other.to_string(),
        }
    }
}

/// A word of one of our vocabularies, as people read it; anything else, such as a test's name, nearly as it is.
fn in_words(name: &str, word: &str) -> String {
    let label = match name {
        _ if spoken() == Language::English => None,
        "stage" | "needs" => Stage::from_word(word).map(Stage::label),
        "station" => Station::from_word(word).map(Station::label),
        "outcome" => Outcome::from_word(word).map(Outcome::label),
        "roles" => Role::from_word(word).map(Role::label),
        _ => None,
    };
    label.map_or_else(|| word.replace('_', " ").to_lowercase(), say)
}
