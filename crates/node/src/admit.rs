//! Admission: what may run, decided before anything does.

use selvedge_engine::{Args, Command, CommandError, Permission, Traits, table};

use crate::database::Database;

/// Who is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// What the token allows.
    pub permission: Permission,
}

impl Database {
    /// Finds the command and checks that this caller may run it now: name, arity, permission, and that no script holds
    /// everything for long, in that order.
    ///
    /// # Errors
    /// The refusal in Redis' words.
    pub fn admit(&self, caller: Caller, args: Args<'_>) -> Result<&'static Command, CommandError> {
        let command = table::lookup(args)?;
        command.permitted(caller.permission)?;
        let watches = &self.scripts.watches;
        if watches.is_busy() && !command.traits.contains(Traits::ALLOW_BUSY) {
            return Err(watches.busy());
        }
        Ok(command)
    }
}
