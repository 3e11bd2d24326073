#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Counts user-space instructions per operation of the await, yield, spawn and fork-join rows with callgrind: a figure
# that does not drift with the machine. Each row runs twice, with n and with 3 n operations; the difference leaves
# starting, warming up and ending out.
#   sh bench/instructions.sh [BUILD] [PATTERN]      BUILD defaults to build, PATTERN (of grep -E) to all sides
set -eu
build=${1:-build}
pattern=${2:-.}
command -v valgrind >/dev/null || { echo "instructions.sh needs valgrind (Debian: apt install valgrind)" >&2; exit 1; }

dumps=$(mktemp -d)
trap 'rm -rf "$dumps"' EXIT

# The number of instructions that thread $4 of row $2 of executable $1 takes for $3 operations.
count() {
    rm -f "$dumps"/*
    valgrind --tool=callgrind --separate-threads=yes --callgrind-out-file="$dumps/out" "$1" --count "$2" "$3" >/dev/null 2>&1 || true
    sed -n 's/^totals: *\([0-9]*\).*/\1/p' "$dumps/out-$4" 2>/dev/null
}

measure() {
    executable=$build/bench/$1 n=$3 thread=$4
    [ -x "$executable" ] || return 0
    "$executable" --list | grep -E "^($2)" | grep -E "$pattern" | while read -r row; do
        less=$(count "$executable" "$row" "$n" "$thread")
        more=$(count "$executable" "$row" "$((3 * n))" "$thread")
        if [ -z "$less" ] || [ -z "$more" ]; then
            printf '%-24s does not run under valgrind\n' "$row"
        else
            awk -v row="$row" -v d="$((more - less))" -v n="$n" 'BEGIN { printf "%-24s %8.1f instructions\n", row, d / (2 * n) }'
        fi
    done
}

measure coro/coro_rows 'await/|deep/|two/' 150048 01    # two whole trees of the row `two`
measure async/async_rows 'yield/|spawn/|timeout/' 50000 01
measure sync/queue_rows 'queue_(open|1|1024|done)/' 50000 01
measure sched/sched_rows 'fib1/(floor|tbb)' 317810 01
measure sched/sched_rows 'fib1/coil_counted' 317810 02  # its worker
