// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/clone.hpp>

namespace process_test {

// Makes a child and sleeps until it runs its program, or cannot.
inline coil::process::launched start_child(const coil::process::launch& what) {
    coil::process::birth b(what);
    b.begin();
    b.await_end();
    return b.take();
}

}  // namespace process_test
