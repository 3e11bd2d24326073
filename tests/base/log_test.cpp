// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/log.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace {

std::vector<std::string> lines;
std::atomic<int> counted_lines{0};

void keep(std::string_view line) noexcept { lines.emplace_back(line); }
void count(std::string_view) noexcept { counted_lines.fetch_add(1); }

TEST_CASE("a hook gets each line as it is, and the hook before it comes back") {
    lines.clear();
    const coil::log_hook before = coil::set_log_hook(&keep);
    REQUIRE((before != nullptr));
    coil::log("one");
    coil::log(std::string_view("two and more").substr(0, 3));
    coil::log("");
    CHECK((coil::set_log_hook(before) == &keep));
    CHECK(lines == std::vector<std::string>{"one", "two", ""});
}

TEST_CASE("no hook means the default one") {
    const coil::log_hook standard = coil::set_log_hook(&keep);
    CHECK((coil::set_log_hook(nullptr) == &keep));
    CHECK((coil::set_log_hook(standard) == standard));
}

TEST_CASE("the hook may change while others log") {
    const coil::log_hook before = coil::set_log_hook(&count);
    std::thread other([] {
        for (int i = 0; i != 1000; ++i) coil::log("line");
    });
    for (int i = 0; i != 1000; ++i) coil::set_log_hook(&count);
    other.join();
    coil::set_log_hook(before);
    CHECK(counted_lines.load() == 1000);
}

}  // namespace
