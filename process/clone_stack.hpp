// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>

namespace coil::process {

/// Is the stack of a child until it has its program. A few are kept, because a mapping costs the whole process a pause.
/// Threads: distinct objects. Lifetime: it is destroyed when the child is no more on it, and not before.
class clone_stack {
public:
    static constexpr std::size_t size = 64 << 10;

    clone_stack() noexcept = default;
    clone_stack(const clone_stack&) = delete;
    clone_stack& operator=(const clone_stack&) = delete;
    ~clone_stack();

    /// False if there is no memory.
    bool allocate() noexcept;
    void* bottom() const noexcept { return memory_; }
    void* top() const noexcept { return static_cast<char*>(memory_) + size; }

private:
    void* memory_ = nullptr;
};

}  // namespace coil::process
