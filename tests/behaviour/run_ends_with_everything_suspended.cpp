// SPDX-License-Identifier: BSL-1.0
// A run ends while a thousand tasks are suspended in everything there is to wait for: every destructor runs once, and
// no descriptor is left, whichever way it ends.
#include "../io/loopback.hpp"
#include "../run/lives.hpp"
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
using io_test::tcp_listener;
using io_test::tcp_stream;

constexpr auto for_ever = 24h * 365;

task<> sleeps() {
    co_await coil::sleep_for(for_ever);
}
coil::async_generator<int> never_yields() {
    co_await sleeps();
    co_yield 1;
}

// What keeps the tasks from going on.
struct world {
    census* all = nullptr;
    std::vector<tcp_stream> peers;
    std::vector<coil::resolver<int>> resolvers;
    std::atomic<int> begun{0};
};

// ---- what a task can be suspended in; each holds something that must die once

task<> in_read(alive, tcp_stream s) {
    char c = 0;
    co_await s.read(coil::byte_span(&c, 1));
}
task<> in_read_exactly(alive, tcp_stream s) {
    char some[8];
    co_await s.read_exactly(some);
}
task<> in_write(alive, tcp_stream s) {
    const std::string much(16 * 1024 * 1024, 'x');  // more than the kernel keeps for a peer that does not read
    co_await s.write(much);
}
task<> in_accept(alive, tcp_listener l) {
    co_await l.accept();
}
task<> in_sleep(alive) {
    co_await sleeps();
}
task<> in_interval(alive) {
    coil::interval tick(for_ever);
    co_await tick.next();
    co_await tick.next();
}
task<> in_join(alive, alive others) {
    auto child = [](alive) -> task<> { co_await sleeps(); };
    auto h = coil::spawn(child(std::move(others)), {.daemon = true});
    co_await h;
}
task<> in_join_for(alive, alive others) {
    auto child = [](alive) -> task<> { co_await sleeps(); };
    auto h = coil::spawn(child(std::move(others)), {.daemon = true});
    (void)co_await h.join_for(for_ever);
}
task<> in_callback(alive, world& w) {
    co_await coil::from_callback<int>([&](coil::resolver<int> r) { w.resolvers.push_back(std::move(r)); });
}
task<> in_when_any(alive a, alive b, alive c) {
    (void)a;
    co_await coil::when_any(in_sleep(std::move(b)), in_interval(std::move(c)));
}
task<> in_when_all(alive a, alive b, alive c) {
    (void)a;
    co_await coil::when_all(in_sleep(std::move(b)), in_interval(std::move(c)));
}
task<> in_timeout(alive) {
    co_await coil::timeout(for_ever, coil::move_on_after(for_ever, sleeps()));
}
task<> in_scope(alive, alive others) {
    auto child = [](alive) -> task<> { co_await sleeps(); };
    co_await coil::with_scope([&](coil::scope& s) -> task<> {
        s.spawn(child(std::move(others)));
        co_await sleeps();
    });
}
task<> in_generator(alive) {
    auto g = never_yields();
    co_await g.next();
}
task<> in_finally(alive, alive late) {
    auto cleanup = [](alive) -> task<> {
        for (int i = 0; i != 3; ++i)
            co_await coil::yield();
    };
    co_await coil::finally(sleeps(), cleanup(std::move(late)));
}
task<> on_pool_of_a_task(alive, world& w) {
    auto there = [](std::atomic<int>& begun) -> task<> {
        ++begun;
        co_await sleeps();
    };
    co_await coil::on_pool(there(w.begun));
}
task<> moved_to_the_pool(alive, world& w) {
    co_await coil::resume_on(coil::pool());
    ++w.begun;
    co_await sleeps();
}
// Never suspended for long.
task<> in_yield(alive, world& w) {
    ++w.begun;
    for (;;)
        co_await coil::yield();
}
// These keep their threads busy until they hear of the stop; where there are fewer threads, they wait in line.
task<> busy_on_the_pool(alive) {
    co_await coil::on_pool([] {
        for (;;) {
            coil::this_task::check_stop();
            std::this_thread::yield();
        }
    });
}
task<> in_parallel_for(alive) {
    co_await coil::parallel_for(0, 1000, [](std::size_t) {
        for (;;) {
            coil::this_task::check_stop();
            std::this_thread::yield();
        }
    });
}
task<> in_blocking_call(alive, world& w) {
    co_await coil::blocking([&w] {
        ++w.begun;
        for (;;) {
            coil::this_task::check_stop();
            std::this_thread::yield();
        }
    });
}

using spawner = std::function<coil::join_handle<>(task<>)>;

