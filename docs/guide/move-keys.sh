#!/usr/bin/env bash
# Copies keys from one server to another, values and expiries: move-keys.sh FROM-URL TO-URL [PATTERN]
#
# Both may be Redis 7.0 or later, or Selvedge. What has one of the keys there is replaced. Keys with a line break in their
# name are not found.
set -euo pipefail

from=$1 to=$2 pattern=${3:-*}
from_source() { "${REDIS_CLI:-redis-cli}" --no-auth-warning -u "$from" "$@"; }
to_target() { "${REDIS_CLI:-redis-cli}" --no-auth-warning -e -u "$to" "$@"; }

from_source --scan --pattern "$pattern" | while IFS= read -r key; do
    at_ms=$(from_source PEXPIRETIME "$key" </dev/null)
    # -2: it went meanwhile. -1: it does not expire, which RESTORE calls 0.
    [[ $at_ms != -2 ]] || continue
    # redis-cli puts a line break behind the payload.
    from_source DUMP "$key" </dev/null | head -c -1 |
        to_target -X payload RESTORE "$key" "${at_ms/#-1/0}" payload REPLACE ABSTTL >/dev/null
done
