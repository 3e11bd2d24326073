// SPDX-License-Identifier: BSL-1.0
// Two tasks that take two mutexes in opposite order: each holds what the other wants. The run ends with a report that
// names both, both locks and the lines; with `lock_all` the same two tasks end.
//
// Run it: build/examples/opposite_order
// It prints
//    left holds the fork, wants the knife
//    right holds the knife, wants the fork
//    found: 2 tasks in a circle, left and right, wait for a mutex each
//    with lock_all: left ate
//    with lock_all: right ate
#include <coil/coil.hpp>

#include <cstdio>
#include <exception>

namespace {

struct table {
    coil::mutex fork, knife;
};

coil::task<> left(table& t) {
    auto first = co_await t.fork.lock();
    std::puts("left holds the fork, wants the knife");
    co_await coil::yield();
    auto second = co_await t.knife.lock();
    std::puts("left ate");
}

coil::task<> right(table& t) {
    auto first = co_await t.knife.lock();
    std::puts("right holds the knife, wants the fork");
    co_await coil::yield();
    auto second = co_await t.fork.lock();
    std::puts("right ate");
}

coil::task<> opposite(table& t) {
    auto a = coil::spawn(left(t), {.name = "left"});
    auto b = coil::spawn(right(t), {.name = "right"});
    co_await a;
    co_await b;
}

coil::task<> eats(coil::mutex& one, coil::mutex& other, const char* who) {
    auto both = co_await coil::lock_all(one, other);
    co_await coil::yield();
    std::printf("with lock_all: %s ate\n", who);
}

coil::task<> at_once(table& t) {
    auto a = coil::spawn(eats(t.fork, t.knife, "left"));
    auto b = coil::spawn(eats(t.knife, t.fork, "right"));
    co_await a;
    co_await b;
}

}  // namespace

int main() {
    table t;
    try {
        coil::run(opposite(t));
        std::puts("they ended: this cannot be");
    } catch (const coil::deadlock& d) {
        std::fprintf(stderr, "%s\n", d.what());  // the whole report, with the lines
        std::printf("found: %zu tasks in a circle, %s and %s, wait for %s each\n", d.tasks().size(),
                    d.tasks()[0].name.c_str(), d.tasks()[1].name.c_str(), d.tasks()[0].waits_for.c_str());
    }
    try {
        coil::run(at_once(t));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "opposite_order: %s\n", e.what());
        return 1;
    }
}
