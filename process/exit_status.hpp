// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace coil::process {

/// Is what a child used up, itself and those children of its own that it had waited for.
/// Source: getrusage(2).
struct resource_usage {
    std::chrono::nanoseconds user_time{0};
    std::chrono::nanoseconds system_time{0};
    std::int64_t max_resident_kib = 0;
    std::int64_t minor_faults = 0;
    std::int64_t major_faults = 0;
    std::int64_t blocks_read = 0;
    std::int64_t blocks_written = 0;
    std::int64_t voluntary_switches = 0;
    std::int64_t involuntary_switches = 0;
};

/// Is how a child ended: with an exit code, by a signal, or in a way that nobody can tell any more, because something else
/// in the program took its status (`waitpid(-1)`) or SIGCHLD is ignored.
class exit_status {
public:
    /// What `exit_code` says of an end that is unknown.
    static constexpr int unknown_code = std::numeric_limits<int>::min();

    /// Unknown.
    exit_status() noexcept = default;
    static exit_status exited(int code, const resource_usage& used = {}) noexcept {
        return exit_status(kind::exited, code, used);
    }
    static exit_status killed(int signal, bool dumped_core = false, const resource_usage& used = {}) noexcept {
        return exit_status(dumped_core ? kind::dumped_core : kind::killed, signal, used);
    }

    /// What the program returned; -15 if signal 15 ended it; `unknown_code`.
    int exit_code() const noexcept {
        return how_ == kind::exited ? number_ : how_ == kind::unknown ? unknown_code : -number_;
    }
    /// The signal that ended it, or 0.
    int signal() const noexcept { return how_ == kind::killed || how_ == kind::dumped_core ? number_ : 0; }
    /// True for exit code 0 alone.
    bool success() const noexcept { return how_ == kind::exited && number_ == 0; }
    bool known() const noexcept { return how_ != kind::unknown; }
    bool dumped_core() const noexcept { return how_ == kind::dumped_core; }
    const resource_usage& used() const noexcept { return used_; }

    friend bool operator==(const exit_status& a, const exit_status& b) noexcept {
        return a.how_ == b.how_ && a.number_ == b.number_;
    }

private:
    enum class kind : std::uint8_t { unknown, exited, killed, dumped_core };
    exit_status(kind how, int number, const resource_usage& used) noexcept : how_(how), number_(number), used_(used) {}
    kind how_ = kind::unknown;
    int number_ = 0;
    resource_usage used_{};
};

/// "exit code 3", "killed by signal 9 (Killed)", "end unknown".
std::string to_string(const exit_status& s);

}  // namespace coil::process
