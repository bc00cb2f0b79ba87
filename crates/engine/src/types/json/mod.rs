//! JSON documents: packed while they are small, trees beyond.

pub(crate) mod change;
pub(crate) mod node;
mod number;
mod packed;
pub(crate) mod path;
mod sequence;
#[cfg(test)]
mod tests;
pub(crate) mod text;
mod tree;
mod view;
pub(crate) mod write;

pub(crate) use change::JsonInverse;
pub(crate) use node::{Node, pack};
pub(crate) use number::Amount;
pub use packed::{PackedJson, PackedValues};
pub use text::JsonError;
pub(crate) use text::JsonText;
pub use view::{ArrayRef, JsonRef, JsonView, ObjectRef};
