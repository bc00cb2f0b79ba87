//! The bounds in time of a running script.

use std::sync::Arc;

use mlua::Lua;

use crate::error::Raised;
use crate::limits::STEPS_PER_LOOK;

/// Says whether a running script is to end. Asked every few thousand steps.
pub trait Watch: Send + Sync {
    /// Why it is to end now, if it is.
    fn stop(&self) -> Option<Stop>;
}

/// Why a script was ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// SCRIPT KILL or FUNCTION KILL.
    #[error("Script killed by user with SCRIPT KILL...")]
    Killed,
    /// It ran longer than any may.
    #[error("the script ran longer than script_time_ms_max")]
    OutOfTime,
    /// It ran longer than one may on a thread that others wait for: it is to run again on another.
    #[error("the script takes long")]
    TakesLong,
}

/// The watch of the script that runs.
pub(crate) struct Watched(pub(crate) Arc<dyn Watch>);

/// Looks at the watch.
pub(crate) fn look(lua: &Lua) -> mlua::Result<()> {
    let stop = lua.app_data_ref::<Watched>().and_then(|watched| watched.0.stop());
    match stop {
        Some(stop) => Err(Raised::Stopped(stop).into()),
        None => Ok(()),
    }
}

/// Counts the steps of one call of a library function, which the count of Lua's instructions does not see.
#[derive(Debug)]
pub(crate) struct Budget<'a> {
    lua: &'a Lua,
    left: u32,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(lua: &'a Lua) -> Self {
        Self { lua, left: STEPS_PER_LOOK }
    }

    /// Takes one step.
    pub(crate) fn step(&mut self) -> mlua::Result<()> {
        self.left -= 1;
        if self.left == 0 {
            self.left = STEPS_PER_LOOK;
            look(self.lua)?;
        }
        Ok(())
    }
}
