// SPDX-License-Identifier: BSL-1.0
// One use of every spelling of coordination that application code types, as it would be typed.
#include "face.hpp"

#include <coil/coil.hpp>

#include <chrono>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace {

coil::task<> locks() {
    coil::mutex m;
    {
        auto g = co_await m.lock();
        CHECK(m.locked());
    }
    CHECK(!m.locked());
    {
        auto g = co_await coil::timeout(1s, m.lock());
        CHECK(m.locked());
    }
    {
        auto g = co_await coil::as_result(m.lock());
        CHECK(g.has_value() && m.locked());
    }
    (void)co_await m.lock();  // a dropped guard unlocks at once
    CHECK(!m.locked());
    CHECK(m.try_lock());
    CHECK(!co_await m.try_lock_for(1ms));
    m.unlock();
    {
        auto g = m.lock_blocking();
        g.unlock();
    }
    coil::recursive_mutex rm;
    {
        auto g = co_await rm.lock();
        auto g2 = co_await rm.lock();
    }
    coil::shared_mutex sm;
    {
        auto a = co_await sm.lock_shared();
        auto b = co_await sm.lock_shared();
    }
    {
        auto e = co_await sm.lock();
    }
    coil::guarded<counted> box(words());
    {
        auto p = co_await box.lock();
        p->text = words(1);
    }
    CHECK((co_await box.lock())->text == words(1));
    coil::mutex m1, m2;
    {
        auto gs = co_await coil::lock_all(m1, m2);
        CHECK(m1.locked() && m2.locked());
    }
    {
        auto [g1, g2] = co_await coil::lock_all(m1, m2);
        CHECK(m1.locked());
    }
    CHECK(!m1.locked() && !m2.locked());
    coil::spin_mutex sp;
    {
        std::lock_guard lk(sp);
    }
    CHECK(m.statistics().waiters == 0);
}

coil::task<> permits() {
    coil::semaphore s{3};
    {
        auto permit = co_await s.acquire();
        CHECK(s.available() == 2);
    }
    s.release();
    CHECK(s.available() == 4);
    CHECK(s.try_acquire());
    CHECK(co_await s.try_acquire_for(1ms));
    {
        auto permit = s.acquire_blocking();
    }
    coil::bounded_semaphore bs{3};
    bool refused = false;
    try {
        bs.release();
    } catch (const std::invalid_argument&) {
        refused = true;
    }
    CHECK(refused);
    bool negative = false;
    try {
        int k = -1;
        coil::semaphore none{k};
    } catch (const std::invalid_argument&) {
        negative = true;
    }
    CHECK(negative);
    coil::rate_limiter rl{100, 10};
    co_await rl.acquire();
}

coil::task<> conditions() {
    coil::mutex m;
    coil::condition cv;
    bool go = false;
    auto waiter = [&]() -> coil::task<> {
        auto g = co_await m.lock();
        co_await cv.wait(g);
        go = true;
        cv.notify_all();
    };
    auto h = coil::spawn(waiter());
    co_await coil::yield();
    auto g = co_await m.lock();
    cv.notify_one();
    co_await cv.wait(g, [&] { return go; });
    CHECK(co_await cv.wait_for(g, 5ms, [&] { return go; }));
    CHECK(!co_await cv.wait_for(g, 1ms));
    cv.notify(2);
    cv.notify_all();
    g.unlock();
    co_await h;
}

coil::task<> signals_of_tasks() {
    coil::event e;
    e.set();
    co_await e.wait();
    CHECK(e.is_set());
    e.reset();
    CHECK(!co_await e.wait_for(1ms));
    coil::auto_event ae;
    ae.set();
    co_await ae.wait();
    int n = 1;
    coil::latch l{n};
    l.count_down();
    co_await l.wait();
    coil::barrier b{n};
    co_await b.arrive_and_wait();
    int completed = 0;
    coil::barrier with_function{n, [&] { ++completed; }};
    co_await with_function.arrive_and_wait();
    CHECK(completed == 1);
    coil::once o;
    int hits = 0;
    co_await o.call([&] { ++hits; });
    co_await o.call([&]() -> coil::task<> {
        ++hits;
        co_return;
    });
    CHECK(hits == 1);
    coil::lazy<counted> made_late{[] { return counted(words(3)); }};
    CHECK((co_await made_late.get()).text == words(3));
}

coil::task<> amain() {
    co_await locks();
    co_await permits();
    co_await conditions();
    co_await signals_of_tasks();
}

}  // namespace

int main() {
    coil::run(amain());
    CHECK(living.empty());
    std::puts("every spelling works");
}
