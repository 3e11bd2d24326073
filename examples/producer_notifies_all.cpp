// SPDX-License-Identifier: BSL-1.0
// A condition: two consumers wait until something is produced; one producer notifies all, with the lock held. Whoever is
// notified goes on when the producer has let go of the lock, one after the other.
//
// Run it: build/examples/producer_notifies_all
// It prints
//    consumer 1: waits
//    consumer 2: waits
//    producer: makes the resource available, and notifies all
//    producer: lets go of the lock
//    consumer 1: the resource is available
//    consumer 2: the resource is available
#include <coil/coil.hpp>

#include <cstdio>
#include <exception>

namespace {

struct shop {
    coil::mutex lock;
    coil::condition changed;
    bool available = false;
};

coil::task<> consumer(shop& s, int number) {
    auto guard = co_await s.lock.lock();
    std::printf("consumer %d: waits\n", number);
    co_await s.changed.wait(guard, [&] { return s.available; });
    std::printf("consumer %d: the resource is available\n", number);
}

coil::task<> producer(shop& s) {
    auto guard = co_await s.lock.lock();
    std::puts("producer: makes the resource available, and notifies all");
    s.available = true;
    s.changed.notify_all();
    co_await coil::yield();  // nobody else can go on yet
    std::puts("producer: lets go of the lock");
}

coil::task<> amain() {
    shop s;
    auto one = coil::spawn(consumer(s, 1));
    auto two = coil::spawn(consumer(s, 2));
    auto makes = coil::spawn(producer(s));
    co_await one;
    co_await two;
    co_await makes;
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "producer_notifies_all: %s\n", e.what());
        return 1;
    }
}
