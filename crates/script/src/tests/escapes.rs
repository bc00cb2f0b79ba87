//! What scripts must not do: reach outside, stay behind, run on, crash. Several are advisories of Redis.

use super::{Patience, run, run_watched, text};
use crate::{Interpreter, ScriptError, Stop};

fn refused(script: &str) -> String {
    let error = run(&mut Interpreter::new().unwrap(), script);
    error.expect_err(script).to_string()
}

#[test]
fn there_is_no_way_outside() {
    let mut interpreter = Interpreter::new().unwrap();
    for name in [
        "io",
        "debug",
        "package",
        "require",
        "module",
        "dofile",
        "loadfile",
        "newproxy",
        "getfenv",
        "setfenv",
        "print",
        "os.execute",
        "os.getenv",
        "string.dump",
        "os.time",
    ] {
        let script = format!("return type({name})");
        let answer = text(&mut interpreter, &script);
        assert!(answer == "nil" || answer.contains("nonexistent global variable"), "{name}: {answer}");
    }
    // Lua does not verify bytecode.
    for script in [
        "return loadstring('\\27LuaQ')()",
        "local n = 0 return load(function() n = n + 1 return n == 1 and '\\27LuaQ' or nil end)()",
    ] {
        assert!(refused(script).contains("attempt to call a nil value"), "{script}");
    }
}

#[test]
fn nothing_stays_behind() {
    let mut interpreter = Interpreter::new().unwrap();
    for script in [
        "table.insert(redis, 'left')",
        "table.insert(string, 'left')",
        "math.randomseed(5)",
        "redis.setresp(3)",
        "cjson.encode_sparse_array(true)",
        "collectgarbage('stop')",
        "local co = coroutine.wrap(function() error('x') end) pcall(co)",
    ] {
        run(&mut interpreter, script).unwrap();
    }
    for (script, expected) in [
        ("return redis[1]", "Null"),
        ("return string[1]", "Null"),
        ("math.randomseed(0) return math.random(100)", "Integer(18)"),
        ("return false", "Null"),
        (
            "return select(2, pcall(cjson.encode, {[1000] = 1}))",
            "Cannot serialise table: excessively sparse array",
        ),
    ] {
        assert_eq!(text(&mut interpreter, script), expected, "{script}");
    }
}

#[test]
fn what_all_scripts_share_is_read_only() {
    for script in [
        "redis.call = 1",
        "string.rep = nil",
        "_G.redis = nil",
        "KEYS = {}",
        "tostring = nil",
        "getmetatable('').__index = nil",
        "rawset(redis, 'x', 1)",
        "setmetatable(_G, {})",
        "setmetatable(string, {})",
        "local f, t = pairs(redis) t.call = 1",
        "cjson.null = 1",
    ] {
        assert!(
            refused(script).contains("Attempt to modify a readonly table"),
            "{script}: {}",
            refused(script)
        );
    }
    let mut interpreter = Interpreter::new().unwrap();
    assert_eq!(text(&mut interpreter, "return tostring(getmetatable(redis))"), "nil");
    assert_eq!(text(&mut interpreter, "return rawget(_G, 'nope')"), "Null");
    assert_eq!(
        text(&mut interpreter, "local n = 0 for name in pairs(math) do n = n + 1 end return n > 20"),
        "Integer(1)"
    );
}

#[test]
fn a_script_ends_when_its_time_is_over() {
    for script in [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() while true do end end, function() return 1 end) end",
        "local co = coroutine.create(function() while true do pcall(function() while true do end end) end end)
         while true do coroutine.resume(co) end",
        "coroutine.wrap(function() while true do pcall(coroutine.wrap(function() while true do end end)) end end)()",
        // The matcher, the sorter and the encoders count their own steps.
        "return ('a'):rep(60):find(('a-'):rep(30) .. 'b')",
        "return ('a'):rep(5000):find(('.-'):rep(50) .. 'b')",
        "return ('x'):rep(1000000):find(('x'):rep(500000) .. 'y', 1, true)",
        "local s = ('('):rep(10000) while true do s:gsub('%b()', '') end",
        "for w in ('a'):rep(100000):gmatch('a-a-a-a-b') do end",
        "local t = {} for i = 1, 20000 do t[i] = i end while true do table.sort(t, function(a, b) return a > b end) end",
        "local t = {} for i = 1, 1000 do t[i] = t end t = {{}} while true do cjson.decode(cjson.encode({1, 2})) end",
        "while true do ('x'):gsub('x', function() end) end",
        "local function f() pcall(f) f() end f()",
        "while true do loadstring('return 1')() end",
        "error(setmetatable({}, {__tostring = function() while true do end end}))
         while true do end",
    ] {
        let mut interpreter = Interpreter::new().unwrap();
        let result = run_watched(&mut interpreter, script, &Patience::of(20));
        match result {
            Err(ScriptError::Stopped(Stop::OutOfTime)) => assert!(interpreter.is_spent(), "{script}"),
            Err(ScriptError::Raised(_)) if script.starts_with("error") => {}
            other => panic!("{script}: {other:?}"),
        }
    }
}

