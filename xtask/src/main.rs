//! Builds, runs and tests Sojourn on a machine that has only rustup's Rust and Debian.
#![forbid(unsafe_code)]

mod bench;
mod browser;
mod exports;
mod machine;
mod postgres;
mod python;
mod schemathesis;
mod server;
mod site;
mod step;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};
use workspace::{Profile, Workspace};

const USAGE: &str = "\
cargo xtask build [--release]   the browser's part and the server; released, one file: target/release/sojourn
cargo xtask run [OPTIONS]       build, then serve a demo hospital on http://127.0.0.1:3000 (OPTIONS as of `sojourn serve`)
cargo xtask test                format, clippy, and every test on both engines, over the API and in the browser
cargo xtask exports             what is exported, read by pm4py and DuckDB
cargo xtask pictures            every screen by day and at night, on desktop and tablet, in target/pictures
cargo xtask size                what a browser is sent by a release, and its limits
cargo xtask lighthouse          Lighthouse's marks for the workplaces of a release, in target/lighthouse
cargo xtask torture [CYCLES]    kill, stop, fill and break what can be, 200 times over, and see that nothing is lost
cargo xtask bench               the figures: how fast the journey, the log, live updates, pages, analytics, simulation and export are";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<()> {
    step::stop_on_signals()?;
    let workspace = Workspace::find()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["build"] => server::build(&workspace, Profile::Dev).map(drop),
        ["build", "--release"] => server::build(&workspace, Profile::Release).map(drop),
        ["run", ..] => server::run(&workspace, &arguments[1..]),
        ["test"] => test::run(&workspace),
        ["exports"] => exports::run(&workspace, &server::build(&workspace, Profile::Dev)?),
        ["pictures"] => browser::pictures(&workspace),
        ["lighthouse"] => browser::lighthouse(&workspace),
        ["size"] => browser::size(&workspace),
        ["torture"] => test::torture(&workspace, "200"),
        ["torture", cycles] => test::torture(&workspace, cycles),
        ["bench", ..] => bench::run(&workspace, &arguments[1..]),
        [] | ["help" | "-h" | "--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("this is not understood: {}\n\n{USAGE}", arguments.join(" ")),
    }
}
