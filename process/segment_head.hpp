// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/segment.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace coil::process {

// How the memory of a segment begins. It starts as zeroes, and every word is right as zero.

struct segment_word {
    alignas(64) futex::word value{0};
};

// One member. All but `turn` is read without the lock of the census.
struct alignas(64) segment_member {
    std::atomic<member_id> id{0};  // 0: the place is free. Stored last: pairs with loads that then read the rest
    std::atomic<std::uint32_t> pid{0};
    std::atomic<std::uint32_t> space{0};
    std::uint32_t turn = 0;  // how often the place was given
    std::atomic<std::uint64_t> started{0};
    std::array<std::atomic<std::uint32_t>, 5> counts{};  // by segment::role; written by the member itself
};
static_assert(sizeof(segment_member) == 64);

struct segment_head {
    std::uint64_t magic;
    // who made it: its name
    std::uint64_t name_of_start;
    std::uint64_t name_of_count;
    std::uint32_t name_of_pid;
    std::uint32_t kind;
    std::uint64_t bytes;
    std::uint32_t detail;
    std::uint32_t locks;
    std::uint32_t bells;
    std::uint32_t space;  // in which numbers of processes are meant
    alignas(64) futex::word census;       // guards who is a member
    std::atomic<std::uint32_t> version;   // counts the changes of that
    std::atomic<std::uint32_t> deaths;
    std::atomic<std::uint32_t> deserted;  // 1: one is left, the last other one died, and none is on the way
    std::atomic<std::uint32_t> top;       // places from here on were never given
    std::array<segment_word, segment::most_words> words;
    std::array<segment_member, segment::most_members> members;
};

// Page-aligned, so that what is large can be.
inline constexpr std::size_t payload_offset = 20'480;

}  // namespace coil::process
