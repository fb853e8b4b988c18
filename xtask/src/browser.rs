//! What is seen in a browser: the journeys that are tested there, pictures of every screen, and the weight of what is sent.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::machine::{Tool, chromium, free_address, need, need_node_modules};
use crate::server;
use crate::site;
use crate::step::{run as run_command, step};
use crate::workspace::{Profile, Workspace};

/// The most that may be sent, gzipped, in kilobytes: what has one of the endings, together.
const BUDGETS: [(&[&str], f64); 2] = [(&["wasm", "js"], 200.0), (&["css"], 25.0)];

/// Tests the journeys of a demo hospital.
pub fn test(workspace: &Workspace, server: &Path) -> Result<()> {
    step("Tests in the browser", || playwright(workspace, server, |_| {}))
}

/// Takes pictures of every screen, by day and at night, on a desktop and on a tablet.
pub fn pictures(workspace: &Workspace) -> Result<()> {
    look(workspace, Profile::Dev, "pictures")
}

/// Has Lighthouse mark the workplaces of a release; fails where a mark is lower than it may be.
///
/// It is not among the packages of end2end: one of its own names no version, so no lock would hold.
pub fn lighthouse(workspace: &Workspace) -> Result<()> {
    need(&[Tool::Node, Tool::Npm])?;
    need_node_modules(workspace)?;
    step("Install lighthouse", || {
        let install = ["install", "--no-save", "--no-audit", "--no-fund", "lighthouse@12.8.2"];
        run_command(Command::new("npm").args(install).current_dir(workspace.end2end()))
    })?;
    look(workspace, Profile::Release, "lighthouse")
}

/// Looks at a demo hospital as end2end's folder of a name says, and keeps what comes of it in the target's.
fn look(workspace: &Workspace, profile: Profile, name: &str) -> Result<()> {
    need(&[Tool::Chromium, Tool::Devanagari, Tool::Node, Tool::Npm])?;
    need_node_modules(workspace)?;
    let (server, folder) = (server::build(workspace, profile)?, workspace.target.join(name));
    step(&format!("Look: {name}"), || {
        playwright(workspace, &server, |command| {
            command.arg(format!("--config={name}.config.ts")).env("SOJOURN_KEPT_IN", &folder);
        })
    })?;
    println!("\n{}", folder.display());
    Ok(())
}

fn playwright(workspace: &Workspace, server: &Path, also: impl FnOnce(&mut Command)) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let mut playwright = Command::new("npx");
    playwright.args(["--no-install", "playwright", "test"]).current_dir(workspace.end2end());
    playwright
        .env("TMPDIR", scratch.path())
        .env("SOJOURN_BINARY", server)
        .env("SOJOURN_ADDRESS", free_address()?.to_string())
        .env("SOJOURN_CHROMIUM", chromium().context("chromium is not on the PATH")?);
    also(&mut playwright);
    run_command(&mut playwright)
}

/// Prints what a released site weighs as it is sent; fails where that is more than it may be.
pub fn size(workspace: &Workspace) -> Result<()> {
    let site = site::build(workspace, Profile::Release)?;
    let mut sent = Vec::new();
    weigh(&site, &mut sent)?;
    let mut heavy = Vec::new();
    for (endings, most) in BUDGETS {
        let is_meant = |name: &str| endings.iter().any(|ending| name.ends_with(&format!(".{ending}")));
        let files: Vec<_> = sent.iter().filter(|(name, _)| is_meant(name)).collect();
        let weight: f64 = files.iter().map(|(_, bytes)| *bytes as f64 / 1e3).sum();
        println!("\n{}: {weight:.1} kB gzipped, of {most:.0} kB", endings.join(" + "));
        for (name, bytes) in files {
            println!("  {:>8.1} kB  {name}", *bytes as f64 / 1e3);
        }
        if weight > most {
            heavy.push(endings.join(" + "));
        }
    }
    if !heavy.is_empty() {
        bail!("too heavy: {}", heavy.join(", "));
    }
    Ok(())
}

fn weigh(folder: &Path, sent: &mut Vec<(String, usize)>) -> Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() {
            weigh(&path, sent)?;
            continue;
        }
        let gzip = Command::new("gzip").args(["-9", "--stdout"]).arg(&path).stdin(Stdio::null()).output()?;
        sent.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), gzip.stdout.len()));
    }
    Ok(())
}
