-- The world of a script, built once per interpreter. The standard library of Lua is here under its own names; a script gets
-- the tables made below, which it cannot change.
--
-- `native` holds the functions of this room that are written in Rust. An error that one of them raises is a userdata until it
-- is caught; `native.caught` and `native.plain` make of it what Redis would have raised, and raise anew what no script may
-- catch: the end of its time.

local native = ...

local error, getmetatable, next, pairs, pcall, rawget, rawset, select, setmetatable, tonumber, type, xpcall =
  error, getmetatable, next, pairs, pcall, rawget, rawset, select, setmetatable, tonumber, type, xpcall
local create, resume, sort, unpack = coroutine.create, coroutine.resume, table.sort, unpack

local READONLY = 'Attempt to modify a readonly table'

-- Protected tables are empty, with their contents behind them: every assignment meets `__newindex`.
local contents_of = {}

local function refuse()
  error(READONLY, 2)
end

local function protect(contents)
  local protected = setmetatable({}, { __index = contents, __newindex = refuse })
  contents_of[protected] = contents
  return protected
end

local function copy(from, names)
  local to = {}
  for name in names:gmatch('%S+') do
    to[name] = from[name]
  end
  return to
end

local function check_table(value, name)
  if type(value) ~= 'table' then
    error(("bad argument #1 to '%s' (table expected, got %s)"):format(name, type(value)), 3)
  end
end

local globals = copy(_G, [[_VERSION assert error ipairs next rawequal select tonumber tostring type]])

-- What reaches into tables.

local function next_protected(protected, key)
  return next(contents_of[protected], key)
end

function globals.next(t, key)
  check_table(t, 'next')
  return next(contents_of[t] or t, key)
end

function globals.pairs(t)
  check_table(t, 'pairs')
  if contents_of[t] then
    return next_protected, t, nil
  end
  return next, t, nil
end

function globals.rawget(t, key)
  check_table(t, 'rawget')
  return rawget(contents_of[t] or t, key)
end

function globals.rawset(t, key, value)
  check_table(t, 'rawset')
  if contents_of[t] then
    error(READONLY, 0)
  end
  return rawset(t, key, value)
end

local string_contents = copy(string, [[byte char format len lower reverse sub upper]])
local string_library = protect(string_contents)
local string_metatable = protect({ __index = string_library })

-- What `getmetatable` shows of the tables of globals.
local global_metatables = {}

function globals.getmetatable(value)
  if type(value) == 'string' then
    return string_metatable
  end
  if contents_of[value] then
    return global_metatables[value]
  end
  return getmetatable(value)
end

function globals.setmetatable(t, metatable)
  check_table(t, 'setmetatable')
  if contents_of[t] then
    error(READONLY, 0)
  end
  return setmetatable(t, metatable)
end

local UNPACKED_VALUES_MAX, INDEX_MAX = native.unpacked_values_max, 2 ^ 31 - 2

function globals.unpack(t, first, last)
  check_table(t, 'unpack')
  if first == nil and last == nil and #t <= UNPACKED_VALUES_MAX then
    -- Lua counts the arguments of `unpack` as well.
    return unpack(t)
  end
  first = first == nil and 1 or tonumber(first) or error("bad argument #2 to 'unpack' (number expected)", 2)
  last = last == nil and #t or tonumber(last) or error("bad argument #3 to 'unpack' (number expected)", 2)
  if first > last then
    return
  end
  -- Written so that numbers that are none fail too.
  if not (last - first < UNPACKED_VALUES_MAX and first > -INDEX_MAX and last < INDEX_MAX) then
    error('too many results to unpack', 2)
  end
  return unpack(t, first, last)
end

-- What catches errors.

local function caught(ok, err, ...)
  if ok then
    return ok, err, ...
  end
  return false, native.caught(err)
end

function globals.pcall(...)
  return caught(pcall(...))
end

local function unless_final(ok, err, ...)
  if not ok and native.is_final(err) then
    error(err, 0)
  end
  return ok, err, ...
end

function globals.xpcall(f, handler)
  return unless_final(xpcall(f, function(err)
    if native.is_final(err) then
      return err
    end
    return handler(native.plain(err))
  end))
end

-- Coroutines. A new one counts its C calls from zero, so how many resume each other has a bound here.

local COROUTINE_DEPTH_MAX = native.coroutine_depth_max
local depth = 0

local function leave(ok, err, ...)
  depth = depth - 1
  return unless_final(ok, err, ...)
end

local function enter(co, ...)
  if depth >= COROUTINE_DEPTH_MAX then
    return false, 'C stack overflow'
  end
  depth = depth + 1
  return leave(resume(co, ...))
end

local coroutine_contents = copy(coroutine, [[create running status yield]])

local function resumed(ok, err, ...)
  if ok then
    return ok, err, ...
  end
  return false, native.plain(err)
end

function coroutine_contents.resume(co, ...)
  if type(co) ~= 'thread' then
    error("bad argument #1 to 'resume' (coroutine expected)", 2)
  end
  return resumed(enter(co, ...))
end

