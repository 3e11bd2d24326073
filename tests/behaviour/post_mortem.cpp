// SPDX-License-Identifier: BSL-1.0
// Dies with tasks that wait for each kind of thing, once it has printed them: what gdb finds in it must be the same.
#include "../debug/dumped.hpp"

#include <coil/coil.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using coil::task;
using namespace std::chrono_literals;

coil::mutex kept;
coil::event never;
coil::condition unchanged;
coil::queue<int> empty;

task<int> innermost(int number) {
    const int doubled = number * 2;
    co_await never.wait();
    co_return doubled;
}
task<int> middle(int number) { co_return co_await innermost(number + 1); }
task<> sleeps() { co_await coil::sleep_for(1h); }
task<> locks() { auto held = co_await kept.lock(); }
task<> gets() { (void)co_await empty.get(); }
task<> forks() { co_await coil::when_all(gets(), sleeps()); }
task<> is_limited() { co_await coil::timeout(1h, gets()); }
task<> joins(coil::join_handle<int>& other) { (void)co_await other; }
task<> accepts(coil::net::tcp_listener& l) { (void)co_await l.accept(); }
task<> has_a_scope() {
    auto body = [](coil::scope& s) -> task<> {
        s.spawn(sleeps());
        co_return;
    };
    co_await coil::with_scope(body);
}
task<> blocks() {
    auto call = [] { ::pause(); };
    co_await coil::blocking(call);
}
task<> is_on_the_pool() { co_await coil::on_pool(gets()); }
task<> is_notified() {
    coil::mutex own;
    auto held = co_await own.lock();
    co_await unchanged.wait(held);
}
void on_a_stack() { coil::await(never.wait()); }
task<> has_a_fiber() { co_await coil::fiber(&on_a_stack); }

task<> amain() {
    auto held = co_await kept.lock();
    auto listener = coil::net::tcp_listener::bind({"127.0.0.1", 0});
    auto a = coil::spawn(middle(20), {.name = "awaits"});
    auto b = coil::spawn(locks(), {.name = "locks"});
    auto c = coil::spawn(forks());
    auto d = coil::spawn(is_limited());
    auto e = coil::spawn(joins(a), {.name = "joins"});
    auto f = coil::spawn(accepts(listener), {.name = "accepts"});
    auto g = coil::spawn(has_a_scope());
    auto h = coil::spawn(blocks(), {.name = "blocks"});
    auto i = coil::spawn(is_on_the_pool(), {.name = "pool"});
    auto j = coil::spawn(is_notified(), {.name = "notified"});
    auto k = coil::spawn(has_a_fiber(), {.name = "fiber"});
    for (;;) {
        const std::string text = dumped();
        std::size_t waiting = 0;
        for (std::size_t at = 0; (at = text.find(", suspended, waits for ", at)) != std::string::npos; ++at)
            ++waiting;
        if (waiting == 12 && has(text, "\"pool\", suspended, waits for a queue")) {
            std::fputs(text.c_str(), stdout);
            std::fflush(stdout);
            std::abort();
        }
        co_await coil::sleep_for(1ms);
    }
}

}  // namespace

int main() {
    coil::run(amain(), {.name = "main"});
}
