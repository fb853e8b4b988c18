//! What kills toys: the process killed, the database stopped, the disk full or failing, writers that roll back, everybody at once.
//!
//! Each story runs the real server where it can and prints what it saw. `cargo xtask torture` tells them at length.

mod backup;
mod boards;
mod crowd;
mod disk;
mod kill;
mod listeners;
mod pair;
mod race;
mod restart;
mod server;

use std::env;

/// How often a story does its worst: ten times, or what SOJOURN_TORTURE_CYCLES says.
fn cycles() -> usize {
    env::var("SOJOURN_TORTURE_CYCLES").ok().and_then(|cycles| cycles.parse().ok()).unwrap_or(10)
}
