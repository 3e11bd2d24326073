// SPDX-License-Identifier: BSL-1.0
// Whatever is thrown, wherever: from a child, from two siblings at once, from a task that nobody awaits, on the pool,
// during a stop, from a cleanup. Each exception arrives once, at an await, at the run or at the hook for suppressed
// ones; none is lost, none arrives twice, and none is left in memory.
#include "bad_day.hpp"

#include <coil/runtime.hpp>
#include <coil/runtime/async/suppressed.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using bad_day::expect_equal;
using coil::task;

// What happened to the exceptions, by their numbers.
struct ledger {
    std::mutex lock;
    std::vector<int> arrivals;
    std::atomic<int> living{0};
    int next() {
        const std::scoped_lock guard(lock);
        arrivals.push_back(0);
        return static_cast<int>(arrivals.size()) - 1;
    }
    void arrived(int number) {
        const std::scoped_lock guard(lock);
        ++arrivals[static_cast<std::size_t>(number)];
    }
} book;

class numbered : public std::exception {
public:
    numbered() : number_(book.next()) { ++book.living; }
    numbered(const numbered& other) noexcept : std::exception(other), number_(other.number_) { ++book.living; }
    numbered& operator=(const numbered&) = delete;
    ~numbered() override { --book.living; }
    void arrives() const { book.arrived(number_); }
    const char* what() const noexcept override { return "numbered"; }

private:
    int number_;
};

[[noreturn]] void fail() {
    throw numbered();
}

task<> fails() {
    fail();
    co_return;
}
task<> fails_later(int turns) {
    for (int i = 0; i != turns; ++i)
        co_await coil::yield();
    fail();
}
task<> fails_when_stopped() {
    try {
        co_await coil::sleep_for(24h * 365);
    } catch (const coil::cancelled&) {
        fail();
    }
}
coil::async_generator<int> fails_after_one() {
    co_yield 1;
    co_await coil::yield();
    fail();
}

// Awaits something that must throw one of them.
template <class A>
task<> meets(A aw) {
    bool met = false;
    try {
        co_await std::move(aw);
    } catch (const numbered& e) {
        met = true;
        e.arrives();
    }
    expect(met, "an await throws what was thrown below");
}

task<> everything() {
    co_await meets(fails());
    co_await meets(fails_later(3));
    // siblings: at once, one after the other, on the pool
    co_await meets(coil::when_all(fails(), fails()));
    co_await meets(coil::when_all(fails_later(1), fails_when_stopped(), fails_later(2)));
    co_await meets(coil::on_pool(coil::when_all(fails(), fails_later(2), fails())));
    std::vector<task<>> many;
    for (int i = 0; i != 20; ++i)
        many.push_back(fails_later(i % 4));
    co_await meets(coil::when_all(std::move(many)));
    // losers fail as well
    co_await meets(coil::when_any(fails_later(1), fails_when_stopped()));
    co_await meets(coil::when_any(fails(), fails()));
    (void)co_await coil::when_any(coil::yield(), fails_when_stopped());
    // the pool, and threads for blocking calls
    co_await meets(coil::on_pool(fails()));
    co_await meets(coil::on_pool([] { fail(); }));
    co_await meets(coil::blocking([] { fail(); }));
    co_await meets(coil::parallel_for(0, 1000, [](std::size_t i) {
        if (i % 100 == 50) fail();
    }));
    // spawned
    auto h = coil::spawn(fails_later(1));
    co_await meets(std::move(h));
    auto on_pool = coil::spawn_on(coil::pool(), fails());
    co_await meets(std::move(on_pool));
    auto stopped = coil::spawn(fails_when_stopped());
    co_await coil::yield();
    stopped.cancel();
    co_await meets(std::move(stopped));
    // a scope's tasks, and its block
    co_await meets(coil::with_scope([](coil::scope& s) -> task<> {
        s.spawn(fails_later(1));
        s.spawn(fails_later(1));
        s.spawn(fails_when_stopped());
        s.spawn_on(coil::pool(), fails());
        co_await coil::yield();
        fail();
    }));
    // deadlines, cleanups, sequences, callbacks
    co_await meets(coil::timeout(0ms, fails_when_stopped()));
    co_await meets(coil::move_on_after(0ms, fails_when_stopped()));
    co_await meets(coil::finally(fails(), fails()));
    co_await meets(coil::finally(coil::yield(), fails()));
    co_await meets(coil::shield(fails()));
    auto g = fails_after_one();
    (void)co_await g.next();
    co_await meets(g.next());
    co_await meets(
        coil::from_callback<int>([](coil::resolver<int> r) { r.set_error(std::make_exception_ptr(numbered())); }));
    co_await meets(coil::from_callback<int>([](coil::resolver<int>) { fail(); }));
    // outcomes that are looked at
    auto outcomes = co_await coil::settle(fails(), fails_later(1));
    const auto look = [](auto& o) {
        try {
            (void)o.value();
        } catch (const numbered& e) {
            e.arrives();
        }
    };
    look(std::get<0>(outcomes));
    look(std::get<1>(outcomes));
}

// The run's end takes the first; what comes later is suppressed.
task<> nobody_awaits() {
    (void)coil::spawn(fails_later(1));
    (void)coil::spawn(fails_when_stopped());
    (void)coil::spawn_on(coil::pool(), fails());
    (void)coil::spawn(fails_when_stopped(), {.daemon = true});
    co_await fails_when_stopped();
}
task<> a_call_throws() {
    auto& home = static_cast<coil::loop&>(*coil::this_thread.here);
    home.post([] { fail(); });
    co_await coil::sleep_for(24h * 365);
}
task<> daemons_fail() {
    (void)coil::spawn(fails_when_stopped(), {.daemon = true});
    (void)coil::spawn(fails_when_stopped(), {.daemon = true});
    co_await coil::yield();
}

void ends_with_one(task<> t) {
    bool met = false;
    try {
        coil::run(std::move(t));
    } catch (const numbered& e) {
        met = true;
        e.arrives();
    }
    expect(met, "the run throws what nobody awaited");
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    coil::set_suppressed_hook([](std::exception_ptr error, std::string_view, std::uint64_t) noexcept {
        try {
            std::rethrow_exception(error);
        } catch (const numbered& e) {
            e.arrives();
        } catch (...) {
            expect(false, "something else was suppressed");
        }
    });
    const int times = bad_day::is_full(argc, argv) ? 2000 : static_cast<int>(full_size(100));
    for (int i = 0; i != times; ++i) {
        coil::run(everything());
        ends_with_one(fails());
        ends_with_one(nobody_awaits());
        ends_with_one(a_call_throws());
        ends_with_one(daemons_fail());
    }
    int lost = 0, twice = 0;
    for (const int n : book.arrivals) {
        lost += n == 0;
        twice += n > 1;
    }
    std::printf("%zu exceptions\n", book.arrivals.size());
    expect_equal(lost, 0, "exceptions that were lost");
    expect_equal(twice, 0, "exceptions that arrived more than once");
    expect_equal(book.living.load(), 0, "exceptions that are left in memory");
    return bad_day::verdict();
}
