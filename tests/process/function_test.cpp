// SPDX-License-Identifier: BSL-1.0
#include <coil/process/function.hpp>

#include <coil/runtime/coro/task.hpp>

#include "same_name.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>

namespace process = coil::process;

namespace {
int plain(const std::string& text, int n) { return static_cast<int>(text.size()) + n; }
coil::task<std::string> coroutine(std::string_view v) { co_return std::string(v) + "."; }
long sum(std::span<const int> all) {
    long s = 0;
    for (const int x : all) s += x;
    return s;
}
template <class T>
T same(T x) noexcept {
    return x;
}

template <auto F, class R, class... A>
R call(const A&... arguments) {
    const auto* const f = process::function_entry::find(process::function<F>->key());
    REQUIRE(f == process::function<F>);
    process::encoder to, result;
    (process::encode(to, arguments), ...);
    process::decoder from(to.message());
    (*f)(from, result);
    process::decoder back(result.message());
    return process::decode<R>(back);
}
}  // namespace

static int static_in_two_files(int x) { return x + 1; }

TEST_CASE("function: is found by its key and called with what was written down") {
    CHECK(call<&plain, int>(std::string("four"), 3) == 7);
    CHECK(call<&coroutine, std::string>(std::string("end")) == "end.");
    CHECK(call<&sum, long>(std::vector<int>{1, 2, 3}) == 6);
    CHECK(call<&same<int>, int>(5) == 5);
    CHECK(call<&same<long>, long>(6L) == 6);
    CHECK(call<[](int x) { return 10 * x; }, int>(4) == 40);
    CHECK(process::function<&plain>->name().find("plain") != std::string_view::npos);
}

TEST_CASE("function: static functions of two files with one name are two; what nobody has is not found") {
    CHECK(call<&static_in_two_files, int>(1) == 2);
    CHECK(process::function<&static_in_two_files>->key() != key_of_the_other_file());
    CHECK(process::function_entry::find(key_of_the_other_file()) != process::function<&static_in_two_files>);
    CHECK(process::function_entry::find({.name_hash = 1, .offset = 2}) == nullptr);
}
