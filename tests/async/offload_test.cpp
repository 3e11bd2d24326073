// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/offload.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// Another thread, played by the test: it makes the calls when it is told to.
std::vector<coil::job*> in_line;

template <class F>
class offload_here : public coil::offload<F> {
public:
    explicit offload_here(F&& f) : coil::offload<F>(std::forward<F>(f)) {}
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        return this->enter(h, [this] {
            in_line.push_back(&this->call_);
            return true;
        }) ? std::noop_coroutine() : h;
    }
    auto await_resume() { return this->take(); }
};
template <class F>
offload_here<F> elsewhere(F&& f) {
    return offload_here<F>(std::forward<F>(f));
}
void make_calls() {
    for (coil::job* j : std::exchange(in_line, {})) j->run(*j);
}

}  // namespace

TEST_CASE("the branch goes on when the call has been made, with what it returned or threw") {
    by_hand::world w;
    auto body = [&]() -> coil::task<> {
        auto p = co_await elsewhere([] { return std::make_unique<int>(3); });
        CHECK(*p == 3);
        std::string text;
        try {
            co_await elsewhere([] { throw std::runtime_error("there"); });
        } catch (const std::runtime_error& e) {
            text = e.what();
        }
        CHECK(text == "there");
    };
    auto r = w.run(body());
    CHECK(r->what() == "still running");
    make_calls();
    w.exec.drain();
    CHECK(r->what() == "still running");
    make_calls();
    w.exec.drain();
    CHECK(r->what() == "value");
}

TEST_CASE("a call that nobody has begun is not made once the branch is stopped") {
    by_hand::world w;
    int calls = 0;
    auto body = [&]() -> coil::task<> { co_await elsewhere([&] { ++calls; }); };
    auto r = w.run(body());
    r->handle.cancel();
    w.exec.drain();
    CHECK(r->what() == "still running");  // the thread that finds it sends the branch home
    make_calls();
    w.exec.drain();
    CHECK(r->what() == "stopped");
    CHECK(calls == 0);
    auto before = w.run_stopped(body());
    CHECK(before->handle.state() == coil::task_state::cancelled);
    CHECK(in_line.empty());
}
