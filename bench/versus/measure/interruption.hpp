// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <stdexcept>

namespace versus {

/// The user asked for the end.
class interrupted : public std::runtime_error {
public:
    explicit interrupted(int signal);
    [[nodiscard]] int signal() const { return signal_; }

private:
    int signal_;
};

/// From now on SIGINT, SIGTERM and SIGHUP are remembered; a second one ends the program at once.
void watch_for_interruption();
/// Becomes readable when a signal came.
int interruption_fd();
/// Throws `interrupted` if a signal came.
void check_interruption();
/// Forgets the signal that came: what follows, the writing of the reports, ends only by the next one.
void accept_interruption();

}  // namespace versus
