#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Builds coil and runs its tests:  sh tests/run.sh [meson setup options]
# Installs what is missing. COIL_BUILD names the build directory (default: ./build), CXX the compiler (default: g++),
# COIL_TEST_ARGS options for `meson test`. The last line counts test cases; the status is 0 if some passed and none failed.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${COIL_BUILD:-$root/build}
. "$root/.ci/packages.sh"

need g++ meson ninja-build pkg-config liburing-dev libboost-context-dev doctest-dev libssl-dev openssl libmsgpack-cxx-dev libc-ares-dev
case ${CXX:-} in
*clang++-19) need clang-19 libclang-rt-19-dev ;;
esac
# shellcheck disable=SC2046 # a list of words
[ ! -e "$root/bench/versus/packages.txt" ] || need $(cat "$root/bench/versus/packages.txt")
install_needed

. "$root/.ci/compiler.sh"

# The count is what the test programs wrote; a build that fails is one failure, since nothing counts itself then.
stop_unbuilt() {
    echo "$1" >&2
    echo "0 passed, 1 failed"
    exit 1
}

# A directory that this script configured is configured anew when the compiler or the options change; one that somebody
# configured by hand is taken as it is.
# In few pieces: half the time. What the caller says comes behind, and wins.
set -- -Dunity=on -Dunity_size=8 "$@"
wanted="$compiler $*"
mark=$build/configured-by-tests-run
if [ -e "$build/meson-private" ] && [ -e "$mark" ] && [ "$(cat "$mark")" != "$wanted" ]; then
    rm -rf "$build"
fi
if [ ! -e "$build/build.ninja" ]; then
    CXX=$compiler meson setup "$build" "$root" "$@" || stop_unbuilt "the configuration failed"
    echo "$wanted" >"$mark"
elif [ ! -e "$mark" ]; then
    echo "$build was configured by hand: compiler and options are taken from there"
fi
case ${COIL_TEST_ARGS:-} in
*--suite*) ;; # meson builds what these tests need
*) ninja -C "$build" || stop_unbuilt "the build failed" ;;
esac

log=$build/meson-logs/testlog
rm -f "$log.json"
status=0
# shellcheck disable=SC2086 # a list of words
meson test -C "$build" --print-errorlogs ${COIL_TEST_ARGS:-} || status=$?
[ -e "$log.json" ] || stop_unbuilt "no test ran"

counts=$(python3 -B "$root/tests/house/count.py" "$log.json")
passed=${counts%% *}
skipped=${counts##* }
failed=${counts#* }
failed=${failed% *}
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$status" -eq 0 ] && [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
