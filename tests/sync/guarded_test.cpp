// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/guarded.hpp>

#include "../async/by_hand.hpp"

#include <coil/runtime/async/sleep.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using by_hand::world;
using coil::guarded;
using coil::task;

TEST_CASE("guarded: the value is reached under its lock alone") {
    world w;
    guarded<std::vector<int>> box;
    auto adds = [&](int i) -> task<> {
        auto p = co_await box.lock();
        const std::size_t before = p->size();
        co_await coil::yield();
        p->push_back(i);
        CHECK((*p).size() == before + 1);
    };
    std::vector<std::unique_ptr<by_hand::ran<void>>> all;
    for (int i = 0; i != 5; ++i) all.push_back(w.start(adds(i)));
    w.exec.step();
    CHECK(box.locked());
    CHECK_FALSE(static_cast<bool>(box.try_lock()));
    w.exec.drain();
    auto p = box.try_lock();
    REQUIRE(static_cast<bool>(p));
    CHECK(*p == std::vector{0, 1, 2, 3, 4});
    p.unlock();
    CHECK_FALSE(box.locked());
    CHECK(box.statistics().hand_overs == 4);
}

TEST_CASE("guarded: made of arguments, reached by threads, and within one expression") {
    world w;
    guarded<std::string> box("a text that is long enough to own memory");
    std::thread([&] { box.lock_blocking()->push_back('!'); }).join();
    auto body = [&]() -> task<std::size_t> {
        const std::size_t size = (co_await box.lock())->size();
        CHECK_FALSE(box.locked());
        co_return size;
    };
    CHECK(w.run(body())->value == 41);
}

}  // namespace
