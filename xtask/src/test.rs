//! Everything that must hold.

use anyhow::{Context, Result};

use crate::machine::{Tool, WASM, need, need_node_modules, need_rustfmt_and_clippy, need_wasm_target};
use crate::postgres::{Cluster, URL_VARIABLE};
use crate::step::{run as run_command, step};
use crate::workspace::{Profile, Workspace};
use crate::{browser, exports, schemathesis, server};

/// Runs every test there is.
pub fn run(workspace: &Workspace) -> Result<()> {
    need_rustfmt_and_clippy(workspace)?;
    need_wasm_target(workspace)?;
    need(&[Tool::Postgres, Tool::Nats, Tool::Chromium, Tool::Devanagari, Tool::Node, Tool::Npm, Tool::Strace])?;
    need_node_modules(workspace)?;

    let cargo = |arguments: &[&str]| run_command(workspace.cargo().args(arguments));
    step("Format", || cargo(&["fmt", "--all", "--check"]).context("run: cargo fmt --all"))?;
    // Package by package: all at once, what both depend on is built with the features of both, and then once more for the server.
    for package in ["sojourn", "xtask"] {
        step(&format!("Clippy, {package}"), || {
            cargo(&["clippy", "--package", package, "--all-targets", "--", "--deny=warnings"])
        })?;
    }
    step("Clippy, the islands", || {
        let islands =
            ["clippy", "--package=sojourn", "--lib", "--no-default-features", "--features=hydrate", "--target", WASM];
        cargo(&[&islands[..], &["--", "--deny=warnings"]].concat())
    })?;
    step("Broken links in the documentation", || {
        let mut rustdoc = workspace.cargo();
        rustdoc.args(["doc", "--package=sojourn", "--lib", "--no-deps"]).env("RUSTDOCFLAGS", "--deny=warnings");
        run_command(&mut rustdoc)
    })?;
    step("Tests of xtask", || cargo(&["test", "--package=xtask"]))?;
    {
        let (postgres, spare) = (Cluster::start()?, Cluster::start()?);
        step("Tests", || {
            let mut tests = workspace.cargo();
            spare.lend(tests.args(["test", "--package=sojourn"]).env(URL_VARIABLE, postgres.url()));
            run_command(&mut tests)
        })?;
    }
    let server = server::build(workspace, Profile::Dev)?;
    schemathesis::run(workspace, &server)?;
    exports::run(workspace, &server)?;
    browser::test(workspace, &server)
}

/// Tells the stories of faults at length, and prints what was seen.
pub fn torture(workspace: &Workspace, cycles: &str) -> Result<()> {
    need(&[Tool::Postgres, Tool::Nats, Tool::Strace])?;
    let (postgres, spare) = (Cluster::start()?, Cluster::start()?);
    step("Torture", || {
        let mut tests = workspace.cargo();
        tests.args(["test", "--package=sojourn", "--test=suite", "--", "faults::", "--nocapture", "--test-threads=1"]);
        tests.env("SOJOURN_TORTURE_CYCLES", cycles).env(URL_VARIABLE, postgres.url());
        spare.lend(&mut tests);
        run_command(&mut tests)
    })
}
