// SPDX-License-Identifier: BSL-1.0
#include <coil/process/manager_connection.hpp>

#include <coil/runtime/io/unix_stream.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <utility>

namespace process = coil::process;

TEST_CASE("manager_connection: with nobody at the other end it says so") {
    auto [ours, theirs] = coil::net::unix_stream::pair();
    {
        const auto gone = std::move(theirs);
    }
    CHECK_THROWS_AS(process::manager_connection::make(ours.native_handle(), {}), process::manager_died);
}

TEST_CASE("manager_connection: an end in the middle of an answer is the manager's death") {
    auto [ours, theirs] = coil::net::unix_stream::pair();
    auto made = process::manager_connection::make(ours.native_handle(), {});
    coil::run([](process::manager_connection& c, coil::net::unix_stream s) -> coil::task<> {
        std::byte mark{};
        auto got = co_await s.receive_descriptors(std::span(&mark, 1));
        REQUIRE(got.descriptors.size() == 1);
        {
            coil::net::unix_stream line(std::move(got.descriptors.front()));
            const char part[] = {9, 0, 0, 0, 1};
            co_await line.write(std::as_bytes(std::span(part)));
        }
        bool died = false;
        try {
            co_await c.open();
        } catch (const process::manager_died&) {
            died = true;
        }
        CHECK(died);
    }(made, std::move(theirs)));
}
