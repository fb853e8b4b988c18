//! The integration suite: stories told on both engines.

mod database;
mod demo;
mod hospital;
mod log;
mod log_verify;
mod sign_in;
mod support;
