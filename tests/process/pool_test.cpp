// SPDX-License-Identifier: BSL-1.0
#include <coil/process/pool.hpp>

#include <coil/process/current.hpp>
#include <coil/process/remote_error.hpp>
#include <coil/process/semaphore.hpp>
#include <coil/process/shared_array.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/machine.hpp>

#include "stopped.hpp"
#include "told.hpp"
#include "workers.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using coil::task;
namespace process = coil::process;

namespace {

int twice(int x) { return 2 * x; }
static int calls_here = 0;
std::pair<int, int> count_calls(int) { return {::getpid(), ++calls_here}; }
std::string joined(const std::string& a, std::string_view b) { return a + std::string(b); }
void nothing(int) {}
task<int> after_a_while(int x) {
    co_await coil::sleep_for(1ms);
    co_return x + 1;
}
int abort_at_7(int x) {
    if (x == 7) std::abort();
    return x;
}
int killed_at_7(int x) {
    if (x == 7) std::raise(SIGKILL);
    return x;
}
int exit_at_7(int x) {
    if (x == 7) std::exit(3);
    return x;
}
class own_error : public std::exception {
public:
    const char* what() const noexcept override { return "made here"; }
};
int throws(int kind) {
    switch (kind) {
    case 0: throw std::out_of_range("no such thing");
    case 1: throw std::system_error(ENOENT, std::generic_category(), "open it");
    case 2: throw own_error();
    case 3: throw 5;
    case 4: throw std::bad_alloc();
    case 5: throw std::invalid_argument("of this kind");
    default: return kind;
    }
}
int throws_above_5(int x) {
    if (x > 5) throw std::runtime_error("item " + std::to_string(x));
    return x;
}
[[noreturn]] int for_ever(int) {
    for (;;) ::pause();
}
[[noreturn]] int begins_for_ever(process::semaphore begun) {
    begun.release();
    for (;;) ::pause();
}
std::vector<std::string> large(std::vector<std::string> all) {
    std::reverse(all.begin(), all.end());
    return all;
}
int prepared = 0;
void prepare() { prepared = 41; }
int is_prepared(int x) { return prepared + x; }
void cannot_prepare() { throw std::domain_error("no ground to stand on"); }
int pid_of(int) { return ::getpid(); }
void waits_for(process::semaphore s) { s.acquire_blocking().detach(); }
void adds_one(process::shared_array<int> xs) {
    for (int& x : xs) ++x;
}
struct point {
    int x = 0;
    std::string label;
    auto fields() { return std::tie(x, label); }
};
point moved(point p, int by) {
    p.x += by;
    p.label += "!";
    return p;
}

struct no_thirteen {
    int x = 0;
    std::string label = {};
};
int x_of(const no_thirteen& n) { return n.x; }

template <class E>
task<std::string> text_of_error(process::pool& pool, int kind) {
    std::string text = "nothing thrown";
    try {
        co_await pool.call<&throws>(kind);
    } catch (const E& e) {
        text = e.what();
        const auto* cause = dynamic_cast<const process::remote_cause*>(&e);
        CHECK(cause != nullptr);
        if (cause) CHECK(std::ranges::count(pool.pids(), cause->pid()) == 1);
    }
    co_return text;
}

}  // namespace

template <>
struct coil::process::codec<no_thirteen> {
    static void encode(encoder& to, const no_thirteen& n) {
        if (n.x == 13) throw std::domain_error("not that one");
        to.value(n.x);
    }
    static no_thirteen decode(decoder& from) { return {.x = from.value<int>()}; }
};

TEST_CASE("pool: calls, with arguments converted here, of plain functions, closures and tasks") {
    coil::run([]() -> task<> {
        process::pool pool{2};
        CHECK(pool.size() == 2);
        const int a = co_await pool.call<&twice>(21);
        CHECK(a == 42);
        const std::string b = co_await pool.call<&joined>("left ", "right");
        CHECK(b == "left right");
        const int c = co_await pool.call<&after_a_while>(6);
        CHECK(c == 7);
        const int d = co_await pool.call<[](int x) { return x - 1; }>(6);
        CHECK(d == 5);
        co_await pool.call<&nothing>(1);
        const point origin{1, "here"};
        const point p = co_await pool.call<&moved>(origin, 2);
        CHECK(p.x == 3);
        CHECK(p.label == "here!");
        const int own = co_await pool.call<&pid_of>(0);
        CHECK(own != ::getpid());
    }());
}

