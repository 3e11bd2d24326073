// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/fiber/fiber_stack.hpp>

#include <coil/runtime/base/pages.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace stacks = coil::fiber_stacks;

namespace {

constexpr unsigned small = 2, rare = 5;  // classes that no other test uses

std::vector<coil::fiber_stack*> take(unsigned size_class, std::size_t n) {
    std::vector<coil::fiber_stack*> all;
    for (std::size_t i = 0; i != n; ++i)
        all.push_back(&stacks::take(size_class));
    return all;
}
void give(std::vector<coil::fiber_stack*>& all) {
    for (coil::fiber_stack* s : all)
        stacks::give(*s);
    all.clear();
}

}  // namespace

TEST_CASE("sizes are the next power of two, within their limits") {
    CHECK(stacks::class_of(0) == 0);
    CHECK(stacks::class_of(stacks::least_bytes) == 0);
    CHECK(stacks::class_of(stacks::least_bytes + 1) == 1);
    CHECK(stacks::class_of(stacks::most_bytes) == stacks::classes - 1);
    CHECK_THROWS_AS(stacks::class_of(stacks::most_bytes + 1), std::invalid_argument);
    for (unsigned i = 0; i != stacks::classes; ++i)
        CHECK(stacks::bytes_of(i) >= stacks::least_bytes << i);
}

TEST_CASE("a stack is one's own from its lowest byte to its top, and its guard is known") {
    auto all = take(small, 5);
    for (coil::fiber_stack* s : all) {
        const auto whole = static_cast<std::size_t>(s->top() - s->lowest);
        CHECK(whole > stacks::bytes_of(small) - 4096);
        s->lowest[0] = std::byte{1};
        CHECK(s->is_guard(s->lowest - 1));
        CHECK(s->is_guard(s->lowest - stacks::guard_bytes));
        CHECK_FALSE(s->is_guard(s->lowest));
        CHECK_FALSE(s->is_guard(s->lowest - stacks::guard_bytes - 1));
        CHECK_FALSE(s->is_guard(nullptr));
    }
    CHECK(std::set<void*>(all.begin(), all.end()).size() == all.size());
    give(all);
}

TEST_CASE("the stack that was used last is used next, and none is mapped while one is there") {
    auto all = take(small, 3);
    coil::fiber_stack* const last = all.back();
    give(all);
    const auto before = stacks::statistics();
    coil::fiber_stack& again = stacks::take(small);
    CHECK(&again == last);
    CHECK(stacks::statistics().mapped == before.mapped);
    stacks::give(again);
}

TEST_CASE("a thread keeps a few; what it has too much of is for other threads, what all have too much of goes back") {
    const auto before = stacks::statistics();
    auto all = take(rare, stacks::kept_by_a_thread * 2);
    give(all);
    CHECK(stacks::statistics().unmapped == before.unmapped);
    // what this thread did not keep serves another one
    std::thread([] {
        const auto mapped = stacks::statistics().mapped;
        auto some = take(rare, stacks::moved_at_once);
        CHECK(stacks::statistics().mapped == mapped);
        give(some);
    }).join();
    // and what the other had comes back when it has ended
    const auto mapped = stacks::statistics().mapped;
    all = take(rare, stacks::kept_by_a_thread * 2);
    CHECK(stacks::statistics().mapped == mapped);
    give(all);

    all = take(0, stacks::kept_by_all + 3 * stacks::kept_by_a_thread);
    give(all);
    CHECK(stacks::statistics().unmapped > before.unmapped);
}

TEST_CASE("without guard markers a page that nobody may touch guards as well") {
    const bool before = coil::pages::without_guard_markers(true);
    auto all = take(rare + 1, 3);
    for (coil::fiber_stack* s : all) {
        s->lowest[0] = std::byte{1};
        s->top()[-1000] = std::byte{1};
    }
    coil::pages::without_guard_markers(before);
    give(all);
}
