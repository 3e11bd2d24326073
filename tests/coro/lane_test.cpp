// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/lane.hpp>

#include <coil/runtime/coro/join.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <vector>

namespace {

// Keeps everything private, and counts when it is asked to look up.
class private_lane final : public coil::lane {
public:
    private_lane() : entries_(new std::atomic<coil::fork_slot*>[capacity]) {
        ring_ = entries_.get();
        limit_ = capacity;
    }
    void hungry() { limit_ = 0; }
    std::uint64_t size() const { return bottom_; }
    int attended = 0, public_takes = 0;

private:
    void attend() noexcept override {
        ++attended;
        limit_ = capacity;
    }
    bool take_public(coil::fork_slot&) noexcept override {
        ++public_takes;
        return false;
    }
    std::unique_ptr<std::atomic<coil::fork_slot*>[]> entries_;
};

TEST_CASE("the youngest is taken back, and only it") {
    private_lane l;
    coil::fork_slot a, b, c;
    l.push(a);
    l.push(b);
    CHECK_FALSE(l.take(a));
    CHECK(l.take(b));
    CHECK_FALSE(l.take(b));
    l.push(c);
    CHECK(l.take(c));
    CHECK(l.take(a));
    CHECK(l.size() == 0);
    CHECK(l.public_takes == 0);
}

TEST_CASE("an empty private part asks the public one") {
    private_lane l;
    coil::fork_slot a;
    CHECK_FALSE(l.take(a));
    CHECK(l.public_takes == 1);
}

TEST_CASE("who is hungry is attended to at the next push, or the next take") {
    private_lane l;
    coil::fork_slot a, b;
    l.push(a);
    CHECK(l.attended == 0);
    l.hungry();
    l.push(b);
    CHECK(l.attended == 1);
    l.hungry();
    CHECK(l.take(b));
    CHECK(l.attended == 2);
    CHECK(l.take(a));
    CHECK(l.attended == 2);
}

TEST_CASE("a lane is a stack, round and round its ring") {
    private_lane l;
    std::mt19937 random(3);
    std::vector<coil::fork_slot> slots(500);
    std::vector<coil::fork_slot*> free, model;
    for (coil::fork_slot& s : slots) free.push_back(&s);
    for (int round = 0; round != 30000; ++round) {
        if (!free.empty() && (model.empty() || random() % 2 == 0)) {
            l.push(*free.back());
            model.push_back(free.back());
            free.pop_back();
        } else {
            if (model.size() > 1) REQUIRE_FALSE(l.take(*model[model.size() - 2]));
            REQUIRE(l.take(*model.back()));
            free.push_back(model.back());
            model.pop_back();
        }
    }
}

}  // namespace
