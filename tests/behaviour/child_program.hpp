// SPDX-License-Identifier: BSL-1.0
// This program once more, as a child with an argument: for days that end a process.
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <string>

class child_program {
public:
    // Runs it to its end.
    explicit child_program(const char* argument) {
        int ends[2];
        if (::pipe(ends) != 0) return;
        const pid_t child = ::fork();
        if (child == 0) {
            ::dup2(ends[1], 1);
            ::dup2(ends[1], 2);
            ::close(ends[0]);
            ::close(ends[1]);
            ::execl("/proc/self/exe", "child", argument, nullptr);
            ::_exit(127);
        }
        ::close(ends[1]);
        char buffer[4096];
        for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
            output_.append(buffer, static_cast<std::size_t>(n));
        ::close(ends[0]);
        ::waitpid(child, &status_, 0);
    }
    const std::string& output() const { return output_; }
    bool says(const std::string& text) const { return output_.find(text) != std::string::npos; }
    int exit_code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1; }
    int signal() const { return WIFSIGNALED(status_) ? WTERMSIG(status_) : 0; }

private:
    std::string output_;
    int status_ = -1;
};
