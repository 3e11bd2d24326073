// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/segment.hpp>

#include <cstdint>
#include <mutex>
#include <vector>

namespace coil::process {

// All segments of this process, and whose end it watches. The lock is taken before a census, never inside one.
// Lifetime: never destroyed.
class segment_registry {
public:
    static segment_registry& of_process();

    std::uint64_t next_number();
    // A new object: this process becomes its first member.
    void add(segment& s);
    // The one that is known here already, kept once more, or this one, which then becomes a member.
    segment* find_or_add(segment& s);
    void drop(segment& s) noexcept;
    // A handle leaves for another process; `reading` ends when it has arrived or is lost.
    void departs(segment& s, segment::roles has, ring::descriptor reading);
    // Sees to it that the end of a process is noticed. One that cannot be watched is asked for when somebody waits for it.
    void watch(const ring::process_identity& who) noexcept;

private:
    static void process_ended(void* self, std::uint64_t key) noexcept;
    static void arrived(void* s, std::uint64_t roles) noexcept;
    void enter(segment& s);

    std::recursive_mutex lock_;
    std::vector<segment*> segments_;
    std::uint64_t numbers_ = 0;
    std::mutex watch_lock_;  // guards the next
    struct watched {
        ring::process_identity who;
        std::uint64_t key;
    };
    std::vector<watched> watched_;
    std::uint64_t keys_ = 0;
};

}  // namespace coil::process
