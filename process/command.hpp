// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/arguments.hpp>
#include <coil/process/child.hpp>
#include <coil/process/completed.hpp>
#include <coil/process/environment.hpp>
#include <coil/process/options.hpp>
#include <coil/process/plan.hpp>
#include <coil/runtime/coro/task.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coil::process {

/// Is a program to run, put together step by step: it owns all that it is told, and can be run more than once.
/// `co_await command("make").arg("-k").cwd(dir).env("CC", "gcc").run({.capture = true})`
/// Shape: each call changes this command and returns it. Without `env` and its like it has this process's environment.
/// Errors: of a text, at the call that gives it; of the system, when it is run.
class command {
public:
    template <text_like... S>
        requires(sizeof...(S) > 0)
    explicit command(S&&... texts) : plan_(arguments(std::forward<S>(texts)...), spawn_options{}) {}
    explicit command(arguments a) : plan_(std::move(a), spawn_options{}) {}

    command& arg(std::string_view text);
    template <range_of_texts R>
    command& args(R&& texts) {
        for (auto&& text : texts)
            arg(text);
        return *this;
    }
    /// Sets a variable of the environment, takes one out, or begins with none.
    command& env(std::string_view name, std::string_view value);
    command& env_remove(std::string_view name);
    command& env_clear();
    /// Takes the place of the whole environment.
    command& env(const environment& e);
    command& cwd(path_ref path);
    command& in(stdio s);
    command& out(stdio s);
    command& err(stdio s);
    /// Takes over whatever the options say beyond their defaults.
    command& with(const spawn_options& o);

    const std::vector<std::string>& list() const noexcept { return plan_.args; }

    /// As `process::spawn`.
    [[nodiscard("co_await it")]] task<child> spawn() const;
    /// As `process::run`; the options come on top of what the command was told.
    [[nodiscard("co_await it")]] task<completed> run(run_options o = {}) const;

private:
    friend class pipeline;
    environment& own_environment();
    void use(const environment& e);
    plan plan_;
    environment environment_;  // what `plan_` has as lines, once any was set
    bool has_environment_ = false;
};

/// Is a row of programs, each of which reads what the one before writes: `a | b | c`.
/// All are in one process group. Every end is in `stages` of the result; the result itself is the end of the last program,
/// as in a shell, and so is what `.check` looks at. A program that writes on when its reader has ended gets SIGPIPE.
class pipeline {
public:
    pipeline(command first, command second);
    /// As `process::run`: `.input` is the first program's, what is captured are the last one's output and the errors of
    /// all. `.timeout` and a stop end them all. Directory, environment and the like are given to each.
    [[nodiscard("co_await it")]] task<completed> run(run_options o = {}) const;
    std::size_t size() const noexcept { return commands_.size(); }

    friend pipeline operator|(pipeline p, command last) {
        p.commands_.push_back(std::move(last));
        return p;
    }

private:
    std::vector<command> commands_;
};

inline pipeline operator|(command first, command second) {
    return pipeline(std::move(first), std::move(second));
}

}  // namespace coil::process
