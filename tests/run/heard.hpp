// SPDX-License-Identifier: BSL-1.0
// Hears what the library says while it lives: lines of the log, and errors that were suppressed.
#pragma once
#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/base/log.hpp>

#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

class heard {
public:
    heard() {
        lines().clear();
        errors().clear();
        log_before_ = coil::set_log_hook([](std::string_view line) noexcept {
            const std::scoped_lock guard(lock());
            lines().emplace_back(line);
        });
        suppressed_before_ =
            coil::set_suppressed_hook([](std::exception_ptr error, std::string_view task, std::uint64_t) noexcept {
                const std::scoped_lock guard(lock());
                errors().push_back(text_of(error) + (task.empty() ? "" : " in ") + std::string(task));
            });
    }
    heard(const heard&) = delete;
    heard& operator=(const heard&) = delete;
    ~heard() {
        coil::set_log_hook(log_before_);
        coil::set_suppressed_hook(suppressed_before_);
    }

    static std::vector<std::string> log() {
        const std::scoped_lock guard(lock());
        return lines();
    }
    static std::vector<std::string> suppressed() {
        const std::scoped_lock guard(lock());
        return errors();
    }

private:
    static std::mutex& lock() {
        static std::mutex m;
        return m;
    }
    static std::vector<std::string>& lines() {
        static std::vector<std::string> all;
        return all;
    }
    static std::vector<std::string>& errors() {
        static std::vector<std::string> all;
        return all;
    }
    static std::string text_of(const std::exception_ptr& e) {
        try {
            std::rethrow_exception(e);
        } catch (const std::exception& x) {
            return x.what();
        } catch (...) {
            return "?";
        }
    }
    coil::log_hook log_before_;
    coil::suppressed_hook suppressed_before_;
};
