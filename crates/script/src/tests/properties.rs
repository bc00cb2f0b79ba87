//! Codecs and patterns on random input: against Lua's own matcher, there and back, and without a crash.

use mlua::{Lua, MultiValue};
use proptest::prelude::*;
use selvedge_wire::Value;

use super::{Echo, LOOKS_MAX, Patience};
use crate::{Call, Interpreter, ScriptError};

/// Runs a script on arguments.
fn run(interpreter: &mut Interpreter, text: &str, arguments: &[&[u8]]) -> Result<Value, ScriptError> {
    let name = crate::sha1_hex(text.as_bytes());
    let call = Call { name: &name, keys: &[], arguments, random: 1 };
    let mut out = selvedge_wire::ValueSink::new(selvedge_wire::Protocol::Resp2);
    interpreter.eval(text.as_bytes(), call, &mut Echo::default(), &Patience::of(LOOKS_MAX), &mut out)?;
    Ok(out.into_values().remove(0))
}

/// Patterns out of the pieces that mean something.
fn patterns() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a", "b", ".", "%a", "%d", "%W", "%%", "[ab]", "[^a]", "[a-c]", "[%d]", "[]]", "*", "+", "-", "?",
        "^", "$", "(", ")", "()", "%1", "%b()", "%f[a]", "%f[%A]", "%", "[",
    ]);
    prop::collection::vec(pieces, 0..7).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn patterns_match_as_in_lua(subject in "[ab1()]{0,9}", pattern in patterns(), init in -3i64..12) {
        let lua = Lua::new();
        let own: mlua::Function = lua.load("return function(...) return pcall(string.find, ...) end").eval().unwrap();
        let expected: MultiValue = own.call((subject.as_str(), pattern.as_str(), init)).unwrap();
        let expected: Vec<String> = expected.iter().map(|value| value.to_string().unwrap()).collect();
        let script = "local t = {pcall(string.find, ARGV[1], ARGV[2], tonumber(ARGV[3]))}
            for i = 1, 40 do if t[i] == nil then break end t[i] = tostring(t[i]) end return t";
        let init = init.to_string();
        let arguments = [subject.as_bytes(), pattern.as_bytes(), init.as_bytes()];
        let Value::Array(found) = run(&mut Interpreter::new().unwrap(), script, &arguments).unwrap() else {
            panic!("a table is a list")
        };
        let found: Vec<String> = found
            .iter()
            .map(|value| match value {
                Value::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                other => format!("{other:?}"),
            })
            .collect();
        // Nothing found is one nil, which ends the table.
        let expected: Vec<String> = expected.into_iter().take_while(|text| text != "nil").collect();
        prop_assert_eq!(found, expected, "{} in {}", pattern, subject);
    }

    #[test]
    fn what_is_encoded_decodes(words in prop::collection::vec("\\PC{0,12}", 0..6), numbers in prop::collection::vec(any::<i32>(), 0..6)) {
        let script = "local t = {words = {}, numbers = {}, deep = {{{true}}}}
            for i, word in ipairs(ARGV) do
                local number = tonumber(word:match('^#(.*)'))
                if number then table.insert(t.numbers, number / 8) else table.insert(t.words, word) end
            end
            local function same(a, b)
                if type(a) ~= 'table' then return a == b end
                for k, v in pairs(a) do if not same(v, b[k]) then return false end end
                for k in pairs(b) do if a[k] == nil then return false end end
                return true
            end
            return same(t, cjson.decode(cjson.encode(t))) and same(t, cmsgpack.unpack(cmsgpack.pack(t)))";
        let numbers: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
        let arguments: Vec<&[u8]> =
            words.iter().map(String::as_bytes).chain(numbers.iter().map(String::as_bytes)).collect();
        prop_assert_eq!(run(&mut Interpreter::new().unwrap(), script, &arguments).unwrap(), Value::Integer(1));
    }

    #[test]
    fn decoders_survive_whatever_they_are_given(bytes in prop::collection::vec(any::<u8>(), 0..64), format in "[<>!bBhHiIlLTfdsxc0-9 ]{0,8}") {
        let mut interpreter = Interpreter::new().unwrap();
        let script = "pcall(cjson.decode, ARGV[1]) pcall(cmsgpack.unpack, ARGV[1]) pcall(struct.unpack, ARGV[2], ARGV[1])
            pcall(struct.pack, ARGV[2], 1, ARGV[1], 2) pcall(string.find, ARGV[1], ARGV[1])
            pcall(string.gsub, ARGV[1], ARGV[2], ARGV[1]) pcall(loadstring, ARGV[1]) return 'alive'";
        let answer = run(&mut interpreter, script, &[&bytes, format.as_bytes()]);
        prop_assert_eq!(answer.unwrap(), Value::Bulk(b"alive".to_vec()));
        prop_assert!(!interpreter.is_spent());
    }
}