// Spawns `each` of every kind; returns when all of them are where they stay.
task<> fill(world& w, int each, std::vector<coil::join_handle<>>& handles, const spawner& spawn) {
    const auto one = [&w] { return alive(*w.all); };
    int counted = 0;
    for (int i = 0; i != each; ++i) {
        for (const auto kind : {&in_read, &in_read_exactly, &in_write}) {
            if (kind == &in_write && i % 10 != 0) continue;  // they hold much
            auto ends = co_await io_test::connected();
            handles.push_back(spawn(kind(one(), std::move(ends.client))));
            w.peers.push_back(std::move(ends.server));
        }
        handles.push_back(spawn(in_accept(one(), io_test::listen())));
        handles.push_back(spawn(in_sleep(one())));
        handles.push_back(spawn(in_interval(one())));
        handles.push_back(spawn(in_join(one(), one())));
        handles.push_back(spawn(in_join_for(one(), one())));
        handles.push_back(spawn(in_callback(one(), w)));
        handles.push_back(spawn(in_when_any(one(), one(), one())));
        handles.push_back(spawn(in_when_all(one(), one(), one())));
        handles.push_back(spawn(in_timeout(one())));
        handles.push_back(spawn(in_scope(one(), one())));
        handles.push_back(spawn(in_generator(one())));
        handles.push_back(spawn(in_finally(one(), one())));
        handles.push_back(spawn(on_pool_of_a_task(one(), w)));
        handles.push_back(spawn(moved_to_the_pool(one(), w)));
        counted += 2;
    }
    for (auto& h : handles)
        while (h.state() != coil::task_state::suspended)
            co_await coil::yield();
    for (int i = 0; i != 4; ++i) {
        handles.push_back(spawn(in_blocking_call(one(), w)));
        handles.push_back(spawn(in_yield(one(), w)));
        counted += 2;
    }
    while (w.begun != counted)
        co_await coil::yield();
    for (int i = 0; i != 4; ++i) {
        handles.push_back(spawn(busy_on_the_pool(one())));
        handles.push_back(spawn(in_parallel_for(one())));
    }
    for (int i = 0; i != 3; ++i)
        co_await coil::yield();
}

enum class end { main_throws, main_returns, cancelled_one_by_one, scope_fails, stopped_as_a_whole };
constexpr const char* names[] = {"main throws", "main returns", "cancelled one by one", "a scope fails",
                                 "stopped by a timeout"};

task<> amain(world& w, int each, end how) {
    std::vector<coil::join_handle<>> handles;
    const spawner plain = [](task<> t) { return coil::spawn(std::move(t)); };
    const spawner daemon = [](task<> t) { return coil::spawn(std::move(t), {.daemon = true}); };
    switch (how) {
    case end::main_throws:
        co_await fill(w, each, handles, plain);
        throw std::runtime_error("main");
    case end::main_returns:
        co_await fill(w, each, handles, daemon);
        break;
    case end::cancelled_one_by_one:
        co_await fill(w, each, handles, plain);
        for (auto& h : handles)
            h.cancel("enough");
        for (auto& h : handles)
            expect(co_await h.join_for(for_ever), "a cancelled task ends");
        for (auto& h : handles)
            expect(h.state() == coil::task_state::cancelled, "it was cancelled");
        break;
    case end::scope_fails:
        co_await coil::with_scope([&](coil::scope& s) -> task<> {
            const spawner inside = [&s](task<> t) { return coil::join_handle<>(s.spawn(std::move(t))); };
            co_await fill(w, each, handles, inside);
            throw std::runtime_error("main");
        });
        break;
    case end::stopped_as_a_whole:
        co_await fill(w, each, handles, plain);
        (void)coil::spawn([]() -> task<> {
            co_await coil::yield();
            throw std::runtime_error("main");  // nobody awaits it
        }());
        co_await sleeps();
    }
}

void storm(int each, end how) {
    const auto before = io_test::open_descriptors();
    census all;
    {
        world w;
        w.all = &all;
        bool thrown = false;
        try {
            coil::run(amain(w, each, how));
        } catch (const std::runtime_error& e) {
            thrown = std::string(e.what()) == "main";
        }
        const std::string name = names[static_cast<int>(how)];
        expect_equal(thrown, how != end::main_returns && how != end::cancelled_one_by_one, name + ": it throws");
        expect(all.born() > 19 * each, name + ": there were enough of them");
        expect_equal(all.living(), 0, name + ": tasks that are left, or died twice");
        std::printf("%s: %d lived\n", name.c_str(), all.born());
    }
    expect_equal(io_test::open_descriptors(), before, "descriptors");
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    const auto room = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 100'000) / 8);  // six descriptors for each
    const int each = std::min(room, bad_day::is_full(argc, argv) ? 1000 : static_cast<int>(full_size(80)));
    // what is set up once for the process is no leak
    coil::run([]() -> task<> { co_await coil::on_pool([] {}); }());
    const int times = bad_day::is_full(argc, argv) ? 10 : 1;
    for (int i = 0; i != times; ++i)
        for (const end how : {end::main_throws, end::main_returns, end::cancelled_one_by_one, end::scope_fails,
                              end::stopped_as_a_whole})
            storm(each, how);
    return bad_day::verdict();
}
