// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/injection.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

using coil::injection;
using coil::node;
using coil::node_list;

TEST_CASE("injection: first in, first out, alone and in batches") {
    injection q;
    node n[5];
    CHECK(q.empty());
    CHECK(q.pop() == nullptr);
    q.push(n[0]);
    node_list batch;
    for (int i = 1; i != 4; ++i) batch.push_back(n[i]);
    q.push(std::move(batch));
    q.push(n[4]);
    for (node& expected : n) {
        CHECK_FALSE(q.empty());
        CHECK(q.pop() == &expected);
    }
    CHECK(q.empty());
    CHECK(q.pop() == nullptr);
}

TEST_CASE("injection: what comes while older nodes are left waits behind them, and it is not empty before the last") {
    injection q;
    node n[6];
    q.push(n[0]);
    q.push(n[1]);
    q.push(n[2]);
    CHECK(q.pop() == &n[0]);
    q.push(n[3]);
    node_list batch;
    batch.push_back(n[4]);
    batch.push_back(n[5]);
    q.push(std::move(batch));
    CHECK(batch.empty());
    for (int i = 1; i != 6; ++i) {
        CHECK_FALSE(q.empty());
        CHECK(q.pop() == &n[i]);
    }
    CHECK(q.empty());
}

TEST_CASE("injection: many producers and consumers, each node exactly once") {
    struct item : node {
        std::atomic<int> taken{0};
    };
    constexpr std::size_t producers = 4, each = 10'000;
    injection q;
    std::vector<item> items(producers * each);
    std::atomic<std::size_t> taken{0};
    std::vector<std::thread> threads;
    for (std::size_t p = 0; p != producers; ++p) {
        threads.emplace_back([&, p] {
            for (std::size_t i = 0; i != each;) {
                node_list batch;
                for (std::size_t k = 0; k != i % 4 && i + k != each - 1; ++k) batch.push_back(items[p * each + i + k]);
                std::size_t length = 0;
                for (node* n = batch.front(); n; n = n->next) ++length;
                if (length == 0) {
                    q.push(items[p * each + i]);
                    ++i;
                } else {
                    q.push(std::move(batch));
                    i += length;
                }
            }
        });
        threads.emplace_back([&] {
            while (taken.load() != producers * each) {
                if (node* n = q.pop()) {
                    static_cast<item*>(n)->taken.fetch_add(1);
                    taken.fetch_add(1);
                } else {
                    std::this_thread::yield();
                }
            }
        });
    }
    for (auto& t : threads) t.join();
    std::size_t wrong = 0;
    for (item& i : items) wrong += i.taken.load() != 1;
    CHECK(wrong == 0);
    CHECK(q.empty());
}
