#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Builds coil for speed and compares concurrency with parallelism on this machine:  sh bench/run.sh [options of versus]
# `sh bench/run.sh --help` lists the options. Installs what is missing. COIL_BENCH_BUILD names the build directory
# (default: ./build-bench), CXX the compiler (default: g++), COIL_BENCH_SETUP more options of `meson setup`.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${COIL_BENCH_BUILD:-$root/build-bench}
. "$root/.ci/packages.sh"

need g++ meson ninja-build pkg-config liburing-dev libboost-context-dev
# shellcheck disable=SC2046 # a list of words
need $(cat "$root/bench/versus/packages.txt")
case ${CXX:-} in
*clang++-19) need clang-19 ;;
esac
install_needed

. "$root/.ci/compiler.sh"

# A directory of another compiler is made anew.
mark=$build/configured-by-bench-run
if [ -e "$mark" ] && [ "$(cat "$mark")" != "$compiler" ]; then
    rm -rf "$build"
fi
if [ ! -e "$build/build.ninja" ]; then
    # shellcheck disable=SC2086 # a list of words
    CXX=$compiler meson setup "$build" "$root" --buildtype=release -Dbench=true -Dtests=false -Dexamples=false \
        ${COIL_BENCH_SETUP:-} >&2
    echo "$compiler" >"$mark"
fi
program=bench/versus/versus
ninja -C "$build" "$program" >&2

exec "$build/$program" "$@"
