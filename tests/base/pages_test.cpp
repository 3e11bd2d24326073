// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/pages.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

namespace pages = coil::pages;

TEST_CASE("a block is aligned, empty and one's own") {
    std::vector<void*> all;
    for (int i = 0; i != 20; ++i) {
        void* const p = pages::map();
        REQUIRE(p != nullptr);
        CHECK(reinterpret_cast<std::uintptr_t>(p) % pages::block_bytes == 0);
        const auto* c = static_cast<const char*>(p);
        CHECK(c[0] == 0);
        CHECK(c[pages::block_bytes - 1] == 0);
        std::memset(p, i + 1, 4096);
        std::memset(static_cast<char*>(p) + pages::block_bytes - 4096, i + 1, 4096);
        all.push_back(p);
        if (i % 3 == 2) {  // holes, so that what comes next is not simply the next address
            pages::unmap(all[all.size() - 2]);
            all.erase(all.end() - 2);
        }
    }
    for (void* p : all) {
        const auto* c = static_cast<const char*>(p);
        CHECK(c[0] == c[pages::block_bytes - 1]);
        pages::unmap(p);
    }
}

TEST_CASE("what is forgotten reads as zeroes, and its neighbours stay") {
    auto* const p = static_cast<char*>(pages::map());
    REQUIRE(p != nullptr);
    std::memset(p, 7, pages::block_bytes);
    errno = 5;
    pages::forget(p + 0x10000, 0x10000);
    CHECK(errno == 5);
    CHECK(p[0xffff] == 7);
    CHECK(p[0x10000] == 0);
    CHECK(p[0x1ffff] == 0);
    CHECK(p[0x20000] == 7);
    p[0x10000] = 8;
    CHECK(p[0x10000] == 8);
    pages::unmap(p);
}

TEST_CASE("what is mapped above a guard is empty and one's own, with and without markers") {
    constexpr std::size_t bytes = 0x10000, guard = 0x4000;
    for (bool off : {false, true}) {
        const bool before = pages::without_guard_markers(off);
        std::vector<char*> all;
        for (int i = 0; i != 5; ++i) {
            errno = 5;
            auto* const p = static_cast<char*>(pages::map_guarded(bytes, guard));
            REQUIRE(p != nullptr);
            CHECK(errno == 5);
            CHECK(p[0] == 0);
            CHECK(p[bytes - 1] == 0);
            std::memset(p, i + 1, bytes);
            all.push_back(p);
        }
        for (char* p : all) {
            CHECK(p[0] == p[bytes - 1]);
            pages::unmap_guarded(p, bytes, guard);
        }
        pages::without_guard_markers(before);
    }
}

}  // namespace
