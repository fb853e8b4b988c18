//! What the network sees.

pub mod sign_in;
