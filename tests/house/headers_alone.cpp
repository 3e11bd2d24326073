// SPDX-License-Identifier: BSL-1.0
// Compiled and linked beside one file for each public header.
#include <coil/coil.hpp>

#if __has_include(<coil/tests/pch/pch.hpp>) || __has_include(<coil/meson.build>)
#error "more than the library can be reached as <coil/...>"
#endif

static_assert(COIL_VERSION_MAJOR >= 0);

int main() {
    return 0;
}
