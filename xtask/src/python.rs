//! Programs from Python's registry, each set of them in an environment of its own beside what cargo builds.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::step::{run, step, succeeds};
use crate::workspace::Workspace;

/// Installs packages, named with their versions, unless they are there; returns the folder of their programs.
pub fn install(workspace: &Workspace, packages: &[&str]) -> Result<PathBuf> {
    let folder = workspace.target.join(packages.join("-").replace("==", "-"));
    let programs = folder.join("bin");
    let whole = folder.join("whole");
    if !(whole.is_file() && succeeds(Command::new(programs.join("python")).arg("--version"))) {
        step(&format!("Install {}", packages.join(", ")), || {
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
            let mut pip = Command::new(programs.join("pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(packages);
            run(&mut pip).context("pip could not reach its registry")?;
            Ok(std::fs::write(&whole, "")?)
        })?;
    }
    Ok(programs)
}
