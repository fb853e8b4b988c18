//! Stories of the one way in, on both engines.

mod batches;
mod flow;
mod many;
mod others;
mod references;
mod refusals;
mod retries;
mod snapshots;
mod tokens;
mod versions;
