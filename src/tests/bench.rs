//! The figures: how fast the journey, the log and the pages are.

fn main() {}
