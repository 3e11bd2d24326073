// SPDX-License-Identifier: BSL-1.0
#include <coil/process/child.hpp>

#include <coil/process/child_state.hpp>
#include <coil/process/exchange.hpp>
#include <coil/process/nursery.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/finally.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/base/contract.hpp>

#include <csignal>
#include <string>
#include <utility>

namespace coil::process {

child::child(std::shared_ptr<child_state> state, std::vector<std::string> args) noexcept
    : state_(std::move(state)), args_(std::move(args)) {}

child::child(child&& other) noexcept = default;

child& child::operator=(child&& other) noexcept {
    if (this != &other) {
        let_go();
        state_ = std::move(other.state_);
        args_ = std::move(other.args_);
        in_ = std::move(other.in_);
        out_ = std::move(other.out_);
        err_ = std::move(other.err_);
        out_text_ = std::move(other.out_text_);
        err_text_ = std::move(other.err_text_);
    }
    return *this;
}

child::~child() {
    let_go();
}

void child::let_go() noexcept {
    if (state_ == nullptr) return;
    state_->signal(SIGKILL, true);
    nursery::of_process().bury(std::move(state_));
}

void child::detach() noexcept {
    if (state_ != nullptr) nursery::of_process().bury(std::move(state_));
}

pipe_end& child::checked(pipe_end& p, const char* which, place where) {
    if (p.name().empty()) misuse(std::string("process: a child whose ") + which + " is no pipe was asked for it", where);
    return p;
}

const std::shared_ptr<child_state>& child::checked(place where) const {
    if (state_ == nullptr) misuse("process: this child was moved from or detached", where);
    return state_;
}

std::optional<exit_status> child::status(place where) const {
    return checked(where)->ended();
}

int child::pid(place where) const {
    return checked(where)->pid();
}

void child::terminate(place where) const {
    checked(where)->signal(SIGTERM, true);
}

void child::kill(place where) const {
    checked(where)->signal(SIGKILL, true);
}

bool child::send_signal(int number, place where) const {
    const std::shared_ptr<child_state>& c = checked(where);
    if (number < 0 || number > SIGRTMAX) bad_argument("process: no signal has the number " + std::to_string(number), where);
    return c->signal(number, false);
}

task<exit_status> child::wait(place where) const {
    return end_of(checked(where));
}

namespace {

task<> kill_and_wait(std::shared_ptr<child_state> c) {
    c->signal(SIGKILL, true);
    co_await until_over(c);
}

task<exit_status> stop_within(std::shared_ptr<child_state> c, nanoseconds grace) {
    if (grace > nanoseconds::zero()) c->signal(SIGTERM, true);
    co_await finally(move_on_after(grace, until_over(c)), kill_and_wait(c));
    co_return co_await end_of(c);
}

}  // namespace

task<exit_status> child::stop(time_allowed grace, place where) {
    return stop_within(checked(where), grace.given() ? grace.length() : default_grace);
}

task<completed> child::communicate(byte_view input, place where) {
    (void)checked(where);
    return communicate_checked(input);
}

task<completed> child::communicate_checked(byte_view input) {
    co_await when_all(feed(in_, input), collect(out_, out_text_), collect(err_, err_text_), until_over(state_));
    const exit_status end = co_await shield(end_of(state_));
    co_return completed(args_, end, std::move(out_text_), std::move(err_text_));
}

}  // namespace coil::process
