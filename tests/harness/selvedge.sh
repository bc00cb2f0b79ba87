# Starts the real binary on free ports with a directory of its own, for scripts that source this file. Afterwards
# REDIS_URL, KV_REST_API_TOKEN and the other lines of a start are variables. The server ends with the script.

: "${SELVEDGE_BIN:?names no binary: run \`cargo xtask test clients\`}"

selvedge_directory=$(mktemp -d)

selvedge_start() {
    local name value
    coproc SELVEDGE {
        exec env -u SELVEDGE_BIN "$SELVEDGE_BIN" --data-dir "$selvedge_directory" \
            --http-addr 127.0.0.1:0 --resp-addr 127.0.0.1:0 2>"$selvedge_directory/stderr"
    }
    # The shell forgets the variable when the process ends.
    selvedge_pid=$SELVEDGE_PID
    while IFS='=' read -r name value; do
        [[ $name =~ ^[A-Z_]+$ ]] && declare -g "$name=$value"
        [[ $name == REDIS_URL ]] && return
    done <&"${SELVEDGE[0]}"
    cat "$selvedge_directory/stderr" >&2
    return 1
}

selvedge_stop() {
    kill "-${1:-TERM}" "$selvedge_pid"
    wait "$selvedge_pid" 2>/dev/null || true
}

selvedge_remove() {
    if kill -0 "$selvedge_pid" 2>/dev/null; then selvedge_stop; fi
    rm -rf "$selvedge_directory"
}
trap selvedge_remove EXIT
