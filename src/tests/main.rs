//! The integration suite: stories told on both engines.

mod api;
mod database;
mod demo;
mod hospital;
mod log;
mod log_verify;
mod record;
mod screens;
mod sign_in;
mod support;
