// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/child_ends.hpp>
#include <coil/process/child_settings.hpp>
#include <coil/process/plan.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <array>
#include <vector>

namespace coil::process {

/// Makes what a child's three standard streams are to be, and keeps it until the child has it.
class streams {
public:
    /// Errors: `std::system_error`; `std::invalid_argument` for streams that refer to each other in a circle.
    static task<streams> make(const plan& p);

    /// What the child gets, the further descriptors of the plan included.
    std::vector<descriptor_move> moves(const plan& p) const;
    /// The child's number of the terminal that is to control its session, or -1.
    int terminal() const noexcept { return terminal_; }
    /// This process's end of stream 0, 1 or 2; empty if it has none.
    ring::descriptor take(int number) noexcept { return std::move(ours_[static_cast<std::size_t>(number)]); }

private:
    task<> open(int number, const planned_stream& s);
    void use_terminal(int number);
    std::array<int, 3> numbers_{null_device, null_device, null_device};
    std::array<ring::descriptor, 3> ours_, childs_;
    std::array<fs::file, 3> files_;
    ring::descriptor terminals_end_;
    int terminal_ = -1;
};

}  // namespace coil::process
