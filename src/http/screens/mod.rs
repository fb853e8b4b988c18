//! What stands at each address that people open.

pub mod doctor;
