// SPDX-License-Identifier: BSL-1.0
// The explorer itself: what it must find, and what it must not.
#include "atomic_word.hpp"
#include "plain.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

namespace {

using coil::atomic_word;
using model::explorer;
using order = std::memory_order;

struct two_words {
    atomic_word<int> x{0}, y{0};
    int seen_x = -1, seen_y = -1;
};

// Each thread writes one word and reads the other. Returns the pairs that were read.
std::set<std::pair<int, int>> store_buffers(order write, order read) {
    std::set<std::pair<int, int>> seen;
    explorer e;
    const model::verdict v = e.explore([&](explorer& run) {
        auto s = std::make_shared<two_words>();
        run.thread([=] {
            s->x.store(1, write);
            s->seen_y = s->y.load(read);
        });
        run.thread([=] {
            s->y.store(1, write);
            s->seen_x = s->x.load(read);
        });
        run.at_end([&seen, s] { seen.insert({s->seen_x, s->seen_y}); });
    });
    CHECK(v.wrong.empty());
    CHECK(v.exhausted);
    return seen;
}

TEST_CASE("the explorer: two who write and then read may miss each other, unless both are sequentially consistent") {
    using pairs = std::set<std::pair<int, int>>;
    CHECK(store_buffers(order::release, order::acquire) == pairs{{0, 0}, {0, 1}, {1, 0}, {1, 1}});
    CHECK(store_buffers(order::seq_cst, order::seq_cst) == pairs{{0, 1}, {1, 0}, {1, 1}});
}

std::string hands_over(order write, order read) {
    explorer e;
    return e.explore([=](explorer& run) {
                struct state {
                    model::plain<int> data{"data"};
                    atomic_word<int> flag{0};
                };
                auto s = std::make_shared<state>();
                run.thread([=] {
                    s->data.write(7);
                    s->flag.store(1, write);
                });
                run.thread([=, &run] {
                    if (s->flag.load(read) == 1) run.expect(s->data.read() == 7, "data came late");
                });
            }).wrong;
}

TEST_CASE("the explorer: what is handed over without release or without acquire is a race") {
    CHECK(hands_over(order::release, order::acquire).empty());
    CHECK(hands_over(order::relaxed, order::acquire).starts_with("a race for data"));
    CHECK(hands_over(order::release, order::relaxed).starts_with("a race for data"));
}

TEST_CASE("the explorer: an increment in two steps loses one, in one step none") {
    const auto counted = [](bool in_one_step) {
        explorer e;
        return e.explore([=](explorer& run) {
                    auto n = std::make_shared<atomic_word<int>>(0);
                    for (int i = 0; i != 2; ++i)
                        run.thread([=] {
                            if (in_one_step) n->fetch_add(1, order::relaxed);
                            else n->store(n->load(order::relaxed) + 1, order::relaxed);
                        });
                    run.at_end([n, &run] { run.expect(n->load() == 2, "one was lost"); });
                }).wrong;
    };
    CHECK(counted(true).empty());
    CHECK(counted(false).starts_with("one was lost"));
}

TEST_CASE("the explorer: values of one word are never seen backwards, and a release goes on through an increment") {
    explorer e;
    const model::verdict v = e.explore([](explorer& run) {
        struct state {
            atomic_word<int> word{0};
            model::plain<int> data{"data"};
        };
        auto s = std::make_shared<state>();
        run.thread([=] {
            s->data.write(1);
            s->word.store(1, order::release);
        });
        run.thread([=] { s->word.fetch_add(10, order::relaxed); });
        run.thread([=, &run] {
            const int first = s->word.load(order::acquire);
            const int second = s->word.load(order::relaxed);
            run.expect(first != 11 || second == 11, "an older value after a newer one");
            if (first == 11) s->data.read();
        });
    });
    CHECK(v.wrong.empty());
    CHECK(v.exhausted);
}

TEST_CASE("the explorer: who sleeps for ever, and who runs for ever, is found") {
    explorer asleep;
    CHECK(asleep.explore([](explorer& run) {
                    auto s = std::make_shared<int>(0);
                    run.thread([=, &run] { run.sleep(s.get(), false); });
                }).wrong.starts_with("somebody sleeps for ever"));
    explorer busy;
    CHECK(busy.explore([](explorer& run) {
                  auto s = std::make_shared<atomic_word<int>>(0);
                  run.thread([=] {
                      while (s->load() == 0) explorer::now().yield();
                  });
              }).wrong.starts_with("a run does not end"));
}

}  // namespace
