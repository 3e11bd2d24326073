// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <string>

namespace versus {

/// Tells on standard error what goes on. On a terminal the line of the current round grows as its modes end; elsewhere
/// it is written once it is whole.
class progress {
public:
    progress();

    /// A line of its own, with the seconds since the beginning in front.
    void say(const std::string& text);
    void begin_round(const std::string& text);
    void extend_round(const std::string& text);
    void end_round();

    [[nodiscard]] double seconds() const;

private:
    [[nodiscard]] std::string stamp() const;

    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    bool terminal_;
    std::string line_;
};

}  // namespace versus
