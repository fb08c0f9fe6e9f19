#!/bin/sh
# The container's first process. A wrong setting ends `thidua run` with 2, and starting again would not mend it: then the container stays,
# unhealthy, with the sentence in its log, until it is stopped or made anew. Every other end is the container's own (and restarts it).
set -u
program=$(dirname "$0")/.venv/bin/thidua
[ "${1-}" = run ] || exec "$program" "$@"

"$program" "$@" &
bot=$!
trap 'asked=1; kill -TERM "$bot" 2>/dev/null' TERM INT
while :; do
    asked=
    wait "$bot"
    status=$?
    [ -n "$asked" ] || break        # a signal ends the waiting, not yet the bot
done
[ "$status" -eq 2 ] || exit "$status"

trap 'kill "${pause-}" 2>/dev/null; exit 2' TERM INT
[ -z "$asked" ] || exit 2               # it came just before
echo "Not started again: the setting named above is wrong. Mend it, then make the container anew." >&2
sleep 2147483647 &
pause=$!
wait "$pause"
