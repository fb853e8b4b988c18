//! The command line.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sojourn::command::{
    self, backup, export, hospital, import, replay, serve, simulate, subscription, token, user, verify,
};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sojourn: every step of a hospital visit, logged and checked
#[derive(Parser)]
#[command(version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Options),
    /// The people who sign in
    #[command(subcommand)]
    User(user::UserCommand),
    /// The tokens with which programs call
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// The hospital itself: its branches, prices and registry of events
    #[command(subcommand)]
    Hospital(hospital::HospitalCommand),
    /// Write the whole database into one file, while others write to it
    Backup(backup::Options),
    /// Fill an empty database with what a backup holds
    Restore(backup::Options),
    /// Who is handed each event, by webhook or NATS
    #[command(subcommand)]
    Subscription(subscription::SubscriptionCommand),
    /// Read the log again: what it comes to, or a read model made anew from it
    Replay(replay::Options),
    /// Write the log for other programs: process mining and warehouses
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// Bring a foreign event log into a hospital of its own, and say what the journey refuses of it
    Import(import::Options),
    /// Fill an empty database with a hospital and weeks of its visits
    Simulate(simulate::Options),
    /// Recompute every link of every hospital's log
    Verify(verify::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("SOJOURN_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(CommandLine::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sojourn: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), command::Error> {
    match command {
        Command::Serve(options) => serve::run(options).await,
        Command::User(command) => user::run(command).await,
        Command::Token(command) => token::run(command).await,
        Command::Hospital(command) => hospital::run(command).await,
        Command::Backup(options) => backup::back_up(options).await,
        Command::Restore(options) => backup::restore(options).await,
        Command::Subscription(command) => subscription::run(command).await,
        Command::Replay(options) => replay::run(options).await,
        Command::Export(command) => export::run(command).await,
        Command::Import(options) => import::run(options).await,
        Command::Simulate(options) => simulate::run(options).await,
        Command::Verify(options) => verify::run(options).await,
    }
}
