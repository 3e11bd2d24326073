// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/arguments.hpp>
#include <coil/process/options.hpp>

#include <optional>
#include <string>
#include <vector>

namespace coil::process {

/// Is what a standard stream of a planned child will be.
struct planned_stream {
    stdio::kind what = stdio::kind::inherit;
    int number = 0;
    std::string path;

    planned_stream() = default;
    planned_stream(const stdio& s) : what(s.what()), number(s.number()), path(s.path()) {}
};

/// Is all that a child will be, and owns it: what the option structs refer to, kept until the child is made.
struct plan {
    plan(arguments a, const spawn_options& o);
    plan(arguments a, const run_options& o);

    /// Takes over what options say beyond their defaults.
    void add(const spawn_options& o);
    void add(const run_options& o);

    /// Where the program is looked for, in this order.
    std::vector<std::string> candidates() const;
    const std::string& name() const noexcept { return args.front(); }

    std::vector<std::string> args;
    planned_stream in, out, err;
    std::string directory;
    std::optional<std::vector<std::string>> environment;  // "NAME=value"; none: the parent's
    group_option group;
    int umask = -1;
    id_option user, user_group;
    std::optional<std::vector<unsigned>> groups;
    std::vector<resource_limit> limits;
    int nice = 0;
    std::vector<unsigned long> processors;  // a mask
    std::vector<descriptor_move> descriptors;
    int death_signal = 0;
    int cgroup = -1;
    bool keep_ignored_signals = false;
    std::string program;
};

}  // namespace coil::process
