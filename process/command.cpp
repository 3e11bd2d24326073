// SPDX-License-Identifier: BSL-1.0
#include <coil/process/command.hpp>

#include <coil/process/run.hpp>
#include <coil/process/spawn.hpp>
#include <coil/runtime/base/shortened.hpp>

#include <stdexcept>

namespace coil::process {

command& command::arg(std::string_view text) {
    if (text.find('\0') != std::string_view::npos)
        throw std::invalid_argument("coil: an argument of " + shortened(plan_.name()) + " has a zero in it");
    plan_.args.emplace_back(text);
    return *this;
}

environment& command::own_environment() {
    if (!has_environment_) environment_ = environment::inherited();
    return environment_;
}

void command::use(const environment& e) {
    has_environment_ = true;
    plan_.environment = e.lines();
}

command& command::env(std::string_view name, std::string_view value) {
    use(own_environment().set(std::string(name), std::string(value)));
    return *this;
}

command& command::env_remove(std::string_view name) {
    use(own_environment().remove(name));
    return *this;
}

command& command::env_clear() {
    return env(environment());
}

command& command::env(const environment& e) {
    environment_ = e;
    use(environment_);
    return *this;
}

command& command::cwd(path_ref path) {
    return with({.cwd = path});
}

command& command::in(stdio s) {
    plan_.in = s;
    return *this;
}

command& command::out(stdio s) {
    plan_.out = s;
    return *this;
}

command& command::err(stdio s) {
    plan_.err = s;
    return *this;
}

command& command::with(const spawn_options& o) {
    if (o.env.get() != nullptr) env(*o.env.get());
    plan_.add(o);
    return *this;
}

task<child> command::spawn() const {
    return spawn_planned(plan(plan_));
}

task<completed> command::run(run_options o) const {
    std::vector<plan> one{plan_};
    one.front().add(o);
    return run_planned(std::move(one), o);
}

pipeline::pipeline(command first, command second) {
    commands_.reserve(2);
    commands_.push_back(std::move(first));
    commands_.push_back(std::move(second));
}

task<completed> pipeline::run(run_options o) const {
    std::vector<plan> all;
    all.reserve(commands_.size());
    for (const command& c : commands_) {
        run_options mine = o;
        const bool first = &c == &commands_.front(), last = &c == &commands_.back();
        if (!first) mine.input = {};
        if (!last) mine.capture = false;
        plan p = c.plan_;
        if ((!first && p.in.what != stdio::kind::inherit) || (!last && p.out.what != stdio::kind::inherit))
            throw std::invalid_argument("coil: " + p.name() + " has a stream of its own where the pipeline joins it");
        p.add(mine);
        all.push_back(std::move(p));
    }
    return run_planned(std::move(all), o);
}

}  // namespace coil::process
