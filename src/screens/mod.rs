//! What people see: each screen is a pure function from its data to a view.

pub mod attempt;
pub mod doctor;
pub mod form;
pub mod icon;
pub mod layout;
pub mod parts;
pub mod problem;
pub mod shell;
pub mod welcome;
