// SPDX-License-Identifier: BSL-1.0
// What comes out of a TLS stream, and what awaits of one end with.
#pragma once
#include "tls_ends.hpp"

#include <array>
#include <cstddef>
#include <numeric>
#include <string>
#include <system_error>
#include <utility>

namespace io_test {

inline task<std::string> read_all(tls_stream& s) {
    std::string all;
    std::array<char, 4096> buffer;
    for (;;) {
        const std::size_t n = co_await s.read(buffer);
        if (n == 0) co_return all;
        all.append(buffer.data(), n);
    }
}

inline std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    std::iota(text.begin(), text.end(), '\0');
    return text;
}

// What an await ends with, as a code and a text.
struct ending {
    ending() = default;
    ending(std::error_code c, std::string t) : code(c), text(std::move(t)) {}
    std::error_code code;
    std::string text;
};
template <class T>
task<ending> ending_of(task<T> t) {
    try {
        co_await std::move(t);
    } catch (const std::system_error& e) {
        co_return ending(e.code(), e.what());
    }
    co_return ending();
}

}  // namespace io_test
