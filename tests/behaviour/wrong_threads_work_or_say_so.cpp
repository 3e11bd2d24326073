// SPDX-License-Identifier: BSL-1.0
// Objects are started, awaited, cancelled and destroyed from the loop's thread, from the pool and from a thread that is
// not coil's: either it works, or it is refused at once in words; nothing hangs.
#include "../io/loopback.hpp"
#include "../run/lives.hpp"
#include "bad_day.hpp"
#include "open_before.hpp"

#include <coil/runtime.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
using io_test::tcp_listener;
using io_test::tcp_stream;

enum class where { loop, pool, foreign };
constexpr where everywhere[] = {where::loop, where::pool, where::foreign};
std::string name(where w) {
    return w == where::loop ? "on the loop: " : w == where::pool ? "on the pool: " : "outside: ";
}

// Does something on a thread of that kind.
task<> at(where w, std::function<void()> f) {
    switch (w) {
    case where::loop:
        f();
        break;
    case where::pool:
        co_await coil::on_pool(f);
        break;
    case where::foreign:
        co_await coil::blocking([&] { std::thread(f).join(); });
        break;
    }
}

// The same, and nothing tells the loop afterwards that it is done: who asks the loop for something wakes it.
class behind_its_back {
public:
    behind_its_back(where w, std::function<void()> f) {
        switch (w) {
        case where::loop:
            f();
            break;
        case where::pool:
            call_ = std::move(f), (void)coil::spawn_on(coil::pool(), calls(*this));
            break;
        case where::foreign:
            thread_ = std::thread(std::move(f));
            break;
        }
    }
    task<> over() {
        co_await coil::blocking([this] {
            if (thread_.joinable()) thread_.join();
            while (call_ && !called_)
                std::this_thread::yield();
        });
    }

private:
    static task<> calls(behind_its_back& self) {
        self.call_();
        self.called_ = true;
        co_return;
    }
    std::function<void()> call_;
    std::atomic<bool> called_{false};
    std::thread thread_;
};

task<> sleeps(alive) {
    co_await coil::sleep_for(24h * 365);
}
task<int> answers(alive) {
    co_return 42;
}
task<> reads(tcp_stream& s, std::error_code& error) {
    char c = 0;
    auto r = co_await coil::as_result(s.read(coil::byte_span(&c, 1)));
    if (!r.has_value()) error = r.error().code();
}

// Says which words it was refused with; empty if it was not.
std::string refusal(const std::function<void()>& f) {
    try {
        f();
    } catch (const std::exception& e) {
        return e.what();
    }
    return "";
}

task<> tasks(where w, census& all) {
    // never begun, and destroyed there
    auto unused = std::make_optional(answers(alive(all)));
    co_await at(w, [&] { unused.reset(); });

    // at home on the loop, and at home on the pool
    for (coil::executor* home : {coil::this_thread.here, static_cast<coil::executor*>(&coil::pool())}) {
        auto h = coil::spawn_on(*home, sleeps(alive(all)));
        while (h.state() != coil::task_state::suspended)
            co_await coil::yield();
        behind_its_back cancels(w, [&] { h.cancel("from somewhere"); });
        expect(co_await h.join_for(1h), name(w) + "a cancelled task ends");
        co_await cancels.over();

        std::optional dropped(coil::spawn_on(*home, answers(alive(all))));
        co_await at(w, [&] { dropped.reset(); });

        auto joined = coil::spawn_on(*home, answers(alive(all)));
        if (w == where::pool)
            co_await coil::on_pool([](coil::join_handle<int>& j) -> task<> {
                expect_equal(co_await j, 42, "joined on the pool");
            }(joined));
        else expect_equal(co_await joined, 42, name(w) + "joined");
    }

    // what starts a task needs one that runs
    auto t = answers(alive(all));
    std::string words;
    co_await at(w, [&] { words = refusal([&] { (void)coil::spawn(std::move(t)); }); });
    expect(words.empty() == (w != where::foreign), name(w) + "spawn: " + words);
    t = {};

    std::string inside, waiting;
    co_await at(w, [&] {
        inside = refusal([&] { coil::run(answers(alive(all))); });
        waiting = refusal([&] { expect_equal(coil::block_on(answers(alive(all))), 42, "block_on"); });
    });
    expect(inside.empty() == (w == where::foreign), name(w) + "run: " + inside);
    expect(waiting.empty() == (w == where::foreign), name(w) + "block_on: " + waiting);

    auto& home = static_cast<coil::loop&>(*coil::this_thread.here);
    std::string second;
    co_await at(w, [&] { second = refusal([&] { home.run(answers(alive(all))); }); });
    expect(!second.empty(), name(w) + "a loop that runs already is run again");
}

