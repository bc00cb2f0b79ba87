//! HTTP/1.1 as far as it decides where a request ends: [`Framing`] accepts only what every server reads the same way.
//!
//! Source: RFC 9112.

mod framing;

#[cfg(test)]
mod tests;

pub use framing::{Framing, FramingError};
