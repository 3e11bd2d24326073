// SPDX-License-Identifier: BSL-1.0
// The spellings of worker processes, as a user types them.
#include <coil/coil.hpp>

#include "face.hpp"

#include <chrono>
#include <string>
#include <tuple>
#include <vector>

using namespace std::chrono_literals;

bool is_prime(int n) {
    for (int d = 2; d * d <= n; ++d)
        if (n % d == 0) return false;
    return n > 1;
}
struct crate {
    std::string text;
    std::vector<std::string> parts;
    auto fields() { return std::tie(text, parts); }
};
crate echo_crate(crate c) { return c; }
int maybe_noexcept(int x) noexcept { return x; }
template <class T>
T twice_of(T x) {
    return x + x;
}
int over(int x) { return x; }
[[maybe_unused]] long over(long x) { return x; }
coil::task<int> awaited(int x) {
    co_await coil::yield();
    co_return x;
}
void worker_main(int, const std::string&) {}
void set_up() {}

coil::task<> pools() {
    coil::process::pool pool{2};
    std::vector<int> xs{1, 2, 3};
    auto ys = co_await pool.map<&is_prime>(xs);
    CHECK(ys.size() == 3 && !ys[0] && ys[1] && ys[2]);
    auto y = co_await pool.call<&is_prime>(97);
    CHECK(y);
    const crate full{words(), {words(1), words(2)}};
    auto c = co_await pool.call<&echo_crate>(full);
    CHECK(c.text == words() && c.parts.size() == 2);
    CHECK(co_await pool.call<&maybe_noexcept>(3) == 3);
    CHECK(co_await pool.call<&twice_of<int>>(3) == 6);
    CHECK(co_await pool.call<static_cast<int (*)(int)>(&over)>(3) == 3);
    CHECK(co_await pool.call<[](int q) { return q + 1; }>(3) == 4);
    CHECK(co_await pool.call<&awaited>(5) == 5);
    auto moved = co_await pool.map<&is_prime>(std::vector<int>(2, 1));
    CHECK(moved.size() == 2);
    auto chunked = co_await pool.map<&is_prime>(xs, {.chunk = 2});
    CHECK(chunked.size() == 3);
    auto outcomes = co_await pool.settle<&is_prime>(xs);
    CHECK(outcomes[1].value());
    auto stream = pool.stream<&is_prime>(xs);
    int n = 0;
    while (auto r = co_await stream.next()) n += static_cast<int>(r->index()) + 1;
    CHECK(n == 6);
    auto timed = co_await coil::timeout(1h, pool.call<&is_prime>(5));
    CHECK(timed);
    (void)pool.size();
    (void)pool.name();
    co_await pool.close();
    coil::process::pool own{1, {.initialiser = coil::process::function<&set_up>, .max_tasks_per_child = 100, .name = "own"}};
    CHECK(co_await own.call<&is_prime>(7));
    own.shut_down();
}

coil::task<> workers() {
    auto w = co_await coil::process::start<&worker_main>(3, words());
    (void)w.alive();
    (void)w.pid();
    w.terminate();
    auto end = co_await w.join();
    (void)end.exit_code();
    (void)end.signal();
    (void)end.success();
    CHECK(coil::process::current().name == "main");
    auto named = co_await coil::process::start<&worker_main>({.name = "named", .daemon = true}, 3, "text");
    CHECK(named.name() == "named");
    named.kill();
    (void)co_await named.join();
}

coil::task<> managers() {
    coil::process::manager mgr;
    auto list = co_await mgr.list<int>("xs");
    co_await list.push_back(3);
    CHECK(co_await list.at(0) == 3);
    auto dict = co_await mgr.dict<std::string, int>("ages");
    co_await dict.set("ann", 3);
    co_await dict.set(words(), 4);
    CHECK(co_await dict.get(words()) == 4);
    auto value = co_await mgr.value<std::string>("v");
    co_await value.set(words());
    auto lock = co_await mgr.lock("l");
    co_await lock.acquire();
    co_await lock.release();
    auto queue = co_await mgr.queue<std::string>("q", 4);
    co_await queue.put(words());
    CHECK(co_await queue.get() == words());
    auto space = co_await mgr.name_space("n");
    co_await space.set<int>("x", 1);
}

int main(int argc, char** argv) {
    coil::process::init(argc, argv);
    coil::run(pools());
    coil::run(workers());
    coil::run(managers());
    std::puts("ok");
}
