// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/idle.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>

namespace {
// `idle` never looks into a worker: an address will do.
struct workers {
    std::array<std::byte, 4> places{};
    coil::worker& operator[](std::size_t i) { return reinterpret_cast<coil::worker&>(places[i]); }
};
}  // namespace

TEST_CASE("one searches at a time") {
    coil::idle idle;
    CHECK(!idle.anyone());
    CHECK(idle.start_search());
    CHECK(!idle.start_search());
    CHECK(idle.anyone_searching());
    idle.end_search();
    CHECK(idle.start_search());
    idle.end_search();
    CHECK(!idle.anyone());
}

TEST_CASE("a sleeper that is chosen is the searcher, the latest first; nobody is chosen while one searches") {
    coil::idle idle;
    idle.reserve(4);
    workers w;
    CHECK(idle.choose() == nullptr);
    idle.announce(w[0], false);
    REQUIRE(idle.start_search());
    idle.announce(w[1], true);
    CHECK(!idle.anyone_searching());
    CHECK(idle.anyone_asleep());
    CHECK(idle.choose() == &w[1]);
    CHECK(idle.anyone_searching());
    CHECK(idle.choose() == nullptr);
    idle.end_search();
    CHECK(idle.choose() == &w[0]);
    idle.end_search();
    CHECK(!idle.anyone());
}

TEST_CASE("an announcement can be taken back unless somebody was faster") {
    coil::idle idle;
    idle.reserve(4);
    workers w;
    idle.announce(w[0], false);
    CHECK(idle.withdraw(w[0]));
    CHECK(!idle.withdraw(w[0]));
    idle.announce(w[0], false);
    CHECK(idle.choose_any() == &w[0]);
    CHECK(!idle.withdraw(w[0]));
    CHECK(!idle.anyone());
}

TEST_CASE("who pushes and then looks, and who announces itself and then looks, never miss each other") {
    coil::idle idle;
    idle.reserve(1);
    workers w;
    std::atomic<int> pushed{0}, round{0};
    std::atomic<int> missed{0};
    constexpr int rounds = 20'000;
    std::atomic<bool> seen_by_sleeper{false}, seen_by_pusher{false};
    std::thread pusher([&] {
        for (int r = 1; r <= rounds; ++r) {
            while (round != r) {}
            pushed.store(r, std::memory_order_seq_cst);
            seen_by_pusher = idle.choose() != nullptr;
            if (seen_by_pusher) idle.end_search();
            round = -r;
        }
    });
    for (int r = 1; r <= rounds; ++r) {
        seen_by_sleeper = false;
        round = r;
        idle.announce(w[0], false);
        seen_by_sleeper = pushed.load(std::memory_order_seq_cst) == r;
        while (round != -r) {}
        if (!seen_by_sleeper && !seen_by_pusher) ++missed;
        idle.withdraw(w[0]);
    }
    pusher.join();
    CHECK(missed == 0);
}
