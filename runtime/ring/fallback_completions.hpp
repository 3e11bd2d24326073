// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/ring.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace coil::ring {

// The completion queue of a side that runs on its owner's thread; what finds no room waits here.
class fallback_completions {
public:
    explicit fallback_completions(unsigned entries);

    void post(std::uint64_t user_data, std::int32_t res, std::uint32_t flags = 0);
    // Moves in what waits, as far as there is room.
    void flush() noexcept;

    std::vector<io_uring_cqe> memory;
    unsigned head = 0;
    unsigned tail = 0;

private:
    bool room() const noexcept { return tail - head != memory.size(); }
    void put(std::uint64_t user_data, std::int32_t res, std::uint32_t flags) noexcept;

    std::vector<completion> waiting_;
    std::size_t next_ = 0;
};

}  // namespace coil::ring
