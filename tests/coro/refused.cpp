// SPDX-License-Identifier: BSL-1.0
// What must not compile, and what the compiler has to say then. refused.py compiles this file once for each CASE; case 0
// is what is right and must compile.
#include <coil/runtime/coro/async_generator.hpp>
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/coro/generator.hpp>
#include <coil/runtime/coro/task.hpp>

#include <coroutine>
#include <string>
#include <utility>

namespace {

coil::task<int> seven() {
    co_return 7;
}

template <class F>
coil::task<> takes(F&& f) {
    COIL_REFUSE_OWNING_CLOSURE(F);
    f();
    co_return;
}

[[maybe_unused]] coil::task<int> body() {
    coil::task<int> named = seven();
    const std::string text = "owned";
#if CASE == 0
    auto f = [text] { (void)text; };
    co_await takes(f);
    co_await takes(coil::own(f));
    co_await takes([&text] { (void)text; });
    (void)co_await seven();
    co_return co_await std::move(named);
#elif CASE == 1  // "a task is awaited once"
    co_return co_await named;
#elif CASE == 2  // "this cannot be awaited"
    co_await text;
#elif CASE == 3  // g++ 12 only: "Give it a name first"
    co_await takes([text] { (void)text; });
#elif CASE == 4  // "a task does nothing until it is awaited"
    seven();
#elif CASE == 5  // "nodiscard|ignoring return value"
    coil::own([] {});
#endif
    co_return 0;
}

#if CASE == 6  // "use of deleted function|call to deleted"
coil::generator<int> cannot_await() {
    co_await std::suspend_never();
}
#elif CASE == 7  // "may be aligned to 16 bytes at most"
struct alignas(32) wide {};
coil::task<wide> too_wide() {
    co_return wide();
}
#elif CASE == 8  // "may be aligned to 16 bytes at most"
struct alignas(32) wide {};
coil::async_generator<wide> too_wide() {
    co_yield wide();
}
#endif

}  // namespace
