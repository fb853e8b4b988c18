//! The screens' handlers: each loads what its screen shows and logs what is posted from it.

pub mod admin;
pub mod analytics;
pub mod analytics_targets;
pub mod audit;
pub mod audit_events;
pub mod billing;
pub mod bookings;
pub mod calls;
pub mod cash_up;
pub mod closing;
pub mod display;
pub mod doctor;
pub mod documents;
pub mod follow_ups;
pub mod lab;
pub mod letters;
pub mod login;
pub mod offline;
pub mod patients;
pub mod peers;
pub mod projections;
pub mod queue;
pub mod reception;
pub mod registration;
pub mod shared;
pub mod visit;
