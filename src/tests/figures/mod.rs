//! What is measured, part by part.

pub mod analytics;
pub mod export;
pub mod flat;
pub mod journey;
mod large;
pub mod live;
pub mod log;
pub mod pages;
pub mod simulation;

use std::time::Duration;

/// Prints a line of figures: what, then how long.
fn line(what: &str, figures: &str) {
    println!("  {what:<36} {figures}");
}

/// A time as people read it.
fn time(duration: Duration) -> String {
    match duration.as_nanos() {
        nanos if nanos < 10_000 => format!("{nanos} ns"),
        nanos if nanos < 10_000_000 => format!("{} µs", nanos / 1_000),
        nanos => format!("{} ms", nanos / 1_000_000),
    }
}

/// The time that so many of a hundred do not exceed.
fn percentile(sorted: &[Duration], of_hundred: usize) -> Duration {
    sorted.get((sorted.len() * of_hundred / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}
