// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "child/child.hpp"

namespace versus {

/// What the server said of itself at its end.
struct server_figures {
    std::size_t answers = 0;
    double late_median_us = 0;
    double late_p99_us = 0;
};

/// The server in a process of its own. Lifetime: it ends with this object, and with versus whatever happens.
class server_process {
public:
    server_process();

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// Ends the server. Errors: std::runtime_error if it had ended badly before.
    server_figures stop();

private:
    child process_;
    std::uint16_t port_ = 0;
};

}  // namespace versus
