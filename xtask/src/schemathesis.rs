//! Schemathesis against the running API: whatever it sends, the answer is one that the description names.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::machine::{Tool, free_address, need};
use crate::python;
use crate::step::{output, run as run_command, step};
use crate::workspace::Workspace;

/// The version that is installed: what it tries changes from one to the next.
const PACKAGE: &str = "schemathesis==4.32.5";

/// Logging knows a body for every event; to vary each field of each of them takes minutes, so there the bodies are drawn.
const LOGGING: &str = "^/events(/batch)?$";

/// Who may do everything, so that nothing ends at a role.
const ROLES: &str = "receptionist,nurse,doctor,billing_clerk,lab_technician,pathologist,manager,admin,auditor";

/// Runs every check against a server with a fresh demo hospital.
pub fn run(workspace: &Workspace, server: &Path) -> Result<()> {
    need(&[Tool::Python])?;
    let programs = python::install(workspace, &[PACKAGE])?;
    step("Schemathesis against the API", || {
        let scratch = tempfile::tempdir()?;
        let database = format!("sqlite:{}", scratch.path().join("api.sqlite").display());
        let sojourn = |arguments: &[&str]| {
            let mut command = Command::new(server);
            command.args(arguments).env("SOJOURN_DATABASE_URL", &database).current_dir(scratch.path());
            command
        };
        let address = free_address()?.to_string();
        let mut serve = sojourn(&["serve", "--demo", "--listen", &address, "--calls-per-second", "100000"]);
        let served = Served(serve.stdout(Stdio::null()).spawn().context("the server could not be started")?);
        wait_for(&address)?;
        output(&mut sojourn(&["user", "roles", "manager", ROLES]))?;
        let token = output(&mut sojourn(&["token", "create", "--user", "manager"]))?;
        let run = |options: &[&str]| {
            let mut tests = Command::new(programs.join("st"));
            tests.arg("--config-file").arg(workspace.root.join("xtask/schemathesis.toml"));
            tests.args(["run", &format!("http://{address}/api/v1/openapi.json"), "--checks=all", "--seed=1"]);
            tests.args(["-H", &format!("Authorization: Bearer {}", token.trim())]).args(options);
            run_command(tests.current_dir(scratch.path()))
        };
        run(&["--max-examples=15", "--exclude-path-regex", LOGGING])?;
        run(&["--max-examples=60", "--phases=fuzzing", "--include-path-regex", LOGGING])?;
        drop(served);
        Ok(())
    })
}

/// A running server; it ends with this value.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn wait_for(address: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(address).is_err() {
        if Instant::now() > deadline {
            bail!("nothing answers at {address}");
        }
        sleep(Duration::from_millis(50));
    }
    Ok(())
}
