//! The real binary, from outside: started, asked, stopped, killed.

mod abuse;
mod crash;
mod first_start;
mod harness;
mod lifecycle;
mod refusals;
