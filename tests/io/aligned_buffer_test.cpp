// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/aligned_buffer.hpp>

#include "loopback.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

using namespace io_test;
using coil::fs::aligned_buffer;
using coil::fs::mode;

TEST_CASE("aligned_buffer: whole blocks at the right place") {
    for (const std::size_t alignment : {1U, 512U, 4096U, 65536U})
        for (const std::size_t size : {1U, 4096U, 5000U}) {
            aligned_buffer b(size, alignment);
            CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % alignment == 0);
            CHECK(b.size() % alignment == 0);
            CHECK(b.size() >= size);
            CHECK(std::all_of(b.begin(), b.end(), [](std::byte x) { return x == std::byte{0}; }));
        }
    CHECK(aligned_buffer().size() == 0);
    CHECK(aligned_buffer(0).data() == nullptr);
    CHECK_THROWS_AS(aligned_buffer(1, 3), std::invalid_argument);
    CHECK_THROWS_AS(aligned_buffer(1, 0), std::invalid_argument);
    CHECK_THROWS_AS(aligned_buffer(~std::size_t{0}), std::bad_alloc);
    aligned_buffer a(10), moved(std::move(a));
    CHECK(moved.size() == 4096);
}

TEST_CASE("aligned_buffer: direct I/O takes it") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        auto opened = co_await coil::as_result(coil::fs::open(folder / "f", mode::read_write | mode::direct));
        if (!opened.has_value()) co_return;  // this file system has none
        coil::fs::file f = std::move(*opened);
        aligned_buffer out(8192), in(8192);
        std::fill(out.begin(), out.end(), std::byte{7});
        CHECK(co_await f.write_at(out, 0) == 8192);
        CHECK(co_await f.read_at(in, 0) == 8192);
        CHECK(std::equal(in.begin(), in.end(), out.begin(), out.end()));
    }());
}
