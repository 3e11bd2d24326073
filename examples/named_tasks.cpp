// SPDX-License-Identifier: BSL-1.0
// A semaphore of five and seven named tasks; each line of the log begins with the name of the task that writes it.
//
// Run it: build/examples/named_tasks
// It prints
//    (task 1) got a permit, 4 are left
//    (task 2) got a permit, 3 are left
//    (task 3) got a permit, 2 are left
//    (task 4) got a permit, 1 are left
//    (task 5) got a permit, 0 are left
//    (task 1) gives it back
//    (task 2) gives it back
//    (task 3) gives it back
//    (task 4) gives it back
//    (task 5) gives it back
//    (task 6) got a permit, <n> are left
//    (task 7) got a permit, <n> are left
//    (task 6) gives it back
//    (task 7) gives it back
//    (main) all 5 are back
#include <coil/coil.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace {

void log(const std::string& text) {
    const std::string name(coil::this_task::name());
    std::printf("(%s) %s\n", name.c_str(), text.c_str());
}

coil::task<> worker(coil::semaphore& s) {
    auto permit = co_await s.acquire();
    log("got a permit, " + std::to_string(s.available()) + " are left");
    for (int i = 0; i != 2; ++i) co_await coil::yield();  // works
    log("gives it back");
}

coil::task<> amain() {
    coil::semaphore s{5};
    co_await coil::with_scope([&](coil::scope& all) -> coil::task<> {
        for (int i = 1; i <= 7; ++i) all.spawn(worker(s), {.name = "task " + std::to_string(i)});
        co_return;
    });
    std::printf("(main) all %zu are back\n", s.available());
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "named_tasks: %s\n", e.what());
        return 1;
    }
}
