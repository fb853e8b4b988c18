//! Decimal numbers as people type and read them.
//!
//! A browser reads and writes them itself: what Rust brings for it would be a tenth of all that a page fetches.

pub use self::here::written;
use self::here::{fixed, parse};

/// Reads `9.1`, `-3`, `.5` or `1e3`; words, and numbers that could be read in two ways (`1,150`), are none.
pub fn read(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let number = if is_plain && !text.is_empty() { parse(text)? } else { return None };
    number.is_finite().then_some(number)
}

/// Writes a number with its sign and so many decimals.
pub fn signed(number: f64, decimals: usize) -> String {
    let sign = if number < 0.0 { "" } else { "+" };
    [sign, &fixed(number, decimals)].concat()
}

#[cfg(not(feature = "hydrate"))]
mod here {
    pub fn parse(text: &str) -> Option<f64> {
        text.parse().ok()
    }

    pub fn fixed(number: f64, decimals: usize) -> String {
        format!("{number:.decimals$}")
    }

    /// Writes a number as briefly as it can be read again.
    pub fn written(number: f64) -> String {
        number.to_string()
    }
}

#[cfg(feature = "hydrate")]
mod here {
    use js_sys::Number;
    use wasm_bindgen::JsValue;

    pub fn parse(text: &str) -> Option<f64> {
        Some(JsValue::from_str(text).unchecked_into_f64())
    }

    pub fn fixed(number: f64, decimals: usize) -> String {
        let decimals = u8::try_from(decimals).unwrap_or(u8::MAX);
        Number::from(number).to_fixed(decimals).map(String::from).unwrap_or_default()
    }

    /// Writes a number as briefly as it can be read again.
    pub fn written(number: f64) -> String {
        Number::from(number).to_string_with_radix(10).map(String::from).unwrap_or_default()
    }
}
