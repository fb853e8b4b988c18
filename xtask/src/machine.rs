//! What the machine must have: looked for, brought where that is possible, otherwise named with the command that brings it.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::{output, run, step, succeeds};
use crate::workspace::Workspace;

/// Rust's target for the browser.
pub const WASM: &str = "wasm32-unknown-unknown";

/// A program that comes with Debian.
#[derive(Clone, Copy)]
pub enum Tool {
    /// The database server.
    Postgres,
    /// The message server.
    Nats,
    /// The browser.
    Chromium,
    /// The letters of Hindi, which the browser would draw as empty boxes.
    Devanagari,
    /// JavaScript outside the browser: runs the browser tests and wasm-opt.
    Node,
    /// Brings what `package-lock.json` names.
    Npm,
    /// Runs schemathesis.
    Python,
    /// Makes system calls fail, for the tests of failing disks.
    Strace,
}

impl Tool {
    fn package(self) -> &'static str {
        match self {
            Self::Postgres => "postgresql",
            Self::Nats => "nats-server",
            Self::Chromium => "chromium",
            Self::Devanagari => "fonts-lohit-deva",
            Self::Node => "nodejs",
            Self::Npm => "npm",
            Self::Python => "python3-venv",
            Self::Strace => "strace",
        }
    }

    fn is_here(self) -> bool {
        match self {
            Self::Postgres => postgres_programs().is_some(),
            // Debian puts it where only root looks.
            Self::Nats => on_path("nats-server").is_some() || Path::new("/usr/sbin/nats-server").is_file(),
            Self::Chromium => chromium().is_some(),
            // Where nobody can be asked, a screen's fonts come with the system.
            Self::Devanagari => output(Command::new("fc-list").args([":lang=hi", "family"]))
                .map_or(true, |fonts| !fonts.trim().is_empty()),
            Self::Node => on_path("node").is_some(),
            Self::Npm => on_path("npm").is_some(),
            Self::Python => succeeds(Command::new("python3").args(["-c", "import ensurepip"])),
            Self::Strace => on_path("strace").is_some(),
        }
    }
}

/// Adds the compiler's target for the browser when it is missing.
pub fn need_wasm_target(workspace: &Workspace) -> Result<()> {
    let libraries = output(workspace.rustc().args(["--print", "target-libdir", "--target", WASM]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    step("Add the compiler's target for the browser", || {
        run(workspace.rustup().args(["target", "add", WASM]))
            .with_context(|| format!("the compiler cannot build for the browser; run: rustup target add {WASM}"))
    })
}

/// Adds rustfmt and clippy when they are missing.
pub fn need_rustfmt_and_clippy(workspace: &Workspace) -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !succeeds(workspace.cargo().args([subcommand, "--version"])) {
            step(&format!("Add {component}"), || {
                run(workspace.rustup().args(["component", "add", component]))
                    .with_context(|| format!("{component} is missing; run: rustup component add {component}"))
            })?;
        }
    }
    Ok(())
}

/// Installs Debian's packages for the tools that are missing.
pub fn need(tools: &[Tool]) -> Result<()> {
    let missing: Vec<_> = tools.iter().filter(|tool| !tool.is_here()).map(|tool| tool.package()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    let by_hand = format!("sudo apt-get update && sudo apt-get install --no-install-recommends {packages}");
    if !is_root() || on_path("apt-get").is_none() {
        bail!("these are missing: {packages}\nOn Debian, run: {by_hand}");
    }
    step(&format!("Install {packages}"), || {
        let apt =
            |arguments: &[&str]| run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments));
        apt(&["update", "--quiet"])?;
        apt(&[&["install", "--quiet", "--yes", "--no-install-recommends"], &missing[..]].concat())
    })
    .with_context(|| format!("try it by hand: {by_hand}"))
}

/// Installs what `package-lock.json` names, when it was not yet or the file changed since.
pub fn need_node_modules(workspace: &Workspace) -> Result<()> {
    need(&[Tool::Node, Tool::Npm])?;
    let folder = workspace.end2end();
    let changed = |name: &str| folder.join(name).metadata().and_then(|file| file.modified());
    if changed("node_modules/.package-lock.json").ok() >= Some(changed("package-lock.json")?) {
        return Ok(());
    }
    step("Install end2end/package-lock.json", || {
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder))
            .context("npm could not reach its registry, or package-lock.json does not fit package.json")
    })
}

/// The folder of PostgreSQL's programs, the newest there is.
pub fn postgres_programs() -> Option<PathBuf> {
    let version = |folder: &PathBuf| folder.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let debian = Path::new("/usr/lib/postgresql")
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"));
    debian
        .chain(on_path("initdb").and_then(|program| Some(program.parent()?.to_owned())))
        .filter(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
        .max_by_key(version)
}

/// The browser.
pub fn chromium() -> Option<PathBuf> {
    on_path("chromium").or_else(|| on_path("chromium-browser"))
}

/// An address of this machine that nothing listens on.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Whether we run as root.
pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|program| program.is_file())
}
