//! Where things are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::step;

/// The folders of the repository and of its builds.
pub struct Workspace {
    /// The repository.
    pub root: PathBuf,
    /// Where cargo builds.
    pub target: PathBuf,
}

/// How much the compiler tries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build.
    Dev,
    /// Quick to run and small to send.
    Release,
}

impl Workspace {
    /// Asks cargo.
    pub fn find() -> Result<Self> {
        let mut command = cargo(Path::new("."));
        command.args(["metadata", "--no-deps", "--format-version=1"]);
        let metadata: serde_json::Value = serde_json::from_str(&step::output(&mut command)?)?;
        let folder = |key: &str| {
            metadata[key].as_str().map(PathBuf::from).with_context(|| format!("cargo metadata has no {key}"))
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// Cargo, to be run at the root.
    pub fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// The compiler, to be run at the root.
    pub fn rustc(&self) -> Command {
        at(&self.root, std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
    }

    /// Rustup, to be run at the root.
    pub fn rustup(&self) -> Command {
        at(&self.root, "rustup".into())
    }

    /// The folder of the browser tests and of the tools that npm brings.
    pub fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }
}

fn cargo(folder: &Path) -> Command {
    at(folder, std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn at(folder: &Path, program: OsString) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    // What cargo tells xtask of xtask would make some build scripts run again, and with them half of the dependencies.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}
