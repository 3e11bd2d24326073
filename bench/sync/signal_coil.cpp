// SPDX-License-Identifier: BSL-1.0
// Rows condition_ping, notify_all, event_ping and event_threads: coil.
#include <coil/coil.hpp>

#include <cstdint>
#include <thread>
#include <vector>

#include "../measure/row.hpp"
#include "sync_work.hpp"

namespace {

using coil::task;

struct table {
    coil::mutex lock;
    coil::condition changed;
    bool mine = true;
};

task<> turns(table& t, bool me, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        auto g = co_await t.lock.lock();
        while (t.mine != me) co_await t.changed.wait(g);
        t.mine = !me;
        t.changed.notify_one();
    }
}
task<measure::result> condition_ping(std::uint64_t n) {
    table t;
    const measure::window w;
    auto other = coil::spawn(turns(t, false, n / 2));
    co_await turns(t, true, n / 2);
    co_await other;
    co_return w.stop(static_cast<double>(n));
}

// Who comes last says that all wait again, or are about to: it holds the lock until it does.
task<> listens(table& t, std::uint64_t rounds, std::uint64_t& waiting, coil::auto_event& all_wait) {
    auto g = co_await t.lock.lock();
    for (std::uint64_t i = 0; i < rounds; ++i) {
        if (++waiting == sync_work::notified) all_wait.set();
        co_await t.changed.wait(g);
    }
}
task<measure::result> notify_all(std::uint64_t n) {
    table t;
    const std::uint64_t rounds = sync_work::rounds(n, sync_work::notified);
    std::uint64_t waiting = 0;
    coil::auto_event all_wait;
    std::vector<coil::join_handle<>> all;
    for (std::uint64_t i = 0; i < sync_work::notified; ++i)
        all.push_back(coil::spawn(listens(t, rounds, waiting, all_wait)));
    co_await all_wait.wait();
    const measure::window w;
    for (std::uint64_t i = 0; i < rounds; ++i) {
        waiting = 0;
        t.changed.notify_all();
        if (i + 1 < rounds) co_await all_wait.wait();
    }
    for (auto& h : all) co_await h;
    co_return w.stop(static_cast<double>(rounds * sync_work::notified));
}

task<> answers(coil::auto_event& there, coil::auto_event& back, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await there.wait();
        back.set();
    }
}
task<> asks(coil::auto_event& there, coil::auto_event& back, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        there.set();
        co_await back.wait();
    }
}
task<measure::result> event_ping(std::uint64_t n) {
    coil::auto_event there, back;
    auto other = coil::spawn(answers(there, back, n / 2));
    const measure::window w;
    co_await asks(there, back, n / 2);
    const measure::result got = w.stop(static_cast<double>(n));
    co_await other;
    co_return got;
}
measure::result event_threads(std::uint64_t n) {
    coil::auto_event there, back;
    std::thread other([&] {
        coil::loop l;
        l.run(answers(there, back, n / 2));
    });
    coil::loop l;
    const measure::window w;
    l.run(asks(there, back, n / 2));
    const measure::result got = w.stop(static_cast<double>(n));
    other.join();
    return got;
}

const measure::enrol all[] = {
    {"condition_ping/coil", sync_work::batch, [](std::uint64_t n) { return coil::run(condition_ping(n)); }},
    {"notify_all/coil", sync_work::batch, [](std::uint64_t n) { return coil::run(notify_all(n)); }},
    {"event_ping/coil", sync_work::batch, [](std::uint64_t n) { return coil::run(event_ping(n)); }},
    {"event_threads/coil", 20'000, event_threads},
};

}  // namespace
