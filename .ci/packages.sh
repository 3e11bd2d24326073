# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=sh
# For `.`: need PACKAGE... notes the Debian packages whose purpose is not served yet, however it is served;
# install_needed installs them, or stops with their list.

needed=

# Whether what a package is for is there: asked of the tools themselves, so that it also answers elsewhere than on Debian.
served() {
    case $1 in
    g++ | gcc) command -v g++ ;;
    clang-19) command -v clang++-19 ;;
    libclang-rt-19-dev) clang_runtime clang++-19 ;;
    meson) meson --version ;;
    ninja-build) command -v ninja ;;
    pkg-config) command -v pkg-config || command -v pkgconf ;;
    liburing-dev) pkg-config --exists 'liburing >= 2.3' ;;
    libboost-context-dev) header boost/context/detail/fcontext.hpp ;;
    libssl-dev) pkg-config --exists 'openssl >= 3.0' ;;
    openssl) command -v openssl ;;
    libmsgpack-cxx-dev) header msgpack.hpp ;;
    libc-ares-dev) pkg-config --exists 'libcares >= 1.18' ;;
    libopenmpi-dev) pkg-config --exists ompi-c ;;
    openmpi-bin) command -v mpirun ;;
    gdb) command -v gdb ;;
    libfmt-dev) pkg-config --exists fmt ;;
    libbenchmark-dev) pkg-config --exists benchmark ;;
    doctest-dev) header doctest/doctest.h ;;
    libcli11-dev) header CLI/CLI.hpp ;;
    nlohmann-json3-dev) header nlohmann/json.hpp ;;
    gnuplot-nox) command -v gnuplot ;;
    *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1")" = installed ] ;;
    esac >/dev/null 2>&1
}

header() {
    g++ -E -x c++ -include "$1" /dev/null
}

clang_runtime() {
    runtime=$("$1" -print-file-name=libclang_rt.asan.a) && [ -e "$runtime" ] ||
        { runtime=$("$1" -print-file-name=libclang_rt.asan-x86_64.a) && [ -e "$runtime" ]; } ||
        { runtime=$("$1" --print-runtime-dir) && ls "$runtime"/libclang_rt.asan*; }
}

need() {
    for package in "$@"; do
        case "$needed " in
        *" $package "*) ;;
        *) served "$package" || needed="$needed $package" ;;
        esac
    done
}

install_needed() {
    [ -n "$needed" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "missing, and there is no apt-get to install it; as Debian names it:$needed" >&2
        exit 1
    elif [ "$(id -u)" -eq 0 ]; then
        as_root='env'
    elif command -v sudo >/dev/null 2>&1; then
        as_root='sudo env'
    else
        echo "missing, and neither root nor sudo to install it:$needed" >&2
        exit 1
    fi
    echo "installing:$needed"
    # shellcheck disable=SC2086 # lists of words
    if ! $as_root apt-get update -qq || ! $as_root DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 $needed; then
        echo "could not install:$needed" >&2
        exit 1
    fi
    needed=
}
