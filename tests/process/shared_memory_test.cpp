// SPDX-License-Identifier: BSL-1.0
#include <coil/process/shared_memory.hpp>

#include "other_process.hpp"
#include "told.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <system_error>

using namespace process_test;
namespace process = coil::process;

TEST_CASE(CHILD("writes into shared memory and may not write into what is for reading")) {
    given objects;
    auto both = objects.take<process::shared_memory>();
    auto one = objects.take<process::shared_memory>();
    CHECK(both.size() == 100);
    CHECK(both.bytes()[1] == std::byte{7});
    both.bytes()[99] = std::byte{8};
    CHECK(one.view()[0] == std::byte{9});
    CHECK(!one.writable());
    CHECK_THROWS_AS(one.bytes(), std::system_error);
}

TEST_CASE("shared memory is the same memory in another process, for both or for reading") {
    process::shared_memory both{100};
    process::shared_memory one{10, {.name = "one way", .others_write = false}};
    CHECK(both.bytes()[50] == std::byte{0});
    both.bytes()[1] = std::byte{7};
    one.bytes()[0] = std::byte{9};
    other_process other("writes into shared memory and may not write into what is for reading",
                        message_of(both, one));
    CHECK(other.wait() == 0);
    CHECK(both.bytes()[99] == std::byte{8});
}

TEST_CASE("shared memory of a wrong size is refused, and so is what the machine has not") {
    CHECK_THROWS_AS(process::shared_memory{0}, std::invalid_argument);
    CHECK_THROWS_AS(process::shared_memory{-5}, std::invalid_argument);
    CHECK(told_by([] { process::shared_memory none{0}; }).find(at_line(__LINE__)) != std::string::npos);
    try {
        process::shared_memory m{std::uint64_t{1} << 60};
        FAIL("there is not that much");
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::not_enough_memory);
    }
}

TEST_CASE("shared memory moves, and leaves nothing behind") {
    process::shared_memory a{10};
    a.bytes()[3] = std::byte{4};
    process::shared_memory b = std::move(a);
    CHECK(b.bytes()[3] == std::byte{4});
    process::shared_memory c{20};
    c = std::move(b);
    CHECK(c.size() == 10);
    CHECK(c.view()[3] == std::byte{4});
}
