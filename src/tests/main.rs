//! The integration suite: stories told on both engines.

mod database;
mod demo;
mod log;
mod log_verify;
mod support;
