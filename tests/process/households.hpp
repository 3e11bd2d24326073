// SPDX-License-Identifier: BSL-1.0
// What tests ask about the children of this process, and of their groups.
#pragma once
#include <coil/process/stdio.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/io/fd_stream.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <string>

namespace process_test {

// ::pipe(2) is found too where the whole namespace is.
inline constexpr coil::process::stdio piped = coil::process::pipe;

// Neither child nor zombie; takes nobody's status.
inline bool has_no_children() {
    siginfo_t unused;
    return waitid(P_ALL, 0, &unused, WEXITED | WNOWAIT | WNOHANG) != 0 && errno == ECHILD;
}

inline bool is_gone(int pid) {
    return kill(pid, 0) != 0 && errno == ESRCH;
}

// What is killed ends in its own time.
inline coil::task<> until_no_children() {
    while (!has_no_children())
        co_await coil::sleep_for(std::chrono::milliseconds(1));
}

// A group that was killed ends in its own time too: those who lost their parent are reaped by another.
inline coil::task<> until_group_is_gone(int group) {
    while (!is_gone(-group))
        co_await coil::sleep_for(std::chrono::milliseconds(1));
}

inline std::size_t open_descriptors() {
    using list = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(list("/proc/self/fd"), list()));
}

// A pipe through which a child says that it has come to some point.
class word_from_child {
public:
    word_from_child() {
        std::array<int, 2> two{};
        if (pipe2(two.data(), O_CLOEXEC) != 0) std::abort();
        ours_ = coil::fd_stream(two[0]);
        theirs_ = two[1];
    }
    word_from_child(const word_from_child&) = delete;
    word_from_child& operator=(const word_from_child&) = delete;
    ~word_from_child() { close(theirs_); }
    int number() const { return theirs_; }
    // A number, that it writes in one piece with a newline.
    coil::task<int> read() {
        std::array<char, 32> text{};
        const std::size_t n = co_await ours_.read(text);
        co_return std::stoi(std::string(text.data(), n));
    }

private:
    coil::fd_stream ours_;
    int theirs_;
};

}  // namespace process_test
