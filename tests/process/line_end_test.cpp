// SPDX-License-Identifier: BSL-1.0
#include <coil/process/line_end.hpp>

#include <coil/process/line_handle.hpp>

#include <doctest/doctest.h>

#include <array>
#include <system_error>

using namespace coil::process;

TEST_CASE("descriptors that find no way through a line are an error, not lost") {
    constexpr line_handle::shape plain{line_handle::kind::queue, 1, false};
    const line_handle h = line_handle::make(plain, 2, 1, 0);
    const std::array<std::byte, 1> message{};
    const std::array<int, 1> numbers{0};
    CHECK_THROWS_AS(try_put(h.writes(), message, numbers), std::system_error);
    CHECK(h.reads().messages().empty());
    CHECK(try_put(h.writes(), message, {}));
    CHECK(h.reads().messages().size() == 1);
}

TEST_CASE("a line tells what it waits for") {
    constexpr line_handle::shape plain{line_handle::kind::channel, 1, false};
    const line_handle writes = line_handle::make(plain, 1, 1, 0);
    const line_handle reads = writes.other_end();
    getting g;
    std::array<std::byte, 1> room{};
    const getting::target to{[](void* c, std::size_t) -> std::span<std::byte> { return *static_cast<std::array<std::byte, 1>*>(c); },
                             nullptr, &room};
    CHECK(g.attempt(reads.reads(), to) == line_answer::waits);
    CHECK(g.word->load() == g.seen);
    const std::array<std::byte, 1> message{std::byte{5}};
    CHECK(try_put(writes.writes(), message, {}));
    CHECK(g.word->load() != g.seen);
    CHECK(g.attempt(reads.reads(), to) == line_answer::done);
    CHECK(room[0] == std::byte{5});
}
