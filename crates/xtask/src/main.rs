//! Room `xtask`.

fn main() {}
