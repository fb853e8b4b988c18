//! A PostgreSQL of our own, for as long as we need it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::machine::{Tool, free_address, is_root, need, postgres_programs};
use crate::step::{output, step, succeeds};

/// What names a PostgreSQL server to the tests; each makes databases of its own on it.
pub const URL_VARIABLE: &str = "SOJOURN_TEST_POSTGRES";

/// A running server; it is stopped and removed with this value.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

/// What names a server that only one test uses, and the commands by which it stops and starts it.
const SPARE_VARIABLES: [&str; 3] =
    ["SOJOURN_TEST_SPARE_POSTGRES", "SOJOURN_TEST_SPARE_STOP", "SOJOURN_TEST_SPARE_START"];

impl Cluster {
    /// Starts a server in a folder and on a port of its own, with the durability of every other one.
    pub fn start() -> Result<Self> {
        need(&[Tool::Postgres])?;
        step("Start a PostgreSQL of our own", || {
            let programs = postgres_programs().context("PostgreSQL's initdb is not where Debian puts it")?;
            let folder = tempfile::Builder::new().prefix("sojourn-postgres-").tempdir()?;
            if is_root() {
                output(Command::new("chown").arg("postgres").arg(folder.path()))?;
            }
            let port = free_address()?.port();
            let cluster = Self { folder, programs, port };
            output(cluster.program("initdb").args([
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ]))?;
            output(&mut cluster.start_command())
                .with_context(|| std::fs::read_to_string(cluster.path().join("log")).unwrap_or_default())?;
            Ok(cluster)
        })
    }

    /// Where the server is, as one who may make databases.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Lets a command's tests stop and start this server as they like.
    pub fn lend(&self, command: &mut Command) {
        let values = [self.url(), shell(&self.stop_command()), shell(&self.start_command())];
        command.envs(SPARE_VARIABLES.into_iter().zip(values));
    }

    fn start_command(&self) -> Command {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c max_connections=300",
            self.port,
            self.path().display()
        );
        let mut command = self.program("pg_ctl");
        command.args(["start", "--wait", "--options", &options, "--log"]).arg(self.path().join("log"));
        command
    }

    fn stop_command(&self) -> Command {
        let mut command = self.program("pg_ctl");
        command.args(["stop", "--wait", "--mode=immediate"]);
        command
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// One of PostgreSQL's programs, on this server's data. They refuse to run as root.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["--user", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.path()).arg("--pgdata").arg(self.path().join("data"));
        command
    }
}

/// A command as a shell reads it.
fn shell(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted = words.map(|word| format!("'{}'", word.to_string_lossy().replace('\'', r"'\''")));
    let folder = command.get_current_dir().map(|folder| format!("cd '{}' && ", folder.display())).unwrap_or_default();
    format!("{folder}{} >/dev/null 2>&1", quoted.collect::<Vec<_>>().join(" "))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if succeeds(&mut self.stop_command()) {
            println!("  The PostgreSQL of our own is stopped and removed.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_answers_while_it_lives_and_leaves_nothing() {
        let cluster = Cluster::start().expect("PostgreSQL starts");
        let folder = cluster.path().to_owned();
        let address = ("127.0.0.1", cluster.port);
        let query = ["--no-psqlrc", "--tuples-only", "--no-align", "--command=SHOW fsync"];
        let answer = output(Command::new("psql").arg(cluster.url()).args(query)).expect("it answers");
        assert_eq!(answer.trim(), "on");
        drop(cluster);
        assert!(!folder.exists());
        assert!(std::net::TcpStream::connect(address).is_err());
    }
}
