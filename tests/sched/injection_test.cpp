// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/injection.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

TEST_CASE("nodes come out in the order in which they went in, chains in theirs") {
    coil::injection q;
    CHECK(q.empty());
    CHECK(q.pop() == nullptr);
    coil::node n[5];
    q.push(n[0]);
    coil::node_list chain;
    chain.push_back(n[1]);
    chain.push_back(n[2]);
    q.push(std::move(chain));
    q.push(n[3]);
    CHECK(!q.empty());
    for (int i = 0; i != 4; ++i) CHECK(q.pop() == &n[i]);
    CHECK(q.empty());
    CHECK(q.pop() == nullptr);
}

TEST_CASE("each node reaches exactly one of several takers") {
    constexpr int count = 20'000;
    coil::injection q;
    std::vector<coil::node> nodes(count);
    std::vector<std::atomic<int>> taken(count);
    std::atomic<int> left{count};
    auto takes = [&] {
        while (left > 0)
            if (coil::node* n = q.pop()) {
                ++taken[static_cast<std::size_t>(n - nodes.data())];
                --left;
            }
    };
    std::thread a(takes), b(takes);
    for (auto& n : nodes) q.push(n);
    a.join();
    b.join();
    int wrong = 0;
    for (auto& t : taken) wrong += t != 1;
    CHECK(wrong == 0);
}
