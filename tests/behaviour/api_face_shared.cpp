// SPDX-License-Identifier: BSL-1.0
// The spellings of what processes share, as a user types them.
#include "face.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <system_error>
#include <utility>

using namespace std::chrono_literals;

namespace {

struct pixel {
    unsigned char red, green, blue;
};

// ---- what processes share; passed to workers as arguments, it is the same thing there

coil::task<> locks_between_processes() {
    coil::process::mutex m;
    {
        auto g = co_await m.lock();
        CHECK(m.locked());
    }
    CHECK(m.try_lock());
    m.unlock();
    {
        auto g = co_await m.try_lock_for(10ms);
        CHECK(g.has_value());
    }
    { auto g = m.lock_blocking(); }
    bool died = false;
    try {
        auto g = co_await m.lock();
    } catch (const std::system_error& e) {
        died = e.code() == std::errc::owner_dead;
        if (!died) throw;
    }
    if (died) {
        auto g = co_await m.recover();
        m.consistent();
    }
    coil::process::recursive_mutex rm;
    auto once = co_await rm.lock();
    auto twice = co_await rm.lock();

    coil::process::semaphore s{3};
    auto permit = co_await s.acquire();
    CHECK(s.available() == 2);
    s.release();
    auto another = s.try_acquire();
    coil::process::bounded_semaphore bs{1};
    auto only = co_await bs.acquire_for(10ms);
    CHECK(only.has_value());

    coil::process::condition cv;
    auto g = co_await m.lock();
    co_await cv.wait(g, [] { return true; });
    const bool in_time = co_await cv.wait_for(g, 1ms, [] { return false; });
    CHECK(!in_time);
    cv.notify_one();
    cv.notify(2);
    cv.notify_all();
}

coil::task<> values_between_processes() {
    coil::process::shared_array<double> arr{100};
    arr[7] = 1.5;
    double sum = 0;
    for (double x : arr) sum += x;
    CHECK(sum == 1.5);
    coil::process::shared_value<int> v{0};
    v += 2;
    ++v;
    CHECK(v.get() == 3);
    v.set(4);
    v.update([](int& n) { n *= 2; });
    CHECK(v.exchange(1) == 8);
    coil::process::shared_memory raw{4096, {.name = "picture", .others_write = false}};
    raw.bytes()[0] = std::byte{1};
    CHECK(raw.view()[0] == std::byte{1});
    co_return;
}

coil::task<> queues_between_processes() {
    coil::process::queue<pixel> q{8};
    co_await q.put(pixel{1, 2, 3});
    CHECK(q.try_put({4, 5, 6}));
    const bool put = co_await q.put_for(pixel{7, 8, 9}, 10ms);
    CHECK(put);
    q.put_blocking({1, 1, 1});
    auto p = co_await q.get();
    CHECK(p->blue == 3);
    CHECK(q.try_get()->red == 4);
    auto r = co_await q.get_for(10ms);
    CHECK(r->red == 7);
    CHECK(q.get_blocking()->red == 1);
    CHECK(q.size() == 0 && q.empty() && !q.full());
    q.close();
    auto end = co_await q.get();
    CHECK(!end);

    auto [a, b] = coil::process::make_channel<int>();
    co_await a.send(3);
    auto n = co_await b.receive();
    CHECK(*n == 3);
    coil::process::sender<int> moved = std::move(a);
    coil::process::receiver<int>& other = b;
    CHECK(moved.try_send(4));
    CHECK(other.try_receive() == 4);

    auto [here, there] = coil::process::make_duplex<int, double>({.capacity = 4});
    co_await here.send(1);
    auto asked = co_await there.receive();
    co_await there.send(*asked / 2.0);
    auto answer = co_await here.receive();
    CHECK(*answer == 0.5);

    auto files = coil::process::make_channel<coil::ring::descriptor>();
    auto queues = coil::process::make_channel<coil::process::queue<int>>();
    co_await queues.first.send(coil::process::queue<int>{2});
    auto came = co_await queues.second.receive();
    CHECK(came->try_put(1));
}

coil::task<> amain() {
    co_await locks_between_processes();
    co_await values_between_processes();
    co_await queues_between_processes();
}

}  // namespace

int main() {
    coil::run(amain());
    std::puts("every spelling of what processes share works");
}
