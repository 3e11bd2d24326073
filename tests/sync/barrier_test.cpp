// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/barrier.hpp>

#include "../async/by_hand.hpp"
#include "errors.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using by_hand::world;
using coil::barrier;
using coil::task;

TEST_CASE("barrier: all meet, again and again; the last one calls the function before anybody goes on") {
    world w;
    std::string story;
    barrier b{3, [&] { story += '|'; }};
    auto party = [&](char name) -> task<> {
        for (int i = 0; i != 3; ++i) {
            story += name;
            co_await b.arrive_and_wait();
        }
    };
    auto x = w.start(party('x')), y = w.start(party('y')), z = w.start(party('z'));
    w.exec.drain();
    CHECK(x->value);
    CHECK(y->value);
    CHECK(z->value);
    REQUIRE(story.size() == 12);
    for (std::size_t i : {3u, 7u, 11u}) CHECK(story[i] == '|');
    CHECK(b.parties() == 3);
}

TEST_CASE("barrier: an arrival that is stopped is taken back, and the others go on waiting") {
    world w;
    barrier b{2};
    auto party = [&]() -> task<> { co_await b.arrive_and_wait(); };
    auto a = w.run(party());
    a->handle.cancel();
    w.exec.drain();
    CHECK(a->stopped);
    auto c = w.run(party());
    CHECK_FALSE(c->ended);
    auto d = w.run(party());
    CHECK(c->value);
    CHECK(d->value);
}

TEST_CASE("barrier: what the function throws is thrown at every party; the next meeting is as new") {
    world w;
    int calls = 0;
    barrier b{2, [&] {
                  if (++calls == 1) throw std::out_of_range("the function's");
              }};
    auto party = [&]() -> task<> { co_await b.arrive_and_wait(); };
    auto a = w.run(party()), c = w.run(party());
    CHECK(a->what() == "the function's");
    CHECK(c->what() == "the function's");
    auto d = w.run(party()), e = w.run(party());
    CHECK(d->value);
    CHECK(e->value);
}

TEST_CASE("barrier: who drops out is not waited for again") {
    world w;
    barrier b{2};
    auto party = [&]() -> task<> { co_await b.arrive_and_wait(); };
    auto a = w.run(party());
    b.arrive_and_drop();
    w.exec.drain();
    CHECK(a->value);
    CHECK(b.parties() == 1);
    CHECK(w.run(party())->value);
    b.arrive_and_drop();
    const auto error = error_of([&] { b.arrive_and_drop(); });
    CHECK_THROWS_AS(std::rethrow_exception(error), std::logic_error);
    CHECK(text_of(error).find("barrier_test.cpp:") != std::string::npos);
    for (const int parties : {0, -1}) {
        const auto refusal = error_of([&] { barrier of_nobody{parties}; });
        CHECK_THROWS_AS(std::rethrow_exception(refusal), std::invalid_argument);
        CHECK(place_of(refusal).find("barrier_test.cpp:") != std::string::npos);
    }
}

TEST_CASE("barrier: threads meet") {
    std::atomic<int> meetings{0};
    constexpr int rounds = 300;
    barrier b{3, [&] { ++meetings; }};
    auto work = [&] {
        for (int i = 0; i != rounds; ++i) {
            b.arrive_and_wait_blocking();
            if (meetings < i + 1) std::abort();
        }
    };
    std::thread one(work), two(work);
    work();
    one.join();
    two.join();
    CHECK(meetings == rounds);
}

}  // namespace
