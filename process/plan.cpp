// SPDX-License-Identifier: BSL-1.0
#include <coil/process/plan.hpp>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace coil::process {

namespace {

constexpr unsigned bits = sizeof(unsigned long) * CHAR_BIT;

std::string checked_path(std::string_view path) {
    if (path.find('\0') != std::string_view::npos) throw std::invalid_argument("coil: a path has a zero in it");
    return std::string(path);
}

template <class Options>
void add_shared(plan& p, const Options& o) {
    if (!o.cwd.view().empty()) p.directory = checked_path(o.cwd.view());
    if (o.env.get() != nullptr) p.environment = o.env.get()->lines();
    if (o.process_group.what() != group_option::kind::automatic) p.group = o.process_group;
    if (o.umask >= 0) p.umask = o.umask;
    if (o.user.given()) p.user = o.user;
    if (o.group.given()) p.user_group = o.group;
    if (!o.groups.empty()) p.groups.emplace(o.groups.begin(), o.groups.end());
    p.limits.insert(p.limits.end(), o.limits.begin(), o.limits.end());
    p.nice += o.nice;
    for (const unsigned n : o.processors) {
        if (n / bits >= p.processors.size()) p.processors.resize(n / bits + 1);
        p.processors[n / bits] |= 1UL << (n % bits);
    }
    p.descriptors.insert(p.descriptors.end(), o.descriptors.begin(), o.descriptors.end());
    for (const descriptor_move& d : o.descriptors)
        if (d.to <= 2) throw std::invalid_argument("coil: .descriptors begin at 3: .in, .out and .err say what 0, 1 and 2 are");
    if (o.death_signal != 0) p.death_signal = o.death_signal;
    if (o.cgroup >= 0) p.cgroup = o.cgroup;
    if (o.keep_ignored_signals) p.keep_ignored_signals = true;
    if (!o.program.view().empty()) p.program = checked_path(o.program.view());
}

void add_stream(planned_stream& to, const stdio& s) {
    if (s.what() == stdio::kind::inherit) return;
    checked_path(s.path());
    to = s;
}

// PATH of the child if it has one, else of the parent, else the system's usual.
std::string search_path(const plan& p) {
    if (p.environment)
        for (const std::string& line : *p.environment)
            if (line.starts_with("PATH=")) return line.substr(5);
    const char* const own = std::getenv("PATH");
    return own != nullptr ? own : "/usr/local/bin:/usr/bin:/bin";
}

}  // namespace

plan::plan(arguments a, const spawn_options& o) : args(std::move(a).list()) {
    add(o);
}

plan::plan(arguments a, const run_options& o) : args(std::move(a).list()) {
    add(o);
}

void plan::add(const spawn_options& o) {
    add_stream(in, o.in);
    add_stream(out, o.out);
    add_stream(err, o.err);
    add_shared(*this, o);
}

void plan::add(const run_options& o) {
    add_shared(*this, o);
    if (o.input.data() != nullptr) in = pipe;
    if (!o.capture) return;
    if (out.what == stdio::kind::inherit) out = pipe;
    if (err.what == stdio::kind::inherit) err = pipe;
}

std::vector<std::string> plan::candidates() const {
    const std::string& file = program.empty() ? args.front() : program;
    if (file.find('/') != std::string::npos) return {file};
    std::vector<std::string> all;
    const std::string path = search_path(*this);
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find(':', begin), path.size());
        std::string folder = path.substr(begin, end - begin);  // an empty one is the working directory
        if (!folder.empty() && !folder.ends_with('/')) folder += '/';
        all.push_back((folder.empty() ? "./" : folder) + file);
        begin = end + 1;
    }
    return all;
}

}  // namespace coil::process
