// SPDX-License-Identifier: BSL-1.0
#include <coil/process/spawn.hpp>

#include <coil/process/child_state.hpp>
#include <coil/process/launch.hpp>
#include <coil/process/launching.hpp>
#include <coil/process/pidfd.hpp>
#include <coil/process/streams.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/base/shortened.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace coil::process {

namespace {

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
    std::vector<const char*> all;
    all.reserve(texts.size() + 1);
    for (const std::string& text : texts)
        all.push_back(text.c_str());
    all.push_back(nullptr);
    return all;
}

group_option::kind group_of(const plan& p, bool has_terminal) {
    if (has_terminal) return group_option::kind::session;
    if (p.group.what() != group_option::kind::automatic) return p.group.what();
    return p.in.what == stdio::kind::inherit && is_terminal(0) ? group_option::kind::parents : group_option::kind::own;
}

std::string what_failed(const plan& p, launch_stage s) {
    switch (s) {
    case launch_stage::directory:
        return "change directory to " + shortened(p.directory);
    case launch_stage::session:
        return "set its session or process group";
    case launch_stage::cgroup:
        return "enter its cgroup";
    case launch_stage::descriptors:
        return "give it its descriptors";
    case launch_stage::priority:
        return "change its niceness";
    case launch_stage::affinity:
        return "choose its processors";
    case launch_stage::limits:
        return "limit its resources";
    case launch_stage::identity:
        return "change its user or groups";
    case launch_stage::terminal_of_session:
        return "give it its terminal";
    case launch_stage::death_signal:
        return "tie it to its parent";
    case launch_stage::clone:
        return "make a process";
    case launch_stage::interpreter:
        return "find the interpreter that it names";
    case launch_stage::none:
    case launch_stage::program:
        break;
    }
    return {};
}

[[noreturn]] void fail(const plan& p, const launched& l) {
    std::string text = "spawn " + shortened(p.name());
    if (!p.program.empty()) text += " (" + shortened(p.program) + ")";
    if (const std::string what = what_failed(p, l.failed); !what.empty()) text += ": " + what;
    throw std::system_error(l.error, std::generic_category(), text);
}

void refuse_simulation(const plan& p) {
    if (ring::keeper_here() == nullptr) return;
    throw std::system_error(std::make_error_code(std::errc::operation_not_supported),
                            "spawn " + shortened(p.name()) + ": processes cannot be simulated");
}

// A file that was open for writing when another thread made a child stays so in that child until it has its program.
constexpr std::chrono::milliseconds busy_first{1}, busy_last{64};

}  // namespace

class child_maker {
public:
    static task<child> make(plan p) {
        refuse_simulation(p);
        this_task::check_stop();
        streams s = co_await streams::make(p);
        const group_option::kind group = group_of(p, s.terminal() >= 0);
        const launched l = co_await launch_it(p, s, group);
        if (l.error != 0) fail(p, l);
        child c = owning(p, l, group == group_option::kind::own || group == group_option::kind::session);
        c.in_ = end(s, 0, "stdin of ", p);
        c.out_ = end(s, 1, "stdout of ", p);
        c.err_ = end(s, 2, "stderr of ", p);
        co_return c;
    }

private:
    // First of all the child gets an owner.
    static child owning(plan& p, const launched& l, bool leads) {
        return child(std::make_shared<child_state>(p.name(), l.pid, l.pidfd, leads), p.args);
    }
    static pipe_end end(streams& s, int number, const char* which, const plan& p) {
        ring::descriptor d = s.take(number);
        if (!d) return {};
        return pipe_end(std::move(d), which + p.name(), s.terminal() >= 0);
    }

    static task<launched> launch_it(const plan& p, const streams& s, group_option::kind group) {
        const std::vector<std::string> candidates = p.candidates();
        const auto programs = pointers(candidates), arguments = pointers(p.args);
        std::vector<const char*> environment;
        if (p.environment) environment = pointers(*p.environment);
        const std::vector<descriptor_move> moves = s.moves(p);
        const unsigned user = p.user.id(), user_group = p.user_group.id();
        std::span<const unsigned> groups;
        if (p.groups) groups = *p.groups;
        launch w;
        w.programs = programs.data();
        w.arguments = arguments.data();
        if (p.environment) w.environment = environment.data();
        w.descriptors = moves;
        if (!p.directory.empty()) w.directory = p.directory.c_str();
        w.umask = p.umask;
        if (p.user.given()) w.user = &user;
        if (p.user_group.given()) w.group = &user_group;
        if (p.groups) w.groups = &groups;
        w.new_session = group == group_option::kind::session;
        if (group == group_option::kind::own) w.process_group = 0;
        if (group == group_option::kind::join) w.process_group = p.group.group();
        w.controlling_terminal = s.terminal();
        w.keep_ignored_signals = p.keep_ignored_signals;
        w.limits = p.limits;
        w.nice = p.nice;
        w.processors = p.processors;
        w.death_signal = p.death_signal;
        w.cgroup = p.cgroup;

        launched l = co_await launch_child(w);
        for (auto pause = busy_first; l.error == ETXTBSY && pause <= busy_last; pause *= 2) {
            co_await sleep_for(pause);
            l = co_await launch_child(w);
        }
        co_return l;
    }
};

task<child> spawn_planned(plan p) {
    return child_maker::make(std::move(p));
}

}  // namespace coil::process