TEST_CASE("pool: map keeps the order of 10,000 items, by any chunk") {
    coil::run([]() -> task<> {
        process::pool pool{2};
        std::vector<int> xs(10'000);
        std::iota(xs.begin(), xs.end(), 0);
        for (const int chunk : {0, 1, 7, 5000}) {
            process::map_options o;
            if (chunk > 0) o.chunk = chunk;
            const auto ys = co_await pool.map<&twice>(xs, o);
            CHECK(ys.size() == xs.size());
            for (std::size_t i = 0; i < ys.size(); ++i)
                if (ys[i] != 2 * xs[i]) FAIL("item " << i << " is " << ys[i]);
        }
        const auto none = co_await pool.map<&twice>(std::vector<int>());
        CHECK(none.empty());
        co_await pool.map<&nothing>(xs);
        std::vector<std::tuple<std::string, std::string>> pairs{{"a", "b"}, {"c", "d"}};
        const auto both = co_await pool.map<&joined>(pairs);
        CHECK(both == std::vector<std::string>{"ab", "cd"});
    }());
}

TEST_CASE("pool: stream yields every item once, and can be dropped in the middle") {
    coil::run([]() -> task<> {
        process::pool pool{2};
        std::vector<int> xs(1000);
        std::iota(xs.begin(), xs.end(), 0);
        std::vector<int> seen(xs.size());
        auto all = pool.stream<&twice>(xs);
        while (auto r = co_await all.next()) {
            CHECK(r->value() == 2 * static_cast<int>(r->index()));
            ++seen[r->index()];
        }
        CHECK(std::ranges::count(seen, 1) == 1000);
        {
            auto some = pool.stream<&twice>(xs, {.chunk = 3});
            for (int i = 0; i < 5; ++i) {
                auto r = co_await some.next();
                CHECK(r.has_value());
            }
        }
        const int still = co_await pool.call<&twice>(4);
        CHECK(still == 8);
    }());
}

TEST_CASE("pool: messages of any size, back and forth") {
    coil::run([]() -> task<> {
        process::pool pool{2};
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < 40; ++i) texts.push_back(std::string(i * 5'000, static_cast<char>('a' + i % 26)));
        auto back = co_await pool.call<&large>(texts);
        std::ranges::reverse(back);
        CHECK(back == texts);
        std::vector<std::vector<std::string>> many(3, texts);
        many.resize(20, {"small"});
        const auto all = co_await pool.map<&large>(many, {.chunk = 2});
        std::size_t right = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto one = all[i];
            std::ranges::reverse(one);
            right += one == many[i];
        }
        CHECK(right == many.size());
    }());
}

TEST_CASE("pool: what is shared may be named, and stays the caller's") {
    coil::run([]() -> task<> {
        process::pool pool{1};
        process::shared_array<int> xs{100};
        co_await pool.call<&adds_one>(xs);
        co_await pool.call<&adds_one>(xs);
        CHECK(std::ranges::count(xs, 2) == 100);
        process::semaphore one{1};
        co_await pool.call<&waits_for>(one);
        CHECK(one.available() == 0);
        co_await pool.call<&adds_one>(std::move(xs));
    }());
}

TEST_CASE("pool: exceptions keep their type if it is the standard library's, else its name, and their text") {
    coil::run([]() -> task<> {
        process::pool pool{1};
        const auto a = co_await text_of_error<std::out_of_range>(pool, 0);
        CHECK(a == "no such thing");
        const auto b = co_await text_of_error<std::system_error>(pool, 1);
        CHECK(b == "open it: No such file or directory");
        const auto c = co_await text_of_error<process::remote_error>(pool, 2);
        CHECK(c.ends_with("own_error: made here"));
        const auto d = co_await text_of_error<process::remote_error>(pool, 3);
        CHECK(d == "int: no std::exception");
        const auto e = co_await text_of_error<std::bad_alloc>(pool, 4);
        CHECK(e.starts_with("std::bad_alloc"));
        const auto f = co_await text_of_error<std::invalid_argument>(pool, 5);
        CHECK(f == "of this kind");
        const int g = co_await pool.call<&throws>(6);
        CHECK(g == 6);
    }());
}

TEST_CASE("pool: an argument that cannot be sent costs its own call, whatever travels with it") {
    coil::run([]() -> task<> {
        process::pool pool{2};
        std::vector<no_thirteen> xs;
        for (int i = 0; i < 30; ++i) xs.push_back({.x = i});
        auto all = co_await pool.settle<&x_of>(xs, {.chunk = 10});
        for (auto& o : all) {
            if (o.index() == 13) CHECK_THROWS_AS(o.value(), std::domain_error);
            else CHECK(o.value() == static_cast<int>(o.index()));
        }
    }());
}

TEST_CASE("pool: the first error ends a map; settle makes every call") {
    coil::run([]() -> task<> {
        process::pool pool{2};
        std::vector<int> xs(100);
        std::iota(xs.begin(), xs.end(), 0);
        std::string text;
        try {
            co_await pool.map<&throws_above_5>(xs, {.chunk = 1});
        } catch (const std::runtime_error& e) {
            text = e.what();
        }
        CHECK(text.starts_with("item "));
        auto all = co_await pool.settle<&throws_above_5>(xs);
        CHECK(std::ranges::count_if(all, [](const auto& o) { return o.has_value(); }) == 6);
        CHECK_THROWS_WITH_AS(all[50].value(), "item 50", std::runtime_error);
    }());
}

template <auto F>
task<> loses_one_item(int chunk, int signal, int code) {
    process::pool pool{2};
    std::vector<int> xs(64);
    std::iota(xs.begin(), xs.end(), 0);
    auto all = co_await pool.settle<F>(xs, {.chunk = chunk});
    for (auto& o : all) {
        if (o.index() != 7) {
            CHECK_MESSAGE(o.has_value(), "item " << o.index());
            continue;
        }
        CHECK(!o.has_value());
        try {
            o.value();
        } catch (const process::worker_died& e) {
            CHECK(e.signal() == signal);
            CHECK(e.exit_code() == code);
            if (signal == SIGKILL) CHECK(std::string(e.what()).find("killed by signal 9") != std::string::npos);
        }
    }
    const auto again = co_await pool.map<&twice>(xs);
    CHECK(again.size() == 64);
}

TEST_CASE("pool: a worker that dies costs the item that it was at, and is replaced") {
    for (const int chunk : {1, 5, 64}) {
        coil::run(loses_one_item<&abort_at_7>(chunk, SIGABRT, 0));
        coil::run(loses_one_item<&killed_at_7>(chunk, SIGKILL, 0));
        coil::run(loses_one_item<&exit_at_7>(chunk, 0, 3));
    }
    CHECK(workers::no_zombies());
}

TEST_CASE("pool: a stopped call ends: its worker is ended and replaced, and what was in line behind it is made") {
    coil::run([]() -> task<> {
        process::pool pool{1, {.stop_grace = 1ms}};
        const int first = co_await pool.call<&pid_of>(0);
        process::semaphore begun{0};  // a call that has not begun is taken back, and its worker stays
        auto stuck = coil::spawn(pool.call<&begins_for_ever>(begun));
        auto permit = co_await begun.acquire();
        permit.detach();
        auto behind = coil::spawn(pool.call<&pid_of>(0));
        co_await coil::sleep_for(1ms);
        stuck.cancel();
        const bool stopped = co_await process_test::ends_stopped(stuck);
        CHECK(stopped);
        const int second = co_await behind;
        CHECK(second != first);
        CHECK(!workers::exists(first));
        bool late = false;
        try {
            co_await coil::timeout(1ms, pool.call<&for_ever>(1));
        } catch (const coil::timed_out&) {
            late = true;
        }
        CHECK(late);
        const int third = co_await pool.call<&pid_of>(0);
        CHECK(third > 0);  // another worker, if the call had begun
    }());
}

TEST_CASE("pool: a call that is stopped in line, or before, is not made") {
    coil::run([]() -> task<> {
        process::pool pool{1};
        const auto before = co_await pool.call<&count_calls>(0);
        std::vector<coil::join_handle<std::pair<int, int>>> line;
        auto busy = coil::spawn(pool.call<&after_a_while>(0));
        for (int i = 0; i < 20; ++i) line.push_back(coil::spawn(pool.call<&count_calls>(i)));
        for (auto& h : line) h.cancel();  // before their first step
        const int done = co_await busy;
        CHECK(done == 1);
        for (auto& h : line) {
            const bool stopped = co_await process_test::ends_stopped(h);
            CHECK(stopped);
        }
        const auto after = co_await pool.call<&count_calls>(0);
        CHECK(after.first == before.first);
        CHECK(after.second == before.second + 1);
    }());
}

TEST_CASE("pool: maps that are stopped at whatever point leave a pool that works") {
    coil::run([]() -> task<> {
        const auto before = workers::open_descriptors();
        {
            process::pool pool{2, {.stop_grace = 200ms}};
            std::vector<int> xs(3000);
            std::iota(xs.begin(), xs.end(), 0);
            for (int round = 0; round < 40; ++round) {
                auto h = coil::spawn(pool.map<&twice>(xs, {.chunk = 1 + round % 3}));
                for (int i = 0; i < round * 3; ++i) co_await coil::yield();
                h.cancel();
                try {
                    const auto ys = co_await h;
                    CHECK(ys.size() == xs.size());
                } catch (const coil::cancelled&) {
                }
                const int y = co_await pool.call<&twice>(round);
                CHECK(y == 2 * round);
            }
            co_await pool.close();
        }
        const bool same = co_await workers::comes([&] { return workers::open_descriptors() <= before + 4; });
        CHECK(same);
    }());
    CHECK(workers::no_zombies());
}

TEST_CASE("pool: workers retire after max_tasks_per_child calls") {
    coil::run([]() -> task<> {
        process::pool pool{2, {.max_tasks_per_child = 10}};
        std::vector<int> xs(200);
        const auto all = co_await pool.map<&count_calls>(xs);
        std::map<int, int> most;
        for (const auto& [pid, n] : all) most[pid] = std::max(most[pid], n);
        CHECK(most.size() >= 20);
        for (const auto& [pid, n] : most) CHECK(n <= 10);
        co_await pool.close();
    }());
}

TEST_CASE("pool: the initialiser runs once in each worker; one that throws fails every call with its error") {
    coil::run([]() -> task<> {
        process::pool pool{2, {.initialiser = process::function<&prepare>}};
        const std::vector<int> xs{1, 2, 3};
        const auto ys = co_await pool.map<&is_prepared>(xs);
        CHECK(ys == std::vector<int>{42, 43, 44});
        process::pool bad{2, {.initialiser = process::function<&cannot_prepare>}};
        for (int i = 0; i < 2; ++i) {
            std::string text;
            try {
                co_await bad.call<&twice>(1);
            } catch (const std::domain_error& e) {
                text = e.what();
            }
            CHECK(text == "no ground to stand on");
        }
    }());
    CHECK(workers::no_zombies());
}

TEST_CASE("pool: workers know their names and their parent") {
    coil::run([]() -> task<> {
        process::pool pool{1, {.name = "crunch"}};
        const auto w = co_await pool.call<[](int) {
            const auto c = process::current();
            return std::make_tuple(c.name, c.parent_pid, c.is_worker);
        }>(0);
        CHECK(std::get<0>(w) == "crunch-1");
        CHECK(std::get<1>(w) == ::getpid());
        CHECK(std::get<2>(w));
        CHECK(process::current().name == "main");
    }());
}

TEST_CASE("pool: no workers, or fewer, are refused; more than the machine can run are told") {
    CHECK_THROWS_AS(process::pool{-1}, std::invalid_argument);
    CHECK_THROWS_AS(process::pool{0}, std::invalid_argument);
    CHECK(process_test::told_by([] { process::pool none{0}; }).ends_with(process_test::at_line(__LINE__) + "process::pool: a pool of no workers"));
    CHECK_THROWS_AS(process::pool(1, {.max_tasks_per_child = 0}), std::invalid_argument);
    static std::atomic<int> warnings;
    const auto before = coil::set_log_hook([](std::string_view line) noexcept {
        if (line.find("and the machine can run") != std::string_view::npos) ++warnings;
    });
    {
        process::pool pool{coil::machine::concurrency() + 1};
    }
    coil::set_log_hook(before);
    CHECK(warnings == 1);
}

TEST_CASE("pool: after close it takes nothing; its workers have ended") {
    coil::run([]() -> task<> {
        process::pool pool{2};
        std::vector<int> xs(50);
        auto h = coil::spawn(pool.map<&after_a_while>(xs));
        co_await coil::yield();
        const auto pids = pool.pids();
        co_await pool.close();
        const auto ys = co_await h;
        CHECK(ys.size() == 50);
        for (const int pid : pids) CHECK(!workers::exists(pid));
        std::string text;
        int line = 0;
        const auto is_told = [&] { return text.find(process_test::at_line(line)) != std::string::npos && text.ends_with("takes no calls any more"); };
        try {
            line = __LINE__ + 1;
            co_await pool.call<&twice>(1);
        } catch (const std::logic_error& e) {
            text = e.what();
        }
        CHECK(is_told());
        try {
            line = __LINE__ + 1;
            co_await pool.map<&twice>(xs);
        } catch (const std::logic_error& e) {
            text = e.what();
        }
        CHECK(is_told());
        line = __LINE__ + 1;
        auto s = pool.stream<&twice>(xs);
        try {
            co_await s.next();
        } catch (const std::logic_error& e) {
            text = e.what();
        }
        CHECK(is_told());
        // by itself a task has no line that calls it, and says what it is all the same
        auto alone = coil::spawn(pool.call<&twice>(1));
        try {
            co_await alone;
        } catch (const std::logic_error& e) {
            text = e.what();
        }
        CHECK(text.find("is closed") != std::string::npos);
    }());
}

TEST_CASE("pool: destroyed with work in flight, its calls throw and its workers end") {
    coil::run([]() -> task<> {
        std::vector<int> pids;
        std::vector<coil::join_handle<int>> calls;
        {
            process::pool pool{2};
            const std::vector<int> two{1, 2};
            co_await pool.map<&twice>(two);
            pids = pool.pids();
            for (int i = 0; i < 6; ++i) calls.push_back(coil::spawn(pool.call<&for_ever>(i)));
            for (int i = 0; i < 20; ++i) co_await coil::yield();
        }
        for (auto& h : calls) {
            std::string text;
            try {
                co_await h;
            } catch (const std::runtime_error& e) {
                text = e.what();
            }
            CHECK(text.find("shut down") != std::string::npos);
        }
        for (const int pid : pids) {
            const bool gone = co_await workers::comes([&] { return !workers::exists(pid); });
            CHECK(gone);
        }
    }());
}

TEST_CASE("pool: one pool serves several runs, and several tasks at once") {
    process::pool pool{2};
    for (int round = 0; round < 3; ++round) {
        const int sum = coil::run([](process::pool& p) -> task<int> {
            std::vector<coil::join_handle<int>> calls;
            for (int i = 0; i < 50; ++i) calls.push_back(coil::spawn(p.call<&twice>(i)));
            int all = 0;
            for (auto& c : calls) all += co_await c;
            co_return all;
        }(pool));
        CHECK(sum == 2450);
    }
}
