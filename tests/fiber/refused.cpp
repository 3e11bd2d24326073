// SPDX-License-Identifier: BSL-1.0
// What must not compile, and what the compiler has to say then; tests/coro/refused.py compiles this file once for each
// CASE, and case 0 must compile.
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/fiber/await.hpp>
#include <coil/runtime/fiber/fiber.hpp>

#include <string>
#include <utility>

namespace {

coil::task<int> seven() {
    co_return 7;
}

[[maybe_unused]] coil::task<int> body() {
    const std::string text = "owned";
    coil::task<int> named = seven();
#if CASE == 0
    auto f = [text] { return coil::await(seven()) + static_cast<int>(text.size()); };
    co_await coil::fiber(f);
    co_await coil::fiber(coil::own(f));
    co_await coil::fiber([&text, &named] { return coil::await(std::move(named)) + static_cast<int>(text.size()); });
#elif CASE == 1  // g++ 12 only: "Give it a name first"
    co_await coil::fiber([text] { (void)text; });
#elif CASE == 2  // "await inside it with coil::await"
    co_await coil::fiber([] { return seven(); });
#elif CASE == 3  // "does nothing until it is awaited"
    coil::fiber([] {});
#elif CASE == 4  // "a task is awaited once"
    co_await coil::fiber([&named] { return coil::await(named); });
#elif CASE == 5  // "constraints not satisfied|no matching function"
    co_await coil::fiber([&text] { coil::await(text); });
#elif CASE == 6  // "aligned to 16 bytes at most"
    struct alignas(64) wide {
        int i;
    } w{0};
    auto f = [w] { return w.i; };
    co_await coil::fiber(coil::own(f));
#endif
    co_return 0;
}

}  // namespace
