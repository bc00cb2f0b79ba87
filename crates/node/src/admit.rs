//! Admission: what may run, decided before anything does.

use selvedge_engine::{Args, Command, CommandError, Permission, table};

use crate::database::Database;

/// Who is asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// What the token allows.
    pub permission: Permission,
}

impl Database {
    /// Finds the command and checks that this caller may run it: name, arity, permission, in that order.
    ///
    /// # Errors
    /// The refusal in Redis' words.
    pub fn admit(&self, caller: Caller, args: Args<'_>) -> Result<&'static Command, CommandError> {
        let command = table::lookup(args)?;
        command.permitted(caller.permission)?;
        Ok(command)
    }
}
