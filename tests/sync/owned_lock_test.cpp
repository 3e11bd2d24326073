// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/owned_lock.hpp>

#include <coil/sync/mutex.hpp>

#include "../async/by_hand.hpp"

#include <doctest/doctest.h>

namespace {

TEST_CASE("owned_lock: whoever reports can see who holds it, and since which line") {
    by_hand::world w;
    coil::mutex m;
    CHECK(m.holder() == 0);
    coil::holder_id branch = 0;
    unsigned line = 0;
    auto body = [&]() -> coil::task<> {
        auto g = co_await m.lock();
        line = std::source_location::current().line() - 1;
        branch = coil::this_holder();
        CHECK(m.holder() == branch);
        CHECK(m.taken_at().line() == line);
    };
    CHECK(w.run(body())->value);
    REQUIRE(m.try_lock());
    CHECK(m.holder() == coil::this_holder());
    CHECK(m.holder() != branch);
    m.unlock();
}

}  // namespace
