// SPDX-License-Identifier: BSL-1.0
#include "measure/interruption.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <system_error>

namespace versus {
namespace {

std::array<int, 2> pipe_ends{-1, -1};
volatile std::sig_atomic_t came = 0;

void remember(int signal) {
    const int kept = errno;
    came = signal;
    const char byte = 0;
    // The pipe is there to wake a poll; a full one has done so.
    [[maybe_unused]] const ssize_t n = ::write(pipe_ends[1], &byte, 1);
    errno = kept;
}

}  // namespace

interrupted::interrupted(int signal)
    : std::runtime_error("interrupted by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")"),
      signal_(signal) {}

void watch_for_interruption() {
    if (::pipe2(pipe_ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::generic_category(), "make a pipe");
    }
    struct sigaction action{};
    action.sa_handler = remember;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        ::sigaction(signal, &action, nullptr);
}

int interruption_fd() {
    return pipe_ends[0];
}

void check_interruption() {
    if (came != 0) throw interrupted(came);
}

void accept_interruption() {
    came = 0;
    char byte;
    while (::read(pipe_ends[0], &byte, 1) == 1) {}
}

}  // namespace versus
