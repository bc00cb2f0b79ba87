//! Scripts and functions in Lua 5.1, on a host that runs their commands.
//!
//! The engine declares the host ([`selvedge_engine::scripting`]); this room keeps Lua, and with it C, out of the engine. An
//! [`Interpreter`] holds no state that one script could leave for the next.

pub mod limits;

mod api;
mod bits;
mod budget;
mod cjson;
mod error;
mod interpreter;
mod message_pack;
mod natives;
mod pattern;
mod printf;
mod random;
mod registration;
mod reply;
mod sandbox;
mod shebang;
mod strings;
mod structs;
mod tables;

#[cfg(test)]
mod tests;

pub use budget::{Stop, Watch};
pub use error::ScriptError;
pub use interpreter::{Call, Interpreter};
pub use shebang::{Header, LibraryHeader, library_header, script_header};

use sha1::{Digest as _, Sha1};

/// The name of a script: the SHA-1 of its whole text, shebang line included, as 40 hexadecimal digits.
#[must_use]
pub fn sha1_hex(text: &[u8]) -> String {
    Sha1::digest(text).iter().fold(String::with_capacity(40), |mut hex, byte| {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        hex
    })
}
