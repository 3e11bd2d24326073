// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/inbox.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

using coil::inbox;
using coil::node;
using coil::node_list;
using duty = coil::inbox::duty;

namespace {

struct letter : node {
    std::size_t from = 0;
    std::size_t number = 0;
};

std::vector<node*> drained(inbox& i) {
    node_list all;
    i.collect(all);
    std::vector<node*> found;
    while (node* n = all.pop_front())
        found.push_back(n);
    return found;
}

}  // namespace

TEST_CASE("inbox: nodes come out in the order of posting, chains in their own order") {
    inbox box;
    letter l[6];
    CHECK(box.empty());
    box.post(l[0], l[0]);
    l[1].next = &l[2];
    l[2].next = &l[3];
    box.post(l[1], l[3]);
    box.post(l[4], l[4]);
    CHECK_FALSE(box.empty());
    node_list to;
    to.push_back(l[5]);
    box.collect(to);
    for (node* expected : {&l[5], &l[0], &l[1], &l[2], &l[3], &l[4]})
        CHECK(to.pop_front() == expected);
    CHECK(to.pop_front() == nullptr);
    CHECK(box.empty());
    CHECK(drained(box).empty());
}

TEST_CASE("inbox: one poster per sleep is told to wake the owner") {
    inbox box;
    letter l[4];
    CHECK(box.post(l[0], l[0]) == duty::none);
    CHECK_FALSE(box.announce_sleep());  // something is there
    CHECK(drained(box).size() == 1);

    CHECK(box.announce_sleep());
    CHECK(box.empty());
    CHECK(box.post(l[0], l[0]) == duty::wake);
    CHECK(box.post(l[1], l[1]) == duty::none);
    CHECK_FALSE(box.withdraw());  // somebody is on the way
    CHECK(drained(box) == std::vector<node*>{&l[0], &l[1]});

    CHECK(box.announce_sleep());
    CHECK(box.withdraw());
    CHECK(box.post(l[2], l[2]) == duty::none);
    CHECK(drained(box).size() == 1);

    CHECK(box.announce_sleep());
    CHECK(drained(box).empty());  // collecting ends an announced sleep too
    CHECK(box.post(l[3], l[3]) == duty::none);
}

TEST_CASE("inbox: one poster per doze is told that it may wake the owner later, unless somebody is in a hurry") {
    inbox box;
    letter l[4];
    CHECK(box.announce_sleep(true));
    CHECK(box.empty());
    SUBCASE("nobody") {
        CHECK(box.withdraw());
        CHECK(box.post(l[0], l[0], true) == duty::none);
    }
    SUBCASE("somebody in a hurry") {
        CHECK(box.post(l[0], l[0]) == duty::wake);
        CHECK(box.post(l[1], l[1], true) == duty::none);
        CHECK_FALSE(box.withdraw());
    }
    SUBCASE("who has it look round") {
        CHECK(box.rouse());
        CHECK_FALSE(box.rouse());
        CHECK(box.post(l[0], l[0], true) == duty::none);
        CHECK_FALSE(box.withdraw());
    }
    SUBCASE("who is late") {
        CHECK(box.post(l[0], l[0], true) == duty::wake_later);
        CHECK(box.post(l[1], l[1], true) == duty::none);
        CHECK_FALSE(box.empty());
        SUBCASE("alone") {
            CHECK(box.withdraw());  // nobody was told to wake it now
            CHECK(box.post(l[2], l[2]) == duty::none);
            CHECK(drained(box) == std::vector<node*>{&l[0], &l[1], &l[2]});
        }
        SUBCASE("and then somebody in a hurry") {
            CHECK(box.post(l[2], l[2]) == duty::wake);
            CHECK(box.post(l[3], l[3], true) == duty::none);
            CHECK_FALSE(box.withdraw());
            CHECK(drained(box) == std::vector<node*>{&l[0], &l[1], &l[2], &l[3]});
        }
        SUBCASE("and then somebody who has it look round") {
            CHECK(box.rouse());
            CHECK_FALSE(box.rouse());
            CHECK_FALSE(box.withdraw());
            CHECK(drained(box) == std::vector<node*>{&l[0], &l[1]});
        }
    }
    drained(box);
    CHECK(box.announce_sleep());
    CHECK(box.post(l[0], l[0], true) == duty::wake);  // it sleeps for good
}

TEST_CASE("inbox: an owner that was roused looks round once more before it sleeps") {
    inbox box;
    SUBCASE("while it was awake") {
        CHECK_FALSE(box.rouse());
        CHECK_FALSE(box.rouse());
        CHECK(box.empty());
        CHECK_FALSE(box.announce_sleep());
        CHECK(drained(box).empty());  // it looks round
        CHECK(box.announce_sleep());
    }
    SUBCASE("in its sleep, by one") {
        CHECK(box.announce_sleep());
        CHECK(box.rouse());
        CHECK_FALSE(box.rouse());
        CHECK_FALSE(box.withdraw());
    }
    SUBCASE("with something in the inbox") {
        letter l[2];
        CHECK_FALSE(box.rouse());
        CHECK(box.post(l[0], l[0]) == duty::none);
        CHECK_FALSE(box.rouse());
        CHECK(box.post(l[1], l[1]) == duty::none);
        CHECK_FALSE(box.announce_sleep());
        CHECK(drained(box) == std::vector<node*>{&l[0], &l[1]});
        CHECK(box.announce_sleep());
    }
}

TEST_CASE("inbox: many producers and a sleeping owner lose nothing, keep each one's order, and wake it once a sleep") {
    constexpr std::size_t producers = 8, each = 5000;
    inbox box;
    std::vector<std::vector<letter>> letters(producers);
    for (std::size_t p = 0; p != producers; ++p)
        letters[p] = std::vector<letter>(each);
    std::atomic<std::size_t> told{0};
    std::atomic<unsigned> bell{0};
    std::vector<std::thread> threads;
    for (std::size_t p = 0; p != producers; ++p)
        threads.emplace_back([&, p] {
            for (std::size_t i = 0; i != each; ++i) {
                letter& l = letters[p][i];
                l.from = p;
                l.number = i;
                bool wake = false;
                if (i % 3 == 0 && i + 1 != each) {  // a chain of two
                    letter& second = letters[p][++i];
                    second.from = p;
                    second.number = i;
                    l.next = &second;
                    wake = box.post(l, second) == duty::wake;
                } else {
                    wake = box.post(l, l) == duty::wake;
                }
                if (wake) {
                    told.fetch_add(1);
                    bell.fetch_add(1);
                    bell.notify_one();
                }
            }
        });
    std::vector<std::size_t> next(producers, 0);
    std::size_t seen = 0, slept = 0;
    bool in_order = true;
    while (seen != producers * each) {
        const unsigned rung = bell.load();
        if (box.announce_sleep(seen % 2 == 0)) {
            bell.wait(rung);  // nobody rings unless it was told to
            if (!box.withdraw()) ++slept;
        }
        for (node* n : drained(box)) {
            auto& l = *static_cast<letter*>(n);
            in_order = in_order && l.number == next[l.from]++;
            ++seen;
        }
    }
    for (auto& t : threads)
        t.join();
    CHECK(in_order);
    CHECK(told.load() == slept);
}
