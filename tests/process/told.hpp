// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <string>

namespace process_test {

// How an error begins, but for the name of the test, that names a line of a test.
inline std::string at_line(int line) { return "_test.cpp:" + std::to_string(line) + ": "; }

// What a call that throws says.
template <class F>
std::string told_by(F f) {
    try {
        f();
    } catch (const std::exception& e) {
        return e.what();
    }
    return {};
}

}  // namespace process_test
