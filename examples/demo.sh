#!/usr/bin/env bash
# Eight services write logs in eight formats; logbraid braids them into one, at rest and live while they rotate, and
# proves that nothing was lost. Run it with `make demo`, or with logbraid on the PATH. Leaves nothing behind.

set -euo pipefail

scratch=$(mktemp -d)
color=never bold='' plain='' wrap='' nowrap=''
if [ -t 1 ]; then
  color=always bold=$'\e[1m' plain=$'\e[0m' wrap=$'\e[?7h' nowrap=$'\e[?7l'
fi
# Whatever is still running writes into what is removed here.
trap 'printf %s "$wrap"; kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$scratch"' EXIT
cd "$scratch"

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# Long lines run off the edge instead of wrapping.
fit() { if [ -t 1 ]; then printf %s "$nowrap"; cat; printf %s "$wrap"; else cut -c 1-118; fi; }

first() { head -n "$1" | fit; }

show() { printf '\n%s$ logbraid %s%s\n' "$bold" "$*" "$plain"; }

run() { show "$@"; logbraid "$@"; }

say "1. Eight services, eight log formats"
simulate=(simulate logs --files 8 --size 8MiB --format mixed --traceback 0.002 --seed 7)
show "${simulate[@]}"
logbraid "${simulate[@]}" >manifest.json
for log in logs/*.log; do printf '%-16s %s\n' "${log#logs/}" "$(head -n 1 "$log")"; done | fit

say "2. One braid, in true time order"
run merge --tz UTC --label name --color "$color" --since 2026-03-01T08:00:02.988Z logs | first 12

say "3. Only what is grave, tracebacks whole"
run merge --tz UTC --label name --color "$color" --level error -e Traceback logs | first 14

say "4. Into a file, and proven: every line of every log, once, in time order"
started=${EPOCHREALTIME/[.,]/}
run merge --tz UTC -o braid.log logs
took=$(( (${EPOCHREALTIME/[.,]/} - started) / 1000 ))
run verify --tz UTC --order time braid.log logs

lines=$(wc -l <braid.log) bytes=$(wc -c <braid.log)
say "$(printf '8 services, 8 formats, %d lines, %d MB: braided in %d.%02d s, nothing lost.' \
  "$lines" $(( bytes / 1000000 )) $(( took / 1000 )) $(( took % 1000 / 10 )))"

say "5. Live: the services write 20,000 lines a second, and their logs are renamed again and again under way"
simulate=(simulate live --files 8 --rate 20000 --duration 5s --rotate rename --rotate-size 128KiB --traceback 0.002)
follow=(follow -q -o live.log live)
show "${simulate[@]} &"
show "${follow[@]} &"
logbraid "${simulate[@]}" >manifest.json &
writing=$!
logbraid "${follow[@]}" --account account.json &
following=$!

say "What somebody sees who looks on:"
sleep 1
run follow -q -n 0 --label name --color "$color" --level warn live | first 12

wait "$writing"
sleep 1
kill -TERM "$following"
wait "$following"
run verify --order time live.log live

total() { sed -n "s/^  *\"$1\": \([0-9]*\),*$/\1/p" account.json | awk '{ sum += $1 } END { print sum }'; }
say "$(printf '%d lines followed through %d rotations in time order, nothing lost.' \
  "$(wc -l <live.log)" "$(total rotations)")"
