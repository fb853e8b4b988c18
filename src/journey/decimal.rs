//! Decimal numbers as people type and read them.
//!
//! A browser reads and writes them itself: what Rust brings for it would be a tenth of all that a page fetches.

/// Reads `9.1`, `-3`, `.5` or `1e3`; words, and numbers that could be read in two ways (`1,150`), are none.
pub fn read(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let number = if is_plain && !text.is_empty() { parse(text)? } else { return None };
    number.is_finite().then_some(number)
}

#[cfg(not(feature = "hydrate"))]
fn parse(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(feature = "hydrate")]
fn parse(text: &str) -> Option<f64> {
    Some(wasm_bindgen::JsValue::from_str(text).unchecked_into_f64())
}

/// Writes a number as briefly as it can be read again.
#[cfg(not(feature = "hydrate"))]
pub fn written(number: f64) -> String {
    number.to_string()
}

/// Writes a number as briefly as it can be read again.
#[cfg(feature = "hydrate")]
pub fn written(number: f64) -> String {
    js_sys::Number::from(number).to_string_with_radix(10).map(String::from).unwrap_or_default()
}
