//! Room `cli`.

fn main() {}
