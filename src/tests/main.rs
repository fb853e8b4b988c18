//! The integration suite: stories told on both engines.

mod api;
mod architecture;
mod command;
mod database;
mod delivery;
mod demo;
mod digest;
mod export;
mod faults;
mod following;
mod hospital;
mod import;
mod language;
mod log;
mod log_verify;
mod measures;
mod past;
mod projections;
mod rebuild;
mod record;
mod reminders;
mod schema;
mod screens;
mod sign_in;
mod simulation;
mod support;
