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

# The number of instructions that row $2 of executable $1 takes for $3 operations.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" --count "$2" "$3" 2>&1 |
        sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

measure() {
    executable=$build/bench/$1 n=$3
    [ -x "$executable" ] || return 0
    "$executable" --list | grep -E "^($2)/" | grep -E "$pattern" | while read -r row; do
        less=$(count "$executable" "$row" "$n")
        more=$(count "$executable" "$row" "$((3 * n))")
        if [ -z "$less" ] || [ -z "$more" ]; then
            printf '%-24s does not run under valgrind\n' "$row"
        else
            awk -v row="$row" -v d="$((more - less))" -v n="$n" 'BEGIN { printf "%-24s %8.1f instructions\n", row, d / (2 * n) }'
        fi
    done
}

measure coro/coro_rows 'await|deep|two' 150048    # two whole trees of the row `two`
measure async/async_rows 'yield|spawn|timeout' 50000
measure sched/sched_rows 'fib1' 317810
