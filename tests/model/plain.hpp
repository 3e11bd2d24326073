// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "explorer.hpp"

#include <array>

namespace model {

/// A variable without any order of its own: two accesses of which one writes, and neither happened before the other, are a
/// failure.
template <class T>
class plain {
public:
    explicit plain(const char* name, T v = {}) : name_(name), value_(v) {}

    void write(T v) {
        check(true);
        value_ = v;
    }
    T read() {
        check(false);
        return value_;
    }

private:
    void check(bool writes) {
        explorer& e = explorer::now();
        const vector_clock& mine = e.clock();
        const auto me = static_cast<std::size_t>(e.self());
        for (std::size_t t = 0; t != most_threads; ++t) {
            if (t == me) continue;
            if (written_[t] > mine[static_cast<int>(t)] || (writes && read_[t] > mine[static_cast<int>(t)]))
                e.fail(std::string("a race for ") + name_);
        }
        (writes ? written_ : read_)[me] = mine[static_cast<int>(me)];
    }
    const char* name_;
    T value_;
    std::array<std::uint32_t, most_threads> written_{}, read_{};  // the last step at which a thread did so
};

}  // namespace model
