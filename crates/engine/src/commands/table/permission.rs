//! Who may run what.

use crate::commands::table::{Command, Group, Traits};
use crate::error::CommandError;

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Nothing but to authenticate.
    None,
    /// Read commands, except scripts and the ones that walk the whole database or tell about the server.
    ReadOnly,
    /// Everything.
    Full,
}

impl Permission {
    /// Whether a caller with it may run `command`.
    pub(super) fn check(self, command: &Command) -> Result<(), CommandError> {
        let allowed = match self {
            Self::Full => true,
            Self::None if command.traits.contains(Traits::NO_AUTH) => true,
            Self::None => return Err(CommandError::NotAuthenticated),
            Self::ReadOnly => {
                let refused = [Traits::ADMIN, Traits::DANGEROUS, Traits::POWERFUL];
                command.group != Group::Scripting
                    && !command.is_write()
                    && !refused.into_iter().any(|bits| command.traits.contains(bits))
            }
        };
        if allowed { Ok(()) } else { Err(CommandError::NoPermission { command: command.name }) }
    }
}
