// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/callback_state.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <future>
#include <stdexcept>

namespace {
class counted_state final : public coil::callback_state {
public:
    explicit counted_state(int& count) noexcept : gone_(count) {}
    ~counted_state() override { ++gone_; }

private:
    int& gone_;
};
}  // namespace

TEST_CASE("callback_state is resolved by one, and lives as long as anybody refers to it") {
    int gone = 0;
    auto* s = new counted_state(gone);
    s->add_resolver();
    CHECK(s->begin_resolve());
    CHECK_FALSE(s->begin_resolve());
    CHECK_FALSE(s->is_resolved());
    s->end_resolve();
    CHECK(s->is_resolved());
    CHECK_NOTHROW(s->rethrow_error());
    s->drop();
    CHECK(gone == 0);
    s->drop_resolver();
    CHECK(gone == 1);
}

TEST_CASE("callback_state: an abandoned one is resolved by nobody, an unresolved one is a broken promise") {
    int gone = 0;
    auto* abandoned = new counted_state(gone);
    abandoned->add_resolver();
    abandoned->abandon();
    CHECK_FALSE(abandoned->begin_resolve());
    abandoned->drop_resolver();
    CHECK_FALSE(abandoned->is_resolved());
    abandoned->drop();
    CHECK(gone == 1);
    auto* dropped = new counted_state(gone);
    dropped->add_resolver();
    dropped->drop_resolver();
    CHECK(dropped->is_resolved());
    CHECK_THROWS_AS(dropped->rethrow_error(), std::future_error);
    dropped->drop();
    CHECK(gone == 2);
}
