//! JSON as text: a browser reads and writes it itself, so that a page need not fetch what would.

use js_sys::{Array, JSON, Object, Reflect};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue};

/// Reads a text; none when it is no JSON.
pub fn read(text: &str) -> Option<Value> {
    JSON::parse(text).ok().map(|value| from_browser(&value))
}

/// Writes a value.
pub fn written(value: &Value) -> String {
    JSON::stringify(&to_browser(value)).map(String::from).unwrap_or_default()
}

fn from_browser(value: &JsValue) -> Value {
    if let Some(text) = value.as_string() {
        return text.into();
    }
    if let Some(number) = value.as_f64() {
        // Whole numbers are counts, times and versions, all of which a browser has exactly.
        return if number.fract() == 0.0 { (number as i64).into() } else { number.into() };
    }
    if let Some(truth) = value.as_bool() {
        return truth.into();
    }
    if Array::is_array(value) {
        return Array::from(value).iter().map(|item| from_browser(&item)).collect();
    }
    let Some(object) = value.dyn_ref::<Object>() else { return Value::Null };
    let member = |pair: JsValue| {
        let pair = Array::from(&pair);
        Some((pair.get(0).as_string()?, from_browser(&pair.get(1))))
    };
    Value::Object(Object::entries(object).iter().filter_map(member).collect())
}

fn to_browser(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(truth) => (*truth).into(),
        Value::Number(number) => number.as_f64().into(),
        Value::String(text) => text.into(),
        Value::Array(items) => items.iter().map(to_browser).collect::<Array>().into(),
        Value::Object(members) => {
            let object = Object::new();
            for (name, member) in members {
                // A new object refuses nothing.
                let _ = Reflect::set(&object, &name.into(), &to_browser(member));
            }
            object.into()
        }
    }
}
