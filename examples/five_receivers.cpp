// SPDX-License-Identifier: BSL-1.0
// A condition is first in, first out: five receivers wait; notify(1) ends exactly the first, and later notify_all the
// other four. Nobody is woken for nothing.
//
// Run it: build/examples/five_receivers
// It prints
//    receiver 1 waits
//    receiver 2 waits
//    receiver 3 waits
//    receiver 4 waits
//    receiver 5 waits
//    sender: notify(1)
//    receiver 1 goes on
//    sender: 4 wait still; notify_all
//    receiver 2 goes on
//    receiver 3 goes on
//    receiver 4 goes on
//    receiver 5 goes on
#include <coil/coil.hpp>

#include <chrono>
#include <cstdio>
#include <exception>

using namespace std::chrono_literals;

namespace {

struct board {
    coil::mutex lock;
    coil::condition news;
};

coil::task<> receiver(board& b, int number) {
    auto guard = co_await b.lock.lock();
    std::printf("receiver %d waits\n", number);
    co_await b.news.wait(guard);
    std::printf("receiver %d goes on\n", number);
}

coil::task<> sender(board& b) {
    std::puts("sender: notify(1)");
    b.news.notify(1);
    co_await coil::sleep_for(1ms);
    std::printf("sender: %zu wait still; notify_all\n", b.news.statistics().waiters);
    b.news.notify_all();
}

coil::task<> amain() {
    board b;
    co_await coil::with_scope([&](coil::scope& s) -> coil::task<> {
        for (int i = 1; i <= 5; ++i) s.spawn(receiver(b, i));
        co_await coil::yield();  // all of them are in the line
        s.spawn(sender(b));
    });
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "five_receivers: %s\n", e.what());
        return 1;
    }
}
