//! What people see: each screen is a pure function from its data to a view.

pub mod icon;
pub mod problem;
pub mod shell;
pub mod welcome;
