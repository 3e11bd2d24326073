// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/executor.hpp>

#include <coil/runtime/coro/manual_executor.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <utility>

namespace {

// Counts what it is given.
class counting final : public coil::executor {
public:
    counting() noexcept = default;
    explicit counting(bool parallel) noexcept : executor(parallel) {}
    void post(coil::node&) noexcept override { ++posts; }
    void post(coil::node_list&&) noexcept override { ++batches; }
    void arm(coil::timer_ref) noexcept override {}
    bool disarm(coil::timer_ref) noexcept override { return true; }
    coil::time_point now() noexcept override { return coil::time_point(std::chrono::seconds(5)); }
    bool wants_turn() noexcept override { return false; }
    int posts = 0, batches = 0;
};

struct thread_marks {
    ~thread_marks() {
        coil::this_thread.here = nullptr;
        coil::this_thread.ready = nullptr;
    }
};

TEST_CASE("a thread is here while it works for that executor, and nowhere otherwise") {
    counting one, other;
    CHECK_FALSE(one.here());
    const thread_marks marks;
    coil::this_thread.here = &one;
    CHECK(one.here());
    CHECK_FALSE(other.here());
}

TEST_CASE("a node that becomes ready at home goes to the thread's own list, from elsewhere it is posted") {
    counting one, other;
    coil::node_list own;
    coil::node a, b, c;
    const thread_marks marks;
    one.ready(a);
    CHECK(one.posts == 1);
    coil::this_thread.here = &one;
    one.ready(b);  // here, but without a list of its own
    CHECK(one.posts == 2);
    coil::this_thread.ready = &own;
    one.ready(c);
    CHECK(one.posts == 2);
    CHECK(own.front() == &c);
    other.ready(a);
    CHECK(other.posts == 1);
}

TEST_CASE("a stamp is a time") {
    counting one;
    CHECK(one.time_of(one.stamp()) == one.now());
}

TEST_CASE("an executor says whether several threads run its nodes") {
    CHECK_FALSE(counting().parallel());
    CHECK(counting(true).parallel());
    CHECK_FALSE(coil::manual_executor().parallel());
}

}  // namespace
