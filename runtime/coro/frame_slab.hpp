// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>

namespace coil::frames {

// Frames of one class that a thread may use from now on: a list of dead ones, or a run of fresh memory.
struct supply {
    void* list = nullptr;  // linked through the first word of each
    std::size_t count = 0;
    std::byte* run = nullptr;
    std::byte* run_end = nullptr;
};

// Never both, never neither. Throws std::bad_alloc. Threads: any, as all of these.
supply obtain(std::size_t index);

// Takes frames back, linked through the first word of each, whatever thread they were given to.
void give(std::size_t index, void* first) noexcept;

// Takes back the rest of a run.
void give_run(std::size_t index, std::byte* run, std::byte* run_end) noexcept;

}  // namespace coil::frames
