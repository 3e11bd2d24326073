// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/deque.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

// Tells the deque how many look for work, and keeps what does not fit.
struct market final : coil::work_market {
    bool anyone_idle() noexcept override { return idle; }
    bool published() noexcept override {
        ++publications;
        return false;
    }
    void overflow(coil::fork_slot& s) noexcept override { overflown.push_back(&s); }
    bool has_thieves() noexcept override { return thieves; }
    bool idle = false, thieves = false;
    int publications = 0;
    std::vector<coil::fork_slot*> overflown;
};

}  // namespace

TEST_CASE("the owner takes the youngest, thieves nothing until they have asked and the owner has answered") {
    market m;
    coil::deque d(m);
    std::vector<coil::fork_slot> s(4);
    for (auto& slot : s)
        d.push(slot);
    CHECK(d.steal() == nullptr);  // asks
    m.idle = true;
    coil::fork_slot extra;
    d.push(extra);
    CHECK(m.publications == 1);
    CHECK(d.has_published());
    CHECK(d.steal() == &s[0]);  // the oldest
    CHECK(!d.take(s[3]));       // not the youngest
    CHECK(d.take(extra));
    CHECK(d.pop() == &s[3]);
    CHECK(d.take(s[2]));
    CHECK(d.take(s[1]));  // published, and taken back
    CHECK(d.pop() == nullptr);
    CHECK(!d.take(s[0]));
    CHECK(d.steal() == nullptr);
    CHECK(!d.has_published());
}

TEST_CASE("with thieves about, the oldest entry is public though nobody is idle, and the next once it is gone") {
    market m;
    m.thieves = true;
    coil::deque d(m);
    d.ask();  // as the pool does before its workers begin
    std::vector<coil::fork_slot> s(4);
    d.push(s[0]);
    CHECK(d.has_published());
    d.push(s[1]);
    CHECK(d.steal() == &s[0]);
    CHECK(d.steal() == nullptr);  // private until the owner comes by
    d.push(s[2]);
    CHECK(d.steal() == &s[1]);
    d.push(s[3]);
    CHECK(d.has_published());
    CHECK(d.take(s[3]));
    CHECK(d.take(s[2]));  // public, and taken back
    CHECK(!d.has_published());
    d.push(s[0]);
    CHECK(d.has_published());
    d.push(s[1]);
    CHECK(d.steal() == &s[0]);
    CHECK(d.take(s[1]));  // the owner comes by, with nothing to make public
    d.push(s[2]);
    CHECK(d.steal() == &s[2]);
    CHECK(d.pop() == nullptr);
}

TEST_CASE("before a long absence everything can be published") {
    market m;
    coil::deque d(m);
    std::vector<coil::fork_slot> s(3);
    for (auto& slot : s)
        d.push(slot);
    d.publish_all();
    for (auto& slot : s)
        CHECK(d.steal() == &slot);
    CHECK(d.steal() == nullptr);
}

TEST_CASE("what does not fit goes to the market, the oldest first, and none is lost") {
    market m;
    coil::deque d(m);
    constexpr std::size_t count = 3 * coil::lane::capacity;
    auto s = std::make_unique<coil::fork_slot[]>(count);
    for (std::size_t i = 0; i != count; ++i)
        d.push(s[i]);
    REQUIRE(!m.overflown.empty());
    CHECK(m.overflown.front() == &s[0]);
    std::size_t kept = 0;
    while (d.pop())
        ++kept;
    CHECK(kept + m.overflown.size() == count);
}

TEST_CASE("owner and thieves: every entry is had by exactly one") {
    market m;
    m.idle = true;
    coil::deque d(m);
    constexpr std::size_t count = 60'000;
    auto s = std::make_unique<coil::fork_slot[]>(count);
    std::vector<std::atomic<int>> had(count);
    std::atomic<bool> over{false};
    auto note = [&](coil::fork_slot* slot) { ++had[static_cast<std::size_t>(slot - s.get())]; };
    auto steals = [&] {
        while (!over)
            if (coil::fork_slot* slot = d.steal()) note(slot);
    };
    std::thread a(steals), b(steals);
    std::size_t i = 0;
    while (i != count) {
        for (int n = 0; n != 7 && i != count; ++n)
            d.push(s[i++]);
        for (int n = 0; n != 5; ++n)
            if (coil::fork_slot* slot = d.pop()) note(slot);
        if (coil::fork_slot* last = i % 2 ? &s[i - 1] : nullptr)
            if (d.take(*last)) note(last);
    }
    while (coil::fork_slot* slot = d.pop())
        note(slot);
    over = true;
    a.join();
    b.join();
    while (coil::fork_slot* slot = d.steal())
        note(slot);
    for (coil::fork_slot* slot : m.overflown)
        note(slot);
    int wrong = 0;
    for (auto& h : had)
        wrong += h != 1;
    CHECK(wrong == 0);
}
