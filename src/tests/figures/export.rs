//! The export for warehouses: how fast it is, and how much memory it needs for a log and for one ten times as long.

use std::process::Stdio;
use std::time::{Duration, Instant};

use sojourn::db::Db;
use tokio::process::Command;
use tokio::time::sleep;

use super::large::Large;
use super::line;
use crate::server::memory;

/// How many days the short log has: more than are written at once.
const DAYS: i64 = 10;
/// How many visits a day has.
const A_DAY: usize = 250;
/// How often it is looked how much memory is held.
const LOOK: Duration = Duration::from_millis(10);

pub async fn measure(db: &Db, url: &str) {
    let mut large = Large::open(db).await;
    let mut events = 0;
    for days in [0..DAYS, DAYS..10 * DAYS] {
        events += large.log(days, A_DAY).await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().display().to_string();
        let begun = Instant::now();
        let peak = peak_of(&["export", "parquet", &path, "--database-url", url]).await;
        let rate = events as f64 / begun.elapsed().as_secs_f64();
        line(&format!("Parquet of {events} events"), &format!("{rate:.0} events/s, {} MB at most", peak / 1_000));
    }
}

/// Runs the program, and says how much memory it held at most, in kB.
async fn peak_of(arguments: &[&str]) -> u64 {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sojourn"));
    let program = program.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = program.spawn().expect("it starts");
    let id = child.id().expect("it runs");
    let mut peak = 0;
    loop {
        peak = memory(id, "VmHWM").unwrap_or(peak);
        if let Some(status) = child.try_wait().expect("a state") {
            assert!(status.success(), "{arguments:?}: {status}");
            return peak;
        }
        sleep(LOOK).await;
    }
}
