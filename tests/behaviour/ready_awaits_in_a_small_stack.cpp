// SPDX-License-Identifier: BSL-1.0
// Five million awaits of what is ready at once end in 256 KiB of stack, in every build: g++ makes symmetric transfer a
// tail call from -O2 on only, and never under the address sanitizer.
#include "../coro/by_hand.hpp"
#include "../coro/gates.hpp"

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/async_generator.hpp>

#include <coroutine>
#include <cstdio>
#include <functional>
#include <optional>
#include <stdexcept>

namespace {

using coil::task;

constexpr long per_kind = 5'000'000 / 10;  // of it all, under a sanitizer too

task<int> child() {
    co_return 1;
}
task<int> grandchild() {
    co_return co_await child();
}
task<int> throwing() {
    throw std::runtime_error("x");
    co_return 0;
}
coil::async_generator<int> ones() {
    for (;;)
        co_yield 1;
}

// Foreign awaiters that go on without having been suspended.
struct goes_on {
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
    int await_resume() const noexcept { return 1; }
};
struct throws {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const { throw std::runtime_error("x"); }
    int await_resume() const noexcept { return 1; }
};
struct resumes_inside {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) const { h.resume(); }
    int await_resume() const noexcept { return 1; }
};

task<long> all() {
    long sum = 0;
    for (long i = 0; i != per_kind; ++i)
        sum += co_await child();
    for (long i = 0; i != per_kind; ++i)
        sum += co_await grandchild();
    for (long i = 0; i != per_kind; ++i) {
        co_await std::suspend_never();
        ++sum;
    }
    for (long i = 0; i != per_kind; ++i) {
        co_await ready_at_once();
        ++sum;
    }
    for (long i = 0; i != per_kind; ++i)
        sum += co_await goes_on();
    for (long i = 0; i != per_kind; ++i)
        sum += co_await resumes_inside();
    auto generator = ones();
    for (long i = 0; i != per_kind; ++i) {
        const std::optional<int> v = co_await generator.next();
        sum += *v;
    }
    // a source that ends the matter while the wait registers
    gate closed;
    closed.close();
    for (long i = 0; i != per_kind; ++i) {
        co_await closed.pass();
        ++sum;
    }
    // exceptions cost more: fewer of them
    for (long i = 0; i != per_kind / 10; ++i) {
        try {
            (void)co_await throwing();
        } catch (const std::runtime_error&) {
            sum += 10;
        }
    }
    for (long i = 0; i != per_kind / 10; ++i) {
        try {
            (void)co_await throws();
        } catch (const std::runtime_error&) {
            sum += 10;
        }
    }
    co_return sum;
}

}  // namespace

int main() {
    const long sum = run_by_hand(all());
    std::printf("%ld awaits\n", sum);
    return sum == 10 * per_kind ? 0 : 1;
}
