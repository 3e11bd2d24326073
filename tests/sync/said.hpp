// SPDX-License-Identifier: BSL-1.0
// What a failure says, and what the log hook was told.
#pragma once
#include <coil/runtime/base/log.hpp>

#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

/// The text of what f throws; empty if it throws nothing.
template <class F>
std::string said(F&& f) {
    try {
        f();
    } catch (const std::exception& e) {
        return e.what();
    }
    return {};
}

/// Collects what the log hook is told while it lives.
class said_to_log {
public:
    said_to_log() : before_(coil::set_log_hook(&add)) {
        const std::scoped_lock guard(mutex());
        all().clear();
    }
    said_to_log(const said_to_log&) = delete;
    said_to_log& operator=(const said_to_log&) = delete;
    ~said_to_log() { coil::set_log_hook(before_); }
    static std::vector<std::string> lines() {
        const std::scoped_lock guard(mutex());
        return all();
    }

private:
    static std::mutex& mutex() {
        static std::mutex m;
        return m;
    }
    static std::vector<std::string>& all() {
        static std::vector<std::string> lines;
        return lines;
    }
    static void add(std::string_view line) noexcept {
        const std::scoped_lock guard(mutex());
        all().emplace_back(line);
    }
    coil::log_hook before_;
};
