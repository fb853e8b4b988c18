//! The server: built with its site, and run.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::site;
use crate::step::{run as run_command, step};
use crate::workspace::{Profile, Workspace};

/// Builds the site and the server, and returns the server's file. A released one carries the site within.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let site = site::build(workspace, profile)?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--package=sojourn", "--bin=sojourn"]);
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => {
            cargo.args(["--release", "--features=embed"]).env("SOJOURN_SITE", site);
            "release"
        }
    };
    step("Compile the server", || run_command(&mut cargo))?;
    let server = workspace.target.join(folder).join("sojourn");
    println!("\n{} ({:.1} MB)", server.display(), server.metadata()?.len() as f64 / 1e6);
    Ok(server)
}

/// Builds the server and becomes it, with a demo hospital.
pub fn run(workspace: &Workspace, options: &[String]) -> Result<()> {
    let server = build(workspace, Profile::Dev)?;
    let mut command = Command::new(server);
    command.args(["serve", "--demo"]).args(options);
    if std::env::var_os("SOJOURN_DATABASE_URL").is_none() {
        command.env("SOJOURN_DATABASE_URL", format!("sqlite:{}", workspace.target.join("demo.sqlite").display()));
    }
    Err(command.exec().into())
}
