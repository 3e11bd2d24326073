# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=sh
# For `.`: sets `compiler` to what CXX names (default: g++), behind ccache where that is installed.

compiler=${CXX:-g++}
if command -v ccache >/dev/null 2>&1; then
    case $compiler in
    *ccache*) ;;
    *) compiler="ccache $compiler" ;;
    esac
    # Precompiled headers are cached on these terms only.
    export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS:-pch_defines,time_macros}"
    # What is not in the cache is not preprocessed twice.
    export CCACHE_DEPEND="${CCACHE_DEPEND-1}"
    # clang writes into such a header where it lies: another directory must not be given it.
    case $compiler in
    *clang*) export CCACHE_HASHDIR=1 ;;
    esac
fi
