//! Forms that were refused, as their screens show them again.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::desk::Desk;
use super::form::Values;
use crate::journey::events::EventType;
use crate::journey::money::Money;
use crate::journey::schema::FieldProblem;
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
            sentence: "This form could not be read. Open the page again and send it once more.".into(),
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
            sentence: refused.refusal.sentence(),
            facts: facts.iter().filter_map(|(name, value)| self.fact(name, value)).collect(),
            problems: refused.refusal.field_problems(),
            allowed: refused.allowed,
        }
    }

    /// A fact in words.
    fn fact(&self, name: &str, value: &Value) -> Option<(String, String)> {
        let word = match name {
            "balance" => "Still to pay",
            "amount" => "Amount",
            "refundable" => "Can be given back",
            "stage" => "Stage now",
            "needs" => "Stage needed",
            "station" => "Queue",
            "item" => "For",
            "test" => "Test",
            "tests" => "Not finished",
            "billed" => "Billed",
            "outcome" => "Outcome",
            "latest" => "Latest entry",
            "registeredAt" => "Registered",
            "roles" => "Who may",
            "actualVersion" => "Steps logged so far",
            _ => return None,
        };
        Some((word.to_owned(), self.fact_value(name, value)))
    }

    fn fact_value(&self, name: &str, value: &Value) -> String {
        match value {
            Value::Number(number) if matches!(name, "balance" | "amount" | "refundable") => {
                self.tenant.money(Money(number.as_i64().unwrap_or_default()))
            }
            Value::String(text) => match text.parse::<DateTime<Utc>>() {
                Ok(moment) => self.tenant.local(moment).format("%-d %b, %H:%M").to_string(),
                Err(_) => text.replace('_', " ").to_lowercase(),
            },
            Value::Bool(answer) => if *answer { "yes" } else { "no" }.to_owned(),
            Value::Array(items) => items.iter().map(|item| self.fact_value(name, item)).collect::<Vec<_>>().join(", "),
            Value::Object(fields) => match (fields.get("test"), fields.get("stage")) {
                (Some(Value::String(test)), Some(Value::String(stage))) => {
                    format!("{test} ({})", stage.replace('_', " ").to_lowercase())
                }
                _ => String::new(),
            },
            other => other.to_string(),
        }
    }
}
