// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <string>
#include <system_error>

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

// The code of the system's error that a call throws; none if it throws none.
template <class F>
std::error_code error_of(F f) {
    try {
        f();
    } catch (const std::system_error& e) {
        return e.code();
    }
    return {};
}

}  // namespace process_test
