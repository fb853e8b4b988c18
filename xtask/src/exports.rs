//! The exports read by programs that know nothing of us: pm4py and DuckDB come to the same figures.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::machine::{Tool, need};
use crate::python;
use crate::step::{output, run as run_command, step};
use crate::workspace::Workspace;

/// The versions that are installed.
const PACKAGES: [&str; 2] = ["pm4py==2.7.23.11", "duckdb==2.0.0"];

/// Simulates a month, exports it, and has the others read them.
pub fn run(workspace: &Workspace, server: &Path) -> Result<()> {
    need(&[Tool::Python])?;
    let programs = python::install(workspace, &PACKAGES)?;
    step("Exports, read by pm4py and DuckDB", || {
        let scratch = tempfile::tempdir()?;
        let database = format!("sqlite:{}", scratch.path().join("simulated.sqlite").display());
        let sojourn = |arguments: &[&str]| {
            let mut command = Command::new(server);
            command.args(arguments).env("SOJOURN_DATABASE_URL", &database).current_dir(scratch.path());
            output(&mut command)
        };
        sojourn(&["simulate", "--visits-per-day", "15", "--days", "30", "--seed", "1", "--from", "2026-02-02"])?;
        sojourn(&["replay", "--projection", "visit_measures"])?;
        sojourn(&["export", "xes", "log.xes", "--figures", "figures.json"])?;
        sojourn(&["export", "ocel", "log.json"])?;
        sojourn(&["export", "parquet", "warehouse"])?;
        let mut reads = Command::new(programs.join("python"));
        reads.arg(workspace.root.join("xtask/exports.py")).current_dir(scratch.path());
        run_command(&mut reads)
    })
}