local function passed_on(ok, ...)
  if not ok then
    local err = native.plain((...))
    error(type(err) == 'string' and native.position() .. err or (...), 0)
  end
  return ...
end

function coroutine_contents.wrap(f)
  local co = create(f)
  return function(...)
    return passed_on(enter(co, ...))
  end
end

-- Strings: patterns are matched in Rust, which counts its steps.

string_contents.find, string_contents.match, string_contents.rep = native.find, native.match, native.rep

function string_contents.gmatch(s, pattern)
  s, pattern = native.strings(s, pattern)
  local position = 1
  local function following(first, last, ...)
    if first then
      position = (last < first) and first + 1 or last + 1
      return ...
    end
  end
  return function()
    return following(native.match_at(s, pattern, position))
  end
end
string_contents.gfind = string_contents.gmatch

local function replaced_by(kind, replacement, ...)
  if kind == 'table' then
    return replacement[(...)]
  end
  return replacement(...)
end

function string_contents.gsub(s, pattern, replacement, count_max)
  local kind = type(replacement)
  if kind ~= 'function' and kind ~= 'table' then
    return native.gsub(s, pattern, replacement, count_max)
  end
  s, pattern = native.strings(s, pattern)
  count_max = count_max == nil and #s + 1 or tonumber(count_max) or 0
  local anchored = pattern:sub(1, 1) == '^'
  local pieces, count, position, copied = {}, 0, 1, 1
  local function step(first, last, ...)
    if not first then
      return false
    end
    count = count + 1
    local value = replaced_by(kind, replacement, ...)
    pieces[#pieces + 1] = s:sub(copied, first - 1)
    pieces[#pieces + 1] = native.replacement(value, s, first, last)
    copied = last + 1
    position = (last < first) and first + 1 or last + 1
    return true
  end
  while count < count_max and position <= #s + 1 do
    if not step(native.match_at(s, pattern, position, true)) or anchored then
      break
    end
  end
  pieces[#pieces + 1] = s:sub(copied)
  return table.concat(pieces), count
end

getmetatable('').__index = string_contents

-- Tables.

local table_contents = copy(table, [[concat foreach foreachi getn insert maxn remove setn]])

function table_contents.sort(t, less)
  check_table(t, 'sort')
  if less == nil then
    if not native.sort(t) then
      sort(t)
    end
    return
  end
  -- In between stands a function of Lua, whose instructions are counted.
  sort(t, function(a, b)
    return less(a, b)
  end)
end

-- The rest.

function globals.collectgarbage(option)
  if option == nil or option == 'collect' or option == 'step' then
    return 0
  end
  return option == 'count' and native.memory_kb() or 0
end

function globals.gcinfo()
  return native.memory_kb()
end

function globals.loadstring(text, name)
  return native.load(text, name)
end

function globals.load(pieces, name)
  if type(pieces) ~= 'function' then
    error("bad argument #1 to 'load' (function expected, got " .. type(pieces) .. ')', 2)
  end
  local text = {}
  for piece in pieces do
    if piece == '' then
      break
    end
    text[#text + 1] = piece
  end
  return native.load(table.concat(text), name or '=(load)')
end

local math_contents = {}
for name, value in pairs(math) do
  math_contents[name] = value
end
math_contents.random, math_contents.randomseed = native.random, native.randomseed

globals.string = string_library
globals.table = protect(table_contents)
globals.math = protect(math_contents)
globals.coroutine = protect(coroutine_contents)
globals.os = protect({ clock = native.clock })
globals.redis = protect(native.redis)
globals.server = globals.redis
for name, library in pairs(native.libraries) do
  globals[name] = protect(library)
end

local function missing(_, name)
  error(("Script attempted to access nonexistent global variable '%s'"):format(tostring(name)), 2)
end

setmetatable(globals, { __index = missing })

local environment = protect(globals)
globals._G = environment
global_metatables[environment] = protect({ __index = missing })

-- A library of functions sees nothing but another `redis` while it is loaded, and what scripts see when its functions run.

local registration = protect(setmetatable(native.registration, { __index = missing }))
local library_fallback = { __index = globals }
local library_globals = setmetatable({}, library_fallback)
local library_environment = protect(library_globals)
library_globals._G = library_environment
global_metatables[library_environment] = global_metatables[environment]

local function run(script, keys, arguments, failed)
  depth = 0
  globals.KEYS, globals.ARGV = keys, arguments
  return xpcall(script, failed)
end

local function call(callback, keys, arguments, failed)
  depth = 0
  return xpcall(function()
    return callback(keys, arguments)
  end, failed)
end

local function load_library(chunk, failed)
  depth = 0
  library_globals.redis, library_globals.server = registration, registration
  library_fallback.__index = missing
  local ok = xpcall(chunk, failed)
  library_fallback.__index = globals
  library_globals.redis, library_globals.server = nil, nil
  return ok
end

local function clean()
  globals.KEYS, globals.ARGV = nil, nil
  -- `table.insert` and its kin write past the metatable.
  for protected in pairs(contents_of) do
    if next(protected) ~= nil then
      for key in pairs(protected) do
        rawset(protected, key, nil)
      end
    end
  end
end

return environment, library_environment, run, call, load_library, clean
