// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/fallback_request.hpp>
#include <coil/runtime/ring/fallback_threads.hpp>

#include <cstdint>

namespace coil::ring {

// Waits for a futex in a thread, for a ring of a kernel (before 6.7) that cannot: its end makes a descriptor readable.
// Threads: the ring's owner. Lifetime: not to be destroyed between `start` and `finish`.
class futex_by_thread final : fallback_work_done {
public:
    // Errors: `std::system_error` if there is no descriptor.
    futex_by_thread();
    futex_by_thread(const futex_by_thread&) = delete;
    futex_by_thread& operator=(const futex_by_thread&) = delete;
    ~futex_by_thread();

    // False if no thread can be had.
    bool start(const std::uint32_t* word, std::uint32_t value) noexcept;
    // Ends the wait if it has not ended: interrupts its thread. Does nothing if nothing was started.
    void finish() noexcept;
    int descriptor() const noexcept { return told_; }
    // Where the entry that reads the descriptor puts its eight bytes.
    std::uint64_t& count() noexcept { return count_; }

private:
    void tell() noexcept override;

    int told_ = -1;
    bool started_ = false;
    std::uint64_t count_ = 0;
    fallback_request request_;
};

}  // namespace coil::ring
