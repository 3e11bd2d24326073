// SPDX-License-Identifier: BSL-1.0
#include "child/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

namespace versus {
namespace {

struct pipe_ends {
    descriptor read;
    descriptor write;
};

pipe_ends make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "make a pipe");
    return {descriptor(ends[0]), descriptor(ends[1])};
}

class spawn_settings {
public:
    spawn_settings() {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
    }
    spawn_settings(const spawn_settings&) = delete;
    spawn_settings& operator=(const spawn_settings&) = delete;
    ~spawn_settings() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

}  // namespace

std::string child_end::describe() const {
    if (signal != 0) return fmt::format("was ended by signal {} ({})", signal, ::strsignal(signal));
    return fmt::format("ended with status {}", exit_code);
}

child::child(child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), in_(std::move(other.in_)), out_(std::move(other.out_)) {}

child& child::operator=(child&& other) noexcept {
    if (this != &other) {
        kill();
        pid_ = std::exchange(other.pid_, -1);
        in_ = std::move(other.in_);
        out_ = std::move(other.out_);
    }
    return *this;
}

child::~child() {
    kill();
}

child child::start(const std::vector<std::string>& args) {
    pipe_ends to = make_pipe();
    pipe_ends from = make_pipe();
    spawn_settings settings;
    // dup2 onto itself would keep close-on-exec; 0 and 1 are open in this program, so the ends are never those.
    ::posix_spawn_file_actions_adddup2(&settings.actions, to.read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&settings.actions, from.write.get(), STDOUT_FILENO);
    ::posix_spawnattr_setpgroup(&settings.attributes, 0);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&settings.attributes, &none);
    ::posix_spawnattr_setflags(&settings.attributes,
                               static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK));
    std::vector<char*> argv;
    argv.reserve(args.size() + 1);
    for (const std::string& arg : args)
        argv.push_back(const_cast<char*>(arg.c_str()));
    argv.push_back(nullptr);

    child made;
    const int failed =
        ::posix_spawnp(&made.pid_, argv[0], &settings.actions, &settings.attributes, argv.data(), ::environ);
    if (failed != 0) {
        made.pid_ = -1;
        throw std::system_error(failed, std::generic_category(), "start " + args.at(0));
    }
    made.in_ = std::move(to.write);
    made.out_ = std::move(from.read);
    return made;
}

child child::start_role(const std::string& role) {
    return start({"/proc/self/exe", role, std::to_string(::getpid())});
}

child_end child::wait() {
    in_.reset();
    out_.reset();
    int status = 0;
    rusage used{};
    while (::wait4(pid_, &status, 0, &used) < 0) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "wait for a child");
    }
    pid_ = -1;
    child_end end;
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    end.peak_kib = used.ru_maxrss;
    return end;
}

void child::kill() noexcept {
    in_.reset();
    out_.reset();
    if (pid_ <= 0) return;
    // The child is not reaped yet, so neither its pid nor its group can have become somebody else's.
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
    pid_ = -1;
}

}  // namespace versus
