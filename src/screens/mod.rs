//! What people see: each screen is a pure function from its data to a view.

pub mod analytics;
pub mod attempt;
pub mod audit;
pub mod billing;
pub mod doctor;
pub mod form;
pub mod icon;
pub mod lab;
pub mod layout;
pub mod login;
pub mod parts;
pub mod past;
pub mod patient;
pub mod patients;
pub mod problem;
pub mod projections;
pub mod queue;
pub mod reception;
pub mod registration;
pub mod shell;
pub mod slip;
pub mod visit;
