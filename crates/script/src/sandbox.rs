//! Builds the world of scripts: see `sandbox.lua`.

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, LuaOptions, StdLib, Table};

use crate::natives::SANDBOX;
use crate::tables::Environment;
use crate::{api, bits, cjson, message_pack, registration, structs, tables};

/// What the sandbox hands out.
#[derive(Debug)]
pub(crate) struct Sandbox {
    /// What scripts see as their globals.
    pub(crate) environment: Table,
    /// What libraries of functions see.
    pub(crate) library_environment: Table,
    /// `run(script, keys, arguments, failed)`
    pub(crate) run: Function,
    /// `call(callback, keys, arguments, failed)`
    pub(crate) call: Function,
    /// `load_library(chunk, failed)`
    pub(crate) load_library: Function,
    /// `clean()`: leaves nothing of a run.
    pub(crate) clean: Function,
}

/// A Lua with the libraries that the sandbox chooses from.
pub(crate) fn lua() -> mlua::Result<Lua> {
    Lua::new_with(StdLib::STRING | StdLib::TABLE | StdLib::MATH, LuaOptions::new().catch_rust_panics(true))
}

/// Builds the sandbox.
pub(crate) fn build(lua: &Lua) -> mlua::Result<Sandbox> {
    let natives = tables::table(lua)?;
    natives.raw_set("redis", api::redis(lua)?)?;
    natives.raw_set("registration", registration::registration(lua)?)?;
    let libraries = lua.create_table()?;
    libraries.raw_set("bit", bits::library(lua)?)?;
    libraries.raw_set("cjson", cjson::library(lua)?)?;
    libraries.raw_set("cmsgpack", message_pack::library(lua)?)?;
    libraries.raw_set("struct", structs::library(lua)?)?;
    natives.raw_set("libraries", libraries)?;
    let chunk = lua.load(include_str!("sandbox.lua")).set_name(SANDBOX).set_mode(ChunkMode::Text);
    let (environment, library_environment, run, call, load_library, clean): (Table, _, _, _, _, _) =
        chunk.call(natives)?;
    lua.set_app_data(Environment(environment.clone()));
    lua.set_app_data(std::time::Instant::now());
    Ok(Sandbox { environment, library_environment, run, call, load_library, clean })
}
