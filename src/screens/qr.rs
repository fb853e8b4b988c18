//! QR codes on paper, for what is scanned rather than typed.

use leptos::prelude::*;
use qrcode::{Color, QrCode};

/// A text as a QR code; nothing when it is too long for one.
pub fn qr(text: &str, label: &'static str) -> AnyView {
    let Ok(code) = QrCode::new(text.as_bytes()) else { return ().into_any() };
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
    let squares: String = dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % width, at / width)).collect();
    // Scanners want four light squares around it.
    let view_box = format!("-4 -4 {0} {0}", width + 8);
    view! { <svg class="qr" viewBox=view_box role="img" aria-label=label><path d=squares></path></svg> }.into_any()
}
