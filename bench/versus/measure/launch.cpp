// SPDX-License-Identifier: BSL-1.0
#include "measure/launch.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "child/child.hpp"
#include "child/role.hpp"
#include "child/transfer.hpp"
#include "measure/interruption.hpp"

namespace versus {
namespace {

using clock = std::chrono::steady_clock;

// False at `deadline`.
bool wait_readable(int fd, clock::time_point deadline) {
    for (;;) {
        std::array<pollfd, 2> ready{{{fd, POLLIN, 0}, {interruption_fd(), POLLIN, 0}}};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()).count();
        if (left <= 0) return false;
        const int n = ::poll(ready.data(), ready.size(), static_cast<int>(left));
        if (n < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
        check_interruption();
        if (ready[0].revents != 0) return true;
    }
}

}  // namespace

run_report launch(const job& todo, std::chrono::duration<double> patience) {
    check_interruption();
    child process = child::start_role(role::measured);
    std::string text;
    try {
        write_all(process.in().get(), encode(todo), "a job to a measured process");
        process.in().reset();
        const auto deadline = clock::now() + std::chrono::ceil<clock::duration>(patience);
        std::array<std::byte, 4096> chunk;
        for (;;) {
            if (!wait_readable(process.out().get(), deadline)) {
                throw std::runtime_error(fmt::format("it did not end within {:.0f} s", patience.count()));
            }
            const std::size_t n = read_some(process.out().get(), chunk, "the report of a measured process");
            if (n == 0) break;
            text.append(reinterpret_cast<const char*>(chunk.data()), n);
        }
    } catch (const std::system_error& error) {
        // A broken pipe: how the process ended says more.
        if (error.code() != std::errc::broken_pipe) throw;
    }
    const child_end end = process.wait();
    check_interruption();
    if (!end.well()) throw std::runtime_error("its process " + end.describe());
    run_report report = decode_run_report(text);
    if (!report.error.empty()) throw std::runtime_error(report.error);
    return report;
}

}  // namespace versus
