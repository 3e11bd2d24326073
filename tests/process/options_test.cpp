// SPDX-License-Identifier: BSL-1.0
#include <coil/process/options.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <type_traits>

using namespace coil::process;
using namespace std::chrono_literals;

// g++ 12 would destroy anything more twice inside a co_await expression.
static_assert(std::is_trivially_destructible_v<spawn_options>);
static_assert(std::is_trivially_destructible_v<run_options>);

TEST_CASE("options: times of any kind, and none") {
    CHECK_FALSE(run_options{}.timeout.given());
    CHECK(run_options{.timeout = 0s}.timeout.given());
    CHECK(run_options{.timeout = 2s}.timeout.length() == 2s);
    CHECK(run_options{.timeout = 0.5s}.timeout.length() == 500ms);
    CHECK(run_options{.timeout = std::chrono::hours::max()}.timeout.length() == coil::nanoseconds::max());
}

TEST_CASE("options: an input that is empty is given all the same") {
    const std::string nothing;
    CHECK(run_options{}.input.data() == nullptr);
    CHECK(run_options{.input = nothing}.input.data() != nullptr);
    CHECK(run_options{.input = ""}.input.data() != nullptr);
    CHECK(run_options{.input = "text"}.input.size() == 4);
}

TEST_CASE("options: paths of all kinds") {
    const std::string text = "/a";
    const std::filesystem::path path = "/b";
    CHECK(run_options{.cwd = text}.cwd.view() == "/a");
    CHECK(run_options{.cwd = path}.cwd.view() == "/b");
    CHECK(spawn_options{.cwd = "/c"}.cwd.view() == "/c");
}

TEST_CASE("options: user and group may be number 0") {
    CHECK_FALSE(spawn_options{}.user.given());
    CHECK(spawn_options{.user = 0}.user.given());
    CHECK(spawn_options{.process_group = join_group(7)}.process_group.group() == 7);
}
