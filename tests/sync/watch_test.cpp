// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/watch.hpp>

#include "../coro/by_hand.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

namespace {

using coil::task;
using coil::watch;

TEST_CASE("watch: the first value is news, then each change, the latest alone") {
    coil::manual_executor home;
    noting_owner owner;
    watch<std::string> w{"first"};
    std::vector<std::string> got;
    auto body = [&]() -> task<> {
        while (const std::optional<std::string> v = co_await w.changed()) got.push_back(*v);
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(got == std::vector<std::string>{"first"});
    w.set("second");
    w.set("third");  // before the watcher ran again: it will see this one next
    CHECK(w.get() == "third");
    home.drain();
    CHECK(got.back() == "third");
    w.close();
    home.drain();
    CHECK(h->ended());
}

TEST_CASE("watch: each watcher has its own notion of what is new") {
    watch<int> w{1};
    auto a = w.watcher(), b = w.watcher();
    w.set(2);
    CHECK(a.changed_blocking() == 2);
    w.set(3);
    CHECK(b.changed_blocking() == 3);
    CHECK(a.changed_blocking() == 3);
    CHECK(w.changed_blocking() == 3);
    CHECK(a.get() == 3);
    w.close();
    CHECK_FALSE(a.changed_blocking().has_value());
}

TEST_CASE("watch: what is stopped has seen nothing") {
    coil::manual_executor home;
    noting_owner owner;
    watch<int> w{1};
    CHECK(w.changed_blocking() == 1);
    auto body = [&]() -> task<> { co_await w.changed(); };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    h->cancel("no");
    home.drain();
    CHECK(h->state() == coil::task_state::cancelled);
    w.set(2);
    CHECK(w.changed_blocking() == 2);
}

TEST_CASE("watch: a plain thread sees the last of many changes") {
    watch<int> w{0};
    auto mine = w.watcher();
    std::thread setter([&] {
        for (int i = 1; i <= 3000; ++i) w.set(i);
        w.close();
    });
    int last = 0;
    bool grows = true;
    while (const std::optional<int> v = mine.changed_blocking()) {
        grows = grows && *v > last;
        last = *v;
    }
    setter.join();
    CHECK(grows);
    CHECK(last == 3000);
}

}  // namespace
