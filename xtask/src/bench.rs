//! The figures.

use anyhow::Result;

use crate::postgres::{Cluster, URL_VARIABLE};
use crate::step::{run as run_command, step};
use crate::workspace::Workspace;

/// Measures on both engines; what is passed on chooses figures.
pub fn run(workspace: &Workspace, options: &[String]) -> Result<()> {
    let postgres = Cluster::start()?;
    step("Measure", || {
        let mut bench = workspace.cargo();
        bench.args(["bench", "--package=sojourn", "--bench=figures", "--"]).args(options);
        run_command(bench.env(URL_VARIABLE, postgres.url()))
    })
}