#[test]
fn a_script_ends_when_its_memory_is_over() {
    for script in [
        "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} while true do pcall(function() while true do t[#t + 1] = {} end end) end",
        "return cjson.decode(('['):rep(900) .. (']'):rep(900)) and ('x'):rep(30000000) .. ('y'):rep(30000000)",
    ] {
        let mut interpreter = Interpreter::new().unwrap();
        match run_watched(&mut interpreter, script, &Patience::of(4_000)) {
            Err(ScriptError::OutOfMemory { .. } | ScriptError::Stopped(_)) => {
                assert!(interpreter.is_spent(), "{script}");
            }
            other => panic!("{script}: {other:?}"),
        }
    }
}

#[test]
fn depth_is_bounded_before_the_stack_is() {
    for (script, expected) in [
        ("local function f() return 1 + f() end return f()", "stack overflow"),
        ("local function f() return coroutine.wrap(f)() end return f()", "C stack overflow"),
        (
            "local function f() local ok, e = coroutine.resume(coroutine.create(f)) error(e) end f()",
            "C stack overflow",
        ),
        ("local s = ('('):rep(300) .. ')' return ('x'):find(s)", "too many captures"),
        ("return ('x'):rep(300):find(('x?'):rep(300) .. 'y')", "pattern too complex"),
        ("local t = {} t[1] = t return cjson.encode(t)", "Cannot serialise, excessive nesting (1001)"),
        ("return cjson.decode(('['):rep(1001))", "Found too many nested data structures (1001)"),
        ("local t = {} t[1] = t return t", "reached lua stack limit"),
        ("return cmsgpack.unpack(('\\145'):rep(1000))", "Bad data format in input."),
        ("return loadstring(('('):rep(1000) .. '1' .. (')'):rep(1000))()", "attempt to call a nil value"),
        ("return loadstring('x = ' .. ('-'):rep(10000))()", "attempt to call a nil value"),
        ("local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x", "loop in gettable"),
    ] {
        let answer = refused(script);
        assert!(answer.contains(expected), "{script}: {answer}");
    }
}

/// Each is a crash or worse in the libraries that Redis had at some time.
#[test]
fn the_advisories_of_redis_are_no_news() {
    let mut interpreter = Interpreter::new().unwrap();
    // CVE-2024-31449: bit.tohex with the smallest integer.
    assert_eq!(text(&mut interpreter, "return bit.tohex(65535, -2147483648)"), "0000FFFF");
    // CVE-2025-46817: unpack counts past the largest integer.
    assert!(refused("return unpack({'a'}, 0, 2147483647)").contains("too many results to unpack"));
    assert!(refused("return unpack({'a'}, -2147483648, 2147483646)").contains("too many results to unpack"));
    assert!(refused("return unpack({'a'}, 1, 1e300)").contains("too many results to unpack"));
    assert!(refused("return unpack({'a'}, 0/0, 1e300)").contains("too many results to unpack"));
    // CVE-2025-46818: metatables of basic types.
    assert!(refused("getmetatable('').__index = function() end").contains("readonly"));
    // CVE-2025-46819: a long bracket without end.
    assert!(refused("return loadstring('return [' .. ('='):rep(100000))()").contains("attempt to call"));
    // CVE-2025-49844: garbage is collected while a chunk is parsed.
    assert_eq!(
        text(
            &mut interpreter,
            "for i = 1, 200 do loadstring('local x' .. i .. ' = {}' .. (' local y = {}'):rep(50), '@' .. i .. ('n'):rep(100)) end return 'alive'"
        ),
        "alive"
    );
    // CVE-2022-24834: cjson.encode of a long string of escapes.
    assert_eq!(text(&mut interpreter, "return #cjson.encode(('\\1'):rep(100000))"), "Integer(600002)");
    // CVE-2020-14147 and its kin: sizes of struct and offsets of cmsgpack that overflow.
    for script in [
        "return struct.pack('>I2147483648', '10')",
        "return struct.unpack('c2147483647', 'x')",
        "return struct.unpack('I4', 'x', 2147483647)",
        "return struct.unpack('bc0', '\\255x')",
        "return struct.pack('!2147483648i', 1)",
        "return cmsgpack.unpack_limit('x', 1, -1)",
        "return cmsgpack.unpack_one('x', 5)",
        "return cmsgpack.unpack('\\221\\255\\255\\255\\255')",
        "return cmsgpack.unpack('\\219\\255\\255\\255\\255')",
    ] {
        assert!(run(&mut interpreter, script).is_err(), "{script}");
    }
    assert!(!interpreter.is_spent());
}
