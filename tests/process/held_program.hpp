// SPDX-License-Identifier: BSL-1.0
// A program whose exec waits for as long as a test likes: who opens a file waits while somebody has a lease on it.
#pragma once
#include "start_child.hpp"

#include <coil/process/clone.hpp>
#include <coil/process/pidfd.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>

namespace process_test {

class held_program {
public:
    // A script, or anything else, in a file that may be run.
    held_program(const std::string& path, const std::string& text) : path_(path) {
        std::ofstream(path) << text;
        chmod(path.c_str(), 0700);
        signal(SIGIO, SIG_IGN);  // with which the kernel would tell that somebody waits
        file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        holds_ = goes_beside_after_one() && fcntl(file_, F_SETLEASE, F_WRLCK) == 0;
    }
    held_program(const held_program&) = delete;
    held_program& operator=(const held_program&) = delete;
    ~held_program() {
        let_go();
        signal(SIGIO, SIG_DFL);
    }
    const std::string& path() const { return path_; }
    // False on a file system that knows no leases, and where a thread can but wait for an exec.
    bool holds() const { return holds_; }
    // Whether an exec waits.
    bool is_wanted() const { return fcntl(file_, F_GETLEASE) != F_WRLCK; }
    void let_go() {
        if (file_ >= 0) close(file_);
        file_ = -1;
    }

private:
    static bool goes_beside_after_one() {
        const char* const programs[] = {"/bin/true", nullptr};
        const coil::process::launched one = start_child({.programs = programs, .arguments = programs});
        if (one.error != 0) return false;
        coil::process::reap_blocking(one.pidfd);
        close(one.pidfd);
        return coil::process::goes_beside();
    }
    std::string path_;
    int file_ = -1;
    bool holds_ = false;
};

}  // namespace process_test
