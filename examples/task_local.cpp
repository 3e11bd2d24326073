// SPDX-License-Identifier: BSL-1.0
// Task-local data: what threading.local is to threads, a coil::task_local is to tasks. Unset at first; each task sees
// its own value, also after it has gone to a thread of the pool and come back, where a thread_local would be another's.
//
// Run it: build/examples/task_local
// It prints
//    task 0: no value is bound here
//    task 1: no value is bound here
//    task 2: no value is bound here
//    task 3: no value is bound here
//    task 4: no value is bound here
//    stayed on the loop: 0 1 2 3 4, main has 1000
//    went to the pool and back: 0 1 2 3 4, main has 1000
//    main has none any more
#include <coil/coil.hpp>

#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <vector>

namespace {

coil::task_local<int> number;

// Any depth below: no parameter carries the value.
int look() {
    return number.get();
}

coil::task<int> on_the_loop() {
    for (int i = 0; i != 3; ++i)
        co_await coil::yield();  // the other four run in between
    co_return look();
}

coil::task<int> by_way_of_the_pool() {
    const int before = look();
    for (int i = 0; i != 3; ++i) {
        const int there = co_await coil::on_pool([] { return look(); });  // home again afterwards
        if (there != before || look() != before) throw std::logic_error("another task's value");
    }
    co_await coil::resume_on(coil::pool());  // and for good
    co_return look();
}

coil::task<int> one_of_five(int index, bool hops) {
    if (!hops) {
        try {
            look();
        } catch (const std::logic_error&) {  // it says at which line
            std::printf("task %d: no value is bound here\n", index);
        }
    }
    if (hops) co_return co_await number.with(index, by_way_of_the_pool());
    co_return co_await number.with(index, on_the_loop());
}

coil::task<> five(const char* what, bool hops) {
    std::vector<coil::join_handle<int>> tasks;
    for (int i = 0; i != 5; ++i)
        tasks.push_back(coil::spawn(one_of_five(i, hops)));
    std::array<int, 5> seen{};
    for (std::size_t i = 0; i != 5; ++i)
        seen[i] = co_await tasks[i];
    std::printf("%s: %d %d %d %d %d, main has %d\n", what, seen[0], seen[1], seen[2], seen[3], seen[4], look());
}

coil::task<> both() {
    co_await five("stayed on the loop", false);
    co_await five("went to the pool and back", true);
}

coil::task<> amain() {
    co_await number.with(1000, both());
    std::puts(number.find() == nullptr ? "main has none any more" : "main still has one");
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "task_local: %s\n", e.what());
        return 1;
    }
}
