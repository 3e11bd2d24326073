// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/lazy.hpp>

#include "../async/by_hand.hpp"

#include <coil/runtime/async/sleep.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace {

using by_hand::world;
using coil::lazy;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("lazy: made when it is first asked for, once, and the same for all") {
    world w;
    int made = 0;
    lazy<std::string> value{[&]() -> task<std::string> {
        ++made;
        co_await coil::sleep_for(1s);
        co_return "a text that is long enough to own memory";
    }};
    CHECK(value.try_get() == nullptr);
    auto asks = [&]() -> task<std::string*> {
        std::string& text = co_await value.get();
        co_return &text;
    };
    auto a = w.run(asks()), b = w.run(asks());
    w.exec.advance(1s);
    REQUIRE(a->value);
    CHECK(*a->value == *b->value);
    CHECK(made == 1);
    CHECK(value.try_get() == *a->value);
    CHECK(w.run(asks())->value == a->value);
}

TEST_CASE("lazy: what fails is tried again by the next who asks") {
    world w;
    int tries = 0;
    lazy<int> value{[&] {
        if (++tries == 1) throw std::out_of_range("not yet");
        return 7;
    }};
    auto asks = [&]() -> task<int> {
        const int v = co_await value.get();
        co_return v;
    };
    CHECK(w.run(asks())->what() == "not yet");
    CHECK(w.run(asks())->value == 7);
}

}  // namespace
