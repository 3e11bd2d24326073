// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/suppressed.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/log.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace {
std::string last_line;
int hooked = 0;
}  // namespace

TEST_CASE("a suppressed error goes to the hook once; cancelled is none") {
    auto before = coil::set_suppressed_hook([](std::exception_ptr e, std::string_view task, std::uint64_t id) noexcept {
        hooked += e && task.empty() && id == 0;
    });
    coil::suppress(std::make_exception_ptr(std::runtime_error("x")), nullptr);
    CHECK(hooked == 1);
    coil::suppress(std::make_exception_ptr(coil::cancelled()), nullptr);
    coil::suppress(nullptr, nullptr);
    CHECK(hooked == 1);
    coil::set_suppressed_hook(before);
}

TEST_CASE("without a hook it is a line of the log with its text") {
    auto hook = coil::set_log_hook([](std::string_view line) noexcept { last_line = line; });
    coil::suppress(std::make_exception_ptr(std::runtime_error("the text")), nullptr);
    CHECK(last_line.find("the text") != std::string::npos);
    coil::suppress(std::make_exception_ptr(42), nullptr);
    CHECK(last_line.find("no std::exception") != std::string::npos);
    coil::set_log_hook(hook);
}