task<> callbacks(where w) {
    std::optional<coil::resolver<int>> kept;
    const auto waits = [&]() -> task<int> {
        co_return co_await coil::from_callback<int>([&](coil::resolver<int> r) { kept.emplace(std::move(r)); });
    };
    auto h = coil::spawn(waits());
    while (!kept)
        co_await coil::yield();
    behind_its_back resolves(w, [&] { (*kept)(7); });
    expect_equal(co_await h, 7, name(w) + "resolved");
    co_await resolves.over();
    co_await at(w, [&] { kept.reset(); });
}

task<> scopes(where w, census& all) {
    coil::scope s;
    s.spawn(sleeps(alive(all)));
    s.spawn_on(coil::pool(), sleeps(alive(all)));
    co_await at(w, [&] { s.cancel(); });
    if (w == where::pool) co_await coil::on_pool(s.join());
    else co_await s.join();
    expect_equal(s.size(), 0u, name(w) + "tasks of a scope that was joined");
}

task<> streams(where w) {
    // destroyed, and closed, under a pending read
    std::error_code error;
    auto ends = co_await io_test::connected();
    auto reading = coil::spawn(reads(ends.client, error));
    while (reading.state() != coil::task_state::suspended)
        co_await coil::yield();
    behind_its_back destroys(w, [&] { tcp_stream gone(std::move(ends.client)); });
    co_await reading;
    co_await destroys.over();
    expect(error == std::errc::operation_canceled, name(w) + "the read of a destroyed stream: " + error.message());

    auto others = co_await io_test::connected();
    if (w == where::pool) {
        co_await coil::on_pool([](tcp_stream& s) -> task<> {
            co_await s.write("x");
            co_await s.close();
        }(others.server));
    } else {
        co_await others.server.write("x");
        std::optional moved(std::move(others.server));
        co_await at(w, [&] { moved.reset(); });
    }
    std::array<char, 2> got{};
    expect_equal(co_await others.client.read(got), 1u, name(w) + "what was written before the end");
    expect_equal(co_await others.client.read(got), 0u, name(w) + "the end");

    std::optional l(io_test::listen());
    std::error_code ended;
    const auto accepts = [&]() -> task<> {
        auto r = co_await coil::as_result(l->accept());
        if (!r.has_value()) ended = r.error().code();
    };
    auto accepting = coil::spawn(accepts());
    while (accepting.state() != coil::task_state::suspended)
        co_await coil::yield();
    behind_its_back closes(w, [&] { l.reset(); });
    co_await accepting;
    co_await closes.over();
    expect(ended == std::errc::operation_canceled, name(w) + "the accept of a destroyed listener");
}

task<> amain(census& all) {
    for (const where w : everywhere) {
        co_await tasks(w, all);
        co_await callbacks(w);
        co_await scopes(w, all);
        co_await streams(w);
    }
}

// A loop belongs to the thread that first ran it, and says so to others.
void loops() {
    coil::loop l;
    census all;
    expect_equal(l.run(answers(alive(all))), 42, "a loop by hand");
    std::string words;
    std::thread([&] { words = refusal([&] { l.run(answers(alive(all))); }); }).join();
    expect(words.find("another thread") != std::string::npos, "a loop on another thread: " + words);
    expect_equal(l.run(answers(alive(all))), 42, "the loop afterwards");
    expect_equal(all.living(), 0, "what is left of tasks of loops");
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    const bad_day::open_before descriptors;
    census all;
    const int times = bad_day::is_full(argc, argv) ? 2000 : static_cast<int>(full_size(50));
    for (int i = 0; i != times; ++i)
        coil::run(amain(all));
    expect_equal(all.living(), 0, "what is left of tasks");
    loops();
    descriptors.expect_kept();
    return bad_day::verdict();
}
