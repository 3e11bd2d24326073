// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/intrusive_list.hpp>
#include <coil/runtime/ring/fallback_request.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace coil::ring {

// What waits for one number, and what epoll was told about it.
struct fallback_slot {
    intrusive_list<fallback_request> readers, writers, polls;  // the first two: one after another
    int fd = -1;
    std::uint32_t registration = 0;  // counted; comes back with each event
    std::uint32_t owner = 0;         // of the number when it was registered
    std::uint64_t inode = 0;         // of the file then, where nobody is known to own the number
    std::uint32_t interest = 0;      // EPOLL_; each is reported once per change
    bool registered = false;
    bool readable = false;  // something came that nobody has found exhausted
    bool writable = true;   // nobody has found it full
    bool ended = false;     // the peer has closed its side, or something else lies beside the bytes
    bool stream = false;    // a short receive has taken everything: no borders, no descriptors among the bytes

    bool idle() noexcept { return readers.empty() && writers.empty() && polls.empty(); }
};

// The numbers of one ring and its epoll descriptor. A registration stays while the number means the same file, which is
// known of numbers that a `descriptor` owns; of others it is asked each time.
class fallback_descriptors {
public:
    explicit fallback_descriptors(int epoll_fd) noexcept : epoll_fd_(epoll_fd) {}

    // Null if the number is beyond what a process has open.
    fallback_slot* find(int fd);
    // True if what the slot says is true of the number's present file.
    bool trusted(const fallback_slot& s) const noexcept;
    // Has the events told from here on, those that are there already too; 0 or an errno, EPERM for what never waits.
    // With `anew` they are told even if they were before: who waits has not found them gone.
    // What waits for a former file of the number is moved to `lost`.
    int watch(fallback_slot& s, std::uint32_t events, bool socket, bool anew,
              intrusive_list<fallback_request>& lost) noexcept;
    // Nobody waits: no event but errors is told until somebody does.
    void quiet(fallback_slot& s) noexcept;
    // The slot that an event is for; null if the number has changed hands since.
    fallback_slot* of_event(std::uint64_t data, intrusive_list<fallback_request>& lost) noexcept;

private:
    static constexpr std::size_t page_length = 256;
    using page = std::array<fallback_slot, page_length>;

    int control(int what, fallback_slot& s) noexcept;
    static void note_owner(fallback_slot& s) noexcept;
    static void forget(fallback_slot& s, intrusive_list<fallback_request>& lost) noexcept;

    const int epoll_fd_;
    std::vector<std::unique_ptr<page>> pages_;
};

}  // namespace coil::ring
