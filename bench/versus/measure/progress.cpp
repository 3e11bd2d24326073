// SPDX-License-Identifier: BSL-1.0
#include "measure/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace versus {

progress::progress() : terminal_(::isatty(STDERR_FILENO) == 1) {}

double progress::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

std::string progress::stamp() const {
    return fmt::format("[{:5.1f} s] ", seconds());
}

void progress::say(const std::string& text) {
    end_round();
    fmt::print(stderr, "{}{}\n", stamp(), text);
}

void progress::begin_round(const std::string& text) {
    end_round();
    line_ = stamp() + "  " + text;
    if (terminal_) fmt::print(stderr, "{}", line_);
}

void progress::extend_round(const std::string& text) {
    line_ += text;
    if (terminal_) fmt::print(stderr, "{}", text);
}

void progress::end_round() {
    if (line_.empty()) return;
    if (terminal_) {
        fmt::print(stderr, "\n");
    } else {
        fmt::print(stderr, "{}\n", line_);
    }
    line_.clear();
}

}  // namespace versus
