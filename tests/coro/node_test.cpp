// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/node.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <random>
#include <utility>
#include <vector>

namespace {

std::vector<coil::node*> taken(coil::node_list& l) {
    std::vector<coil::node*> all;
    while (coil::node* n = l.pop_front()) all.push_back(n);
    return all;
}

TEST_CASE("a list is turned round, and made from a stack") {
    coil::node n[3];
    coil::node_list none;
    none.turn_round();
    CHECK(none.empty());
    coil::node_list list;
    for (coil::node& each : n) list.push_back(each);
    list.turn_round();
    for (int i = 2; i != -1; --i) CHECK(list.pop_front() == &n[i]);
    CHECK(list.empty());

    n[2].next = &n[1];
    n[1].next = &n[0];
    n[0].next = nullptr;
    list = coil::node_list::from_stack(&n[2]);
    coil::node after;
    list.push_back(after);
    for (coil::node& each : n) CHECK(list.pop_front() == &each);
    CHECK(list.pop_front() == &after);
    CHECK(coil::node_list::from_stack(nullptr).empty());
}

TEST_CASE("a list is first in, first out") {
    coil::node a, b, c;
    coil::node_list l;
    CHECK(l.empty());
    CHECK(l.front() == nullptr);
    CHECK(l.pop_front() == nullptr);
    l.push_back(a);
    l.push_back(b);
    l.push_back(c);
    CHECK_FALSE(l.empty());
    CHECK(l.front() == &a);
    CHECK(l.back() == &c);
    CHECK(taken(l) == std::vector{&a, &b, &c});
    CHECK(l.empty());
}

TEST_CASE("what is pushed at the front leaves first, into an empty list too") {
    coil::node a, b, c;
    coil::node_list l;
    l.push_front(a);
    l.push_back(b);
    l.push_front(c);
    CHECK(taken(l) == std::vector{&c, &a, &b});
    // the end of a list that was emptied counts for nothing
    l.push_front(b);
    l.push_back(a);
    CHECK(taken(l) == std::vector{&b, &a});
}

TEST_CASE("moving a list empties the other") {
    coil::node a, b;
    coil::node_list l;
    l.push_back(a);
    l.push_back(b);
    coil::node_list m(std::move(l));
    CHECK(l.empty());
    coil::node_list n;
    n = std::move(m);
    CHECK(m.empty());
    CHECK(taken(n) == std::vector{&a, &b});
    l.push_back(b);
    CHECK(taken(l) == std::vector{&b});
}

TEST_CASE("a chain is appended in its order, to and from empty lists") {
    coil::node a, b, c, d;
    coil::node_list l, m;
    l.append(std::move(m));
    CHECK(l.empty());
    m.push_back(a);
    m.push_back(b);
    l.append(std::move(m));
    CHECK(m.empty());
    m.push_back(c);
    l.append(std::move(m));
    l.append(coil::node_list());
    l.push_back(d);
    CHECK(taken(l) == std::vector{&a, &b, &c, &d});
}

TEST_CASE("a list does as a deque does") {
    std::mt19937 random(7);
    std::vector<coil::node> nodes(16);
    std::vector<coil::node*> free;
    for (coil::node& n : nodes) free.push_back(&n);
    coil::node_list lists[2];
    std::deque<coil::node*> models[2];
    for (int round = 0; round != 20000; ++round) {
        const std::size_t i = random() % 2;
        coil::node_list& l = lists[i];
        std::deque<coil::node*>& m = models[i];
        switch (random() % 8) {
            case 0: {
                l.append(std::move(lists[1 - i]));
                m.insert(m.end(), models[1 - i].begin(), models[1 - i].end());
                models[1 - i].clear();
                break;
            }
            case 1:
            case 2: {
                if (free.empty()) break;
                l.push_front(*free.back());
                m.push_front(free.back());
                free.pop_back();
                break;
            }
            case 3:
            case 4:
            case 5: {
                if (free.empty()) break;
                l.push_back(*free.back());
                m.push_back(free.back());
                free.pop_back();
                break;
            }
            default: {
                coil::node* n = l.pop_front();
                REQUIRE(n == (m.empty() ? nullptr : m.front()));
                if (n) {
                    m.pop_front();
                    free.push_back(n);
                }
            }
        }
        REQUIRE(l.empty() == m.empty());
        if (!m.empty()) {
            REQUIRE(l.front() == m.front());
            REQUIRE(l.back() == m.back());
        }
    }
}

TEST_CASE("a node keeps its branch beside its tag") {
    coil::branch b;
    coil::node n;
    CHECK(n.owner() == nullptr);
    for (const auto tag : {coil::node::plain, coil::node::first, coil::node::call, coil::node::one_of}) {
        n.set_owner(&b, tag);
        CHECK(n.owner() == &b);
        CHECK(n.tag() == tag);
    }
    static_assert(alignof(coil::branch) > coil::node::tags);
}

TEST_CASE("a job is a node that is called") {
    struct counting : coil::job {
        counting() noexcept : job([](coil::job& j) noexcept { ++static_cast<counting&>(j).calls; }) {}
        int calls = 0;
    } j;
    CHECK((j.tagged_branch & coil::node::tags) == coil::node::call);
    j.run(j);
    CHECK(j.calls == 1);
}

}  // namespace
