// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/variables.hpp>

#include <coil/runtime/base/log.hpp>
#include <coil/runtime/sched/machine.hpp>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace coil::debug {

namespace {

std::string_view value_of(const char* name) noexcept {
    const char* const value = std::getenv(name);
    return value != nullptr ? std::string_view(value) : std::string_view();
}

void complain(std::string_view name, std::string_view value, std::string_view wanted) {
    log(std::string(name) + "=" + std::string(value) + " means nothing and is left out: " + std::string(wanted));
}

variables read_environment() {
    variables v;
    v.trace = value_of("COIL_TRACE");
    if (const std::string_view text = value_of("COIL_WATCHDOG"); !text.empty()) {
        if (const auto limit = limit_from(text)) v.limit = *limit;
        else complain("COIL_WATCHDOG", text, "it is a duration such as 50ms, 2s or 100us, a number alone is in milliseconds");
    }
    if (const std::string_view text = value_of("COIL_DUMP_SIGNAL"); !text.empty()) {
        if (const auto number = signal_from(text)) v.dump_signal = *number;
        else complain("COIL_DUMP_SIGNAL", text, "it is a signal that may be caught, such as QUIT, SIGUSR1 or 10");
    }
    return v;
}

}  // namespace

const variables& of_environment() noexcept {
    static const variables* const of_process = []() -> const variables* {
        try {
            return new variables(read_environment());
        } catch (...) {
            log("the environment's COIL_TRACE, COIL_WATCHDOG and COIL_DUMP_SIGNAL are left out: out of memory");
            static const variables nothing;
            return &nothing;
        }
    }();
    return *of_process;
}

std::optional<nanoseconds> limit_from(std::string_view text) noexcept {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;  // infinity is a number, too
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    if (error != std::errc()) return std::nullopt;
    const std::string_view unit(after, static_cast<std::size_t>(end - after));
    static constexpr std::pair<std::string_view, double> units[] = {
        {"", 1e6}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {"s", 1e9}, {"min", 60e9}};
    for (const auto& [name, length] : units)
        if (unit == name) {
            const nanoseconds d = clamp_duration(std::chrono::duration<double, std::nano>(number * length));
            return number > 0 && d == nanoseconds::zero() ? nanoseconds(1) : d;
        }
    return std::nullopt;
}

std::optional<int> signal_from(std::string_view text) noexcept {
    int number = 0;
    const char* const end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || after != end) {
        if (text.starts_with("SIG")) text.remove_prefix(3);
        for (number = 1; number < NSIG; ++number) {
            const char* const name = ::sigabbrev_np(number);
            if (name != nullptr && text == name) break;
        }
    }
    if (number < 1 || number >= NSIG || number == SIGKILL || number == SIGSTOP) return std::nullopt;
    if (machine::synchronous(number)) return std::nullopt;  // no wish of anybody
    return number;
}

std::string name_of_signal(int number) {
    const char* const name = ::sigabbrev_np(number);
    return name != nullptr ? std::string(name) : "signal " + std::to_string(number);
}

}  // namespace coil::debug
