// SPDX-License-Identifier: BSL-1.0
#include <coil/process/family.hpp>

#include <coil/process/child_ends.hpp>
#include <coil/process/child_state.hpp>
#include <coil/process/exchange.hpp>
#include <coil/process/spawn.hpp>
#include <coil/runtime/async/finally.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>

#include <csignal>
#include <optional>
#include <stdexcept>
#include <utility>

namespace coil::process {

task<completed> family::run(family_settings s) {
    this_task::check_stop();
    co_await start();
    bool late = false;
    if (s.timeout.given()) {
        const auto in_time = co_await coil::finally(move_on_after(s.timeout.length(), work(s.input)), finish(s.grace));
        late = !in_time.has_value();
    } else {
        co_await coil::finally(work(s.input), finish(s.grace));
    }
    completed c = result();
    if (late) throw timed_out(std::move(c));
    if (s.check && !c.success()) throw failed(std::move(c));
    co_return c;
}

task<> family::start() {
    const bool several = stages_.size() > 1;
    if (several && stages_.front().group.what() == group_option::kind::session)
        throw std::invalid_argument("coil: the programs of a pipeline share a process group, so none can begin a session");
    if (several && stages_.back().err.what == stdio::kind::pipe) {
        child_ends e = make_pipe(flow::from_child, 0);
        errors_ = pipe_end(std::move(e.ours), "stderr of a pipeline");
        err_ = std::move(e.childs);
    }
    children_.reserve(stages_.size());
    for (std::size_t i = 0; i != stages_.size(); ++i)
        co_await start_stage(i);
    err_.reset();
    in_ = std::move(children_.front().in_);
    out_ = std::move(children_.back().out_);
    if (!several) errors_ = std::move(children_.front().err_);
}

task<> family::start_stage(std::size_t i) {
    plan p = stages_[i];
    const bool last = i + 1 == stages_.size();
    const ring::descriptor from = std::move(between_);
    child_ends next;
    if (i != 0) {
        p.in = descriptor(from.number());
        // a terminal's foreground group is left as a whole or not at all
        p.group = children_.front().state_->leads() ? join_group(children_.front().pid()) : parents_group;
    }
    if (!last) {
        next = make_pipe(flow::to_child, 0);
        p.out = descriptor(next.ours.number());
    }
    if (err_) p.err = descriptor(err_.number());
    children_.push_back(co_await spawn_planned(std::move(p)));
    between_ = std::move(next.childs);
}

task<> family::work(byte_view input) {
    co_await when_all(feed(in_, input), collect(out_, out_text_), collect(errors_, err_text_), all_over());
    done_ = true;
}

task<> family::all_over() {
    for (std::size_t i = 0; i != children_.size(); ++i)
        co_await until_over(children_[i].state_);
}

task<> family::rest() {
    co_await when_all(collect(out_, out_text_), collect(errors_, err_text_), all_over());
}

void family::signal(int number) noexcept {
    if (children_.front().state_->leads()) {
        children_.front().state_->signal(number, true);
        return;
    }
    for (const child& c : children_)
        c.state_->signal(number, false);
}

// Shielded. Ends what has not ended, and takes the status of all.
task<> family::finish(nanoseconds grace) {
    if (!done_) {
        in_.close();
        if (grace > nanoseconds::zero()) {
            signal(SIGTERM);
            co_await move_on_after(grace, rest());
        }
        signal(SIGKILL);
        co_await all_over();
        co_await collect_rest(out_, out_text_);
        co_await collect_rest(errors_, err_text_);
    }
    for (const child& c : children_) {
        const exit_status end = co_await end_of(c.state_);
        ends_.push_back(end);
    }
}

completed family::result() {
    completed c(children_.back().args(), ends_.back(), std::move(out_text_), std::move(err_text_));
    for (std::size_t i = 0; i != children_.size(); ++i)
        c.stages.push_back({children_[i].args(), ends_[i]});
    return c;
}

}  // namespace coil::process
