// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/buffer_pool.hpp>

#include "sides.hpp"

#include <coil/runtime/ring/chunk.hpp>

#include <doctest/doctest.h>

#include <set>
#include <thread>
#include <vector>

using namespace ring_test;
using coil::chunk;
using coil::ring::buffer_pool;

namespace {

chunk take(buffer_pool& pool) {
    const int index = pool.take();
    if (index == buffer_pool::none) return chunk();
    return chunk(pool.lend(static_cast<unsigned>(index)), buffer_pool::buffer_size, &pool,
                 static_cast<std::uint16_t>(index));
}

}  // namespace

TEST_CASE("buffers are lent once, come back, and there are more of them up to a limit") {
    auto r = simulated_side::make();
    buffer_pool* const pool = r->buffers();
    REQUIRE(pool != nullptr);
    CHECK(r->buffers() == pool);
    CHECK_FALSE(pool->ring_picks());
    CHECK(pool->size() == buffer_pool::first);

    std::vector<chunk> lent;
    std::set<const std::byte*> places;
    for (;;) {
        chunk c = take(*pool);
        if (c.empty()) {
            if (pool->grow()) continue;
            break;
        }
        std::fill(c.begin(), c.end(), static_cast<std::byte>(lent.size()));
        places.insert(c.data());
        lent.push_back(std::move(c));
    }
    CHECK(pool->size() == buffer_pool::most);
    CHECK(lent.size() == buffer_pool::most);
    CHECK(places.size() == buffer_pool::most);
    for (std::size_t i = 0; i < lent.size(); ++i) {
        CHECK(lent[i].begin()[0] == static_cast<std::byte>(i));
        CHECK(lent[i].end()[-1] == static_cast<std::byte>(i));
    }
    CHECK(pool->lent() == buffer_pool::most);
    lent.resize(3);
    CHECK(pool->lent() == 3);
    CHECK_FALSE(take(*pool).empty());
}

TEST_CASE("a buffer outlives its ring, and may be given back on another thread") {
    auto r = simulated_side::make();
    buffer_pool& pool = *r->buffers();
    chunk a = take(pool), b = take(pool);
    r.reset();
    a.data()[0] = std::byte{1};
    std::thread([mine = std::move(a)]() mutable { mine.reset(); }).join();
    b.data()[0] = std::byte{2};
    CHECK(b.begin()[0] == std::byte{2});  // the last one ends the pool: the leak checker would tell
}

TEST_CASE("the kernel picks buffers, unless that is hidden") {
    auto r = kernel_side::make();
    r->submit_and_wait(at_once);  // this thread owns it
    CHECK(r->buffers()->ring_picks());
    auto old = old_kernel_side::make();
    old->submit_and_wait(at_once);
    CHECK_FALSE(old->buffers()->ring_picks());
}
