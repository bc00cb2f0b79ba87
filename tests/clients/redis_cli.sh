#!/usr/bin/env bash
# redis-cli and redis-benchmark against the real binary: connecting, output forms, scanning, bulk loading, load.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../harness/selvedge.sh

cli=${REDIS_CLI:-redis-cli}
checks=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"; selvedge_remove' EXIT

fail() {
    printf 'line %s: %s\n' "${BASH_LINENO[1]}" "$1" >&2
    exit 1
}

# equal WANTED COMMAND...: the command writes exactly that.
equal() {
    local wanted=$1 got
    shift
    got=$("$@" 2>&1) || true
    [[ $got == "$wanted" ]] || fail "$(printf '%q ' "$@"): wanted $(printf '%q' "$wanted"), got $(printf '%q' "$got")"
    checks=$((checks + 1))
}

# matches PATTERN COMMAND...: what the command writes matches the extended regular expression.
matches() {
    local pattern=$1 got
    shift
    got=$("$@" 2>&1) || true
    [[ $got =~ $pattern ]] || fail "$(printf '%q ' "$@"): wanted $pattern, got $(printf '%q' "${got:0:2000}")"
    checks=$((checks + 1))
}

selvedge_start
address=${REDIS_URL##*@}
host=${address%:*} port=${address##*:}
redis() { "$cli" --no-auth-warning -u "$REDIS_URL" "$@"; }

# Who asks.
equal PONG redis PING
matches '^NOAUTH' "$cli" -h "$host" -p "$port" PING
matches 'WRONGPASS' "$cli" --no-auth-warning -h "$host" -p "$port" -a wrong PING
equal PONG "$cli" --no-auth-warning -h "$host" -p "$port" --user default --pass "$KV_REST_API_TOKEN" PING
reader() { "$cli" --no-auth-warning -h "$host" -p "$port" --user default_ro --pass "$KV_REST_API_READ_ONLY_TOKEN" "$@"; }
equal OK redis SET open yes
equal yes reader GET open
matches "^NOPERM this user has no permissions to run the 'set' command" reader SET open no

# Everyday commands of each type, as they are printed into a pipe.
equal OK redis SET greeting 'hello world' EX 100
equal 'hello world' redis GET greeting
equal '' redis GET none
equal 42 redis INCRBY n 42
equal 2 redis HSET h a 1 b 2
equal $'1\n\n2' redis HMGET h a none b
equal 3 redis RPUSH l a b c
equal $'a\nb\nc' redis LRANGE l 0 -1
equal 2 redis SADD s x y
equal 1 redis SISMEMBER s x
equal 2 redis ZADD z 1 one 2.5 two
equal $'one\n1\ntwo\n2.5' redis ZRANGE z 0 -1 WITHSCORES
equal hash redis TYPE h
matches '^(99|100)$' redis TTL greeting
equal $'0\nl' redis SCAN 0 TYPE list COUNT 1000
equal 9223372036854775807 redis INCRBY max 9223372036854775807
matches '^ERR increment or decrement would overflow' redis INCR max
matches '^WRONGTYPE Operation against a key holding the wrong kind of value' redis INCR l
matches "^ERR unknown command 'NOPE'" redis NOPE

# Other forms of output, and RESP3.
equal '"a","b","c"' redis --csv LRANGE l 0 -1
equal $'1) "a"\n2) "b"\n3) "c"' redis --no-raw LRANGE l 0 -1
equal '(integer) 43' redis --no-raw INCR n
equal '(nil)' redis --no-raw GET none
equal $'1# "a" => "1"\n2# "b" => "2"' redis -3 --no-raw HGETALL h
matches '^1~ "[xy]"' redis -3 --no-raw SMEMBERS s
equal $'1) 1) "two"\n   2) (double) 2.5' redis -3 --no-raw ZRANGE z 1 1 WITHSCORES
equal '["a","b","c"]' redis --json LRANGE l 0 -1
equal '{"a":"1","b":"2"}' redis --json HGETALL h

# Bytes: the last argument from standard input, with a zero byte, line ends and what is no UTF-8.
printf 'a\0b\xff\r\nc' >"$scratch/bytes"
equal OK redis -x SET bytes <"$scratch/bytes"
redis --no-raw GET bytes >"$scratch/quoted"
equal '"a\x00b\xff\r\nc"' cat "$scratch/quoted"
equal 7 redis STRLEN bytes

# A transaction from a file of commands.
printf 'MULTI\nSET t 1\nINCR t\nLPUSH t x\nEXEC\n' >"$scratch/transaction"
matches $'^OK\nQUEUED\nQUEUED\nQUEUED\nOK\n2\nWRONGTYPE' redis <"$scratch/transaction"
printf 'MULTI\nINCR t\nNOPE\nEXEC\n' >"$scratch/aborted"
matches 'EXECABORT Transaction discarded because of previous errors' redis <"$scratch/aborted"
equal 2 redis GET t

# Bulk loading: 20,000 commands as a RESP stream, and as lines.
for ((i = 0; i < 20000; i++)); do printf '*3\r\n$3\r\nSET\r\n$9\r\nbulk%05d\r\n$1\r\nv\r\n' "$i"; done >"$scratch/load"
matches 'errors: 0, replies: 20000' redis --pipe <"$scratch/load"
printf 'SET line 1\r\nINCR line\r\nINCR l\r\n' >"$scratch/lines"
matches 'errors: 1, replies: 3' redis --pipe <"$scratch/lines"
equal 2 redis GET line

# Scanning: each key once, and by pattern.
redis --scan --pattern 'bulk*' | sort >"$scratch/scanned"
equal 20000 grep -c . "$scratch/scanned"
equal 20000 grep -c . <(uniq "$scratch/scanned")
equal 100 grep -c . <(redis --scan --pattern 'bulk199??')

# What monitoring reads.
matches $'redis_version:8\\.2\\.[0-9]+\r' redis INFO server
matches $'db0:keys=[0-9]+,expires=1' redis INFO keyspace
matches 'PONG|connected_clients:[1-9]' redis INFO clients
matches '^2[0-9]{4}$' redis DBSIZE
statistics=$(timeout 10 "$cli" --no-auth-warning -u "$REDIS_URL" -i 0.05 --stat 2>/dev/null | head -n 4) || true
[[ $statistics =~ keys.*mem.*clients ]] || fail "--stat: $statistics"
[[ $statistics =~ $'\n'2[0-9]{4}' ' ]] || fail "--stat: $statistics"

# Load: every test of redis-benchmark whose command is there, and none of them with an error.
benchmark=$(dirname "$(command -v "$cli")")/redis-benchmark
if [[ ! -x $benchmark ]]; then
    printf 'no redis-benchmark beside %s: its part is not run\n' "$cli"
else
    tests=ping_inline,ping_mbulk,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange_100,lrange_300,lrange_500,lrange_600,mset
    for pipeline in 1 16; do
        report=$("$benchmark" -h "$host" -p "$port" --user default -a "$KV_REST_API_TOKEN" \
            -t "$tests" -n 3000 -c 20 -P "$pipeline" --csv 2>&1)
        [[ $report != *rror* ]] || fail "redis-benchmark: $report"
        for name in PING_INLINE PING_MBULK SET GET INCR LPUSH RPUSH LPOP RPOP SADD HSET SPOP ZADD ZPOPMIN 'LRANGE_600 (first 600 elements)' 'MSET (10 keys)'; do
            [[ $report == *"\"$name\",\""[1-9]* ]] || fail "redis-benchmark says nothing of $name: $report"
        done
        checks=$((checks + 1))
    done
    equal 'PONG' redis PING
fi

# Moving values to a real Redis and back, as docs/guide/moving-values.md says.
if ! command -v redis-server >/dev/null; then
    printf 'no redis-server on the PATH: moving values to it is not run\n'
else
    other_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    redis-server --port "$other_port" --bind 127.0.0.1 --save '' --dir "$scratch" >"$scratch/redis.log" &
    other_server=$!
    trap 'kill "$other_server"; rm -rf "$scratch"; selvedge_remove' EXIT
    other_url=redis://127.0.0.1:$other_port
    other() { "$cli" -u "$other_url" "$@"; }
    for ((i = 0; i < 2000; i++)); do [[ $(other PING 2>&1) == PONG ]] && break; done
    redis DEL moved:text moved:list moved:set moved:scores moved:hash >/dev/null
    redis SET moved:text $'two\nlines' PXAT 4000000000000 >/dev/null
    redis RPUSH moved:list 1 -300 '' "$(printf 'x%.0s' {1..5000})" >/dev/null
    redis SADD moved:set 1 2 70000 >/dev/null
    redis ZADD moved:scores 2.5 a -inf b >/dev/null
    redis HSET moved:hash f v 'g h' '' >/dev/null
    dumps() { for key in text list set scores hash; do "$1" --no-raw DUMP "moved:$key"; "$1" PEXPIRETIME "moved:$key"; done; }
    dumps redis >"$scratch/before"
    move() { bash ../../docs/guide/move-keys.sh "$@"; }
    equal '' move "$REDIS_URL" "$other_url" 'moved:*'
    equal 5 other DBSIZE
    equal 4000000000000 other PEXPIRETIME moved:text
    equal $'2.5' other ZSCORE moved:scores a
    redis DEL moved:text moved:list moved:set moved:scores moved:hash >/dev/null
    equal '' move "$other_url" "$REDIS_URL"
    equal $'two\nlines' redis GET moved:text
    dumps redis >"$scratch/after"
    equal '' diff <(sort "$scratch/before") <(sort "$scratch/after")
    redis FUNCTION LOAD REPLACE $'#!lua name=moved\nredis.register_function("moved", function() return "here" end)' >/dev/null
    redis --raw FUNCTION DUMP | head -c -1 >"$scratch/libraries"
    equal OK other -X payload FUNCTION RESTORE payload <"$scratch/libraries"
    equal here other FCALL moved 0
fi

# After a hard end the data are there.
selvedge_stop KILL
selvedge_start
equal 'hello world' redis GET greeting
equal $'a\nb\nc' redis LRANGE l 0 -1

printf '%s passed, 0 failed\n' "$checks"
