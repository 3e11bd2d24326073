// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/futex_operation.hpp>

#include "driver.hpp"
#include "sides.hpp"

#include <coil/runtime/ring/newer.hpp>

#include <doctest/doctest.h>

#include <thread>

using namespace ring_test;
using coil::cancelled;
using coil::task;
using coil::ring::futex_operation;
namespace futex = coil::futex;

namespace {

// A kernel before 6.7: a thread sleeps.
struct kernel_without_futex {
    static std::unique_ptr<coil::ring::ring> make(unsigned submissions = 256, unsigned completions = 4096) {
        coil::ring::features hidden = coil::ring::parse_features("all");
        hidden.add(coil::ring::newer::opcode_futex_wait);
        return std::make_unique<coil::ring::kernel_ring>(coil::ring::kernel_options{
            .submission_entries = submissions, .completion_entries = completions, .hide = hidden});
    }
};

#define REAL_FUTEX_SIDES REAL_SIDES, kernel_without_futex
#define EVERY_FUTEX_SIDE EVERY_SIDE, kernel_without_futex

void change(futex::word& w, std::uint32_t to) {
    w = to;
    futex::wake_all(w);
}

}  // namespace

TEST_CASE_TEMPLATE("a futex operation whose word has another value ends at once", Side, EVERY_FUTEX_SIDE) {
    auto r = Side::make();
    driver d(*r);
    futex::word w{1};
    int result = -1;
    const auto body = [&]() -> task<> { result = co_await futex_operation(w, 7); };
    run(d, body());
    CHECK(result == 0);
}

TEST_CASE_TEMPLATE("a futex operation waits until the word has been changed", Side, EVERY_FUTEX_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    futex::word w{0};
    int result = -1;
    const auto body = [&]() -> task<> {
        while (w == 0) result = co_await futex_operation(w, 0);
    };
    running_task t = start(body(), d, all);
    d.turn();
    d.turn();
    CHECK(result == -1);
    change(w, 1);
    d.until([&] { return all.running == 0; });
    CHECK(result == 0);
}

TEST_CASE_TEMPLATE("a futex operation is woken from a thread while the ring sleeps", Side, REAL_FUTEX_SIDES) {
    auto r = Side::make();
    driver d(*r);
    futex::word here{0}, there{0};
    constexpr std::uint32_t rounds = 200;
    std::thread partner([&] {
        for (std::uint32_t i = 1; i <= rounds; ++i) {
            while (there != i) futex::wait(there, i - 1);
            change(here, i);
        }
    });
    const auto body = [&]() -> task<> {
        for (std::uint32_t i = 1; i <= rounds; ++i) {
            change(there, i);
            while (here != i) co_await futex_operation(here, i - 1);
        }
    };
    run(d, body());
    partner.join();
    CHECK(here == rounds);
}

TEST_CASE_TEMPLATE("a futex operation that waits is stopped, and one that is stopped before does not wait", Side,
                   EVERY_FUTEX_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    futex::word w{0};
    int stops = 0;
    const auto body = [&]() -> task<> {
        try {
            co_await futex_operation(w, 0);
        } catch (const cancelled&) {
            ++stops;
        }
        try {
            co_await futex_operation(w, 0);
        } catch (const cancelled&) {
            ++stops;
        }
    };
    running_task t = start(body(), d, all);
    d.turn();
    d.turn();
    t.stop();
    d.until([&] { return all.running == 0; });
    CHECK(stops == 2);
}

namespace {

// Takes one when there is one.
class take_one : public futex_operation {
public:
    explicit take_one(futex::word& w, coil::place where = coil::place::current()) noexcept
        : futex_operation(table, where), word_(&w) {}
    bool await_ready() { return refused() || look(*this); }
    std::uint32_t await_resume() {
        futex_operation::await_resume();
        return looks;
    }
    std::uint32_t looks = 0;

private:
    static bool look(futex_operation& o) noexcept {
        auto& self = static_cast<take_one&>(o);
        ++self.looks;
        std::uint32_t n = self.word_->load();
        while (n != 0)
            if (self.word_->compare_exchange_weak(n, n - 1)) return true;
        self.watch(*self.word_, 0);
        return false;
    }
    static const coil::ring::operation_table table;
    futex::word* word_;
};
constinit const coil::ring::operation_table take_one::table = kind_of_futex<&take_one::look>("take one");

}  // namespace

TEST_CASE_TEMPLATE("a kind of futex operation looks again after each wait, until it has what it wants", Side,
                   EVERY_FUTEX_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    futex::word w{0};
    int got = 0;
    std::uint32_t looks = 0;
    const auto body = [&]() -> task<> {
        looks += co_await take_one(w);
        ++got;
    };
    running_task a = start(body(), d, all);
    running_task b = start(body(), d, all);
    d.turn();
    d.turn();
    CHECK(got == 0);
    change(w, 1);
    d.until([&] { return all.running == 1; });
    CHECK(got == 1);
    change(w, 1);
    d.until([&] { return all.running == 0; });
    CHECK(got == 2);
    CHECK(w == 0);
    CHECK(looks >= 4);
}
