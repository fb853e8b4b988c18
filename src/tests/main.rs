//! The integration suite: stories told on both engines.

mod architecture;
mod database;
mod hospital;
mod log;
mod log_verify;
mod projections;
mod record;
mod schema;
mod sign_in;
mod support;
