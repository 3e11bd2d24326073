// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "child/descriptor.hpp"

namespace versus {

/// How a child ended.
struct child_end {
    int exit_code = 0;
    int signal = 0;
    long peak_kib = 0;

    [[nodiscard]] bool well() const { return exit_code == 0 && signal == 0; }
    /// Says it in words: "ended with status 3", "was ended by signal 9 (Killed)".
    [[nodiscard]] std::string describe() const;
};

/// A child process with a pipe to its standard input and one from its standard output.
/// It has its own process group, so that Ctrl-C reaches versus alone, which then ends its children itself.
/// Lifetime: a child that was not waited for is killed, with its group, and reaped.
class child {
public:
    child() = default;
    child(child&&) noexcept;
    child& operator=(child&&) noexcept;
    ~child();

    /// Starts `args[0]`, found through PATH where it has no slash. Throws std::system_error that names it.
    static child start(const std::vector<std::string>& args);
    /// Starts this very program once more, in the given role. See roles.hpp.
    static child start_role(const std::string& role);

    [[nodiscard]] bool running() const { return pid_ > 0; }
    [[nodiscard]] descriptor& in() { return in_; }
    [[nodiscard]] descriptor& out() { return out_; }

    /// Closes the pipes and waits for the end.
    child_end wait();
    /// Kills the child and every process of its group, and reaps it.
    void kill() noexcept;

private:
    pid_t pid_ = -1;
    descriptor in_;
    descriptor out_;
};

}  // namespace versus
