// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/exit_status.hpp>
#include <coil/runtime/base/errors.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace coil::process {

/// Is a program of a pipeline, and how it ended.
struct stage {
    std::vector<std::string> args;
    exit_status status;
};

/// Is a program that has run to its end: how it ended, and what it wrote where that was captured. Of a pipeline: how the
/// last program ended, as in a shell; `stages` has all of them.
class completed {
public:
    completed(std::vector<std::string> a, exit_status s, std::string o = {}, std::string e = {})
        : out(std::move(o)), err(std::move(e)), args(std::move(a)), status_(s) {}

    int exit_code() const noexcept { return status_.exit_code(); }
    int signal() const noexcept { return status_.signal(); }
    bool success() const noexcept { return status_.success(); }
    const exit_status& status() const noexcept { return status_; }
    const resource_usage& used() const noexcept { return status_.used(); }

    std::string out;
    std::string err;
    std::vector<std::string> args;
    std::vector<stage> stages;  ///< one for each program

private:
    exit_status status_;
};

/// Is thrown by `.check` when a program has not ended with exit code 0: "false: exit code 1", and what it wrote on its
/// standard error.
class failed : public std::runtime_error {
public:
    explicit failed(process::completed c);
    const process::completed& completed() const noexcept { return completed_; }
    const exit_status& status() const noexcept { return completed_.status(); }
    const std::vector<std::string>& args() const noexcept { return completed_.args; }
    const std::string& out() const noexcept { return completed_.out; }
    const std::string& err() const noexcept { return completed_.err; }

private:
    process::completed completed_;
};

/// Is thrown when a `.timeout` has ended a program: "sleep: its time was over: killed by signal 15 (Terminated)", and what
/// it had written on its standard error.
class timed_out : public coil::timed_out {
public:
    explicit timed_out(process::completed c);
    const char* what() const noexcept override { return text_.c_str(); }
    const process::completed& completed() const noexcept { return completed_; }
    const std::vector<std::string>& args() const noexcept { return completed_.args; }
    const std::string& out() const noexcept { return completed_.out; }
    const std::string& err() const noexcept { return completed_.err; }

private:
    std::string text_;
    process::completed completed_;
};

}  // namespace coil::process
