// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/task_record.hpp>

#include <cstddef>
#include <memory_resource>
#include <vector>

namespace coil::debug {

/// Holds the tasks of the process that live at one moment: their records do not go while it does, though tasks may end.
/// Errors: `std::bad_alloc`. Cost: a few tasks lie in the object itself.
class task_census {
public:
    /// Of more than `most` it holds none.
    explicit task_census(std::size_t most = ~std::size_t{0},
                         std::pmr::memory_resource& memory = *std::pmr::get_default_resource());
    ~task_census();
    task_census(const task_census&) = delete;
    task_census& operator=(const task_census&) = delete;

    struct member {
        task_record* task;
        const task_owner* run;  // that it belongs to; to be compared alone
    };
    const std::pmr::vector<member>& tasks() const noexcept { return tasks_; }
    /// True if this thread may look at the task's suspensions: they are at home here, or under a lock.
    static bool in_reach(task_record& r) noexcept {
        return r.shared() || r.root_branch.home_seen_from_elsewhere().here();
    }

private:
    std::size_t most_;
    static constexpr std::size_t few = 64;
    alignas(member) std::byte room_[few * sizeof(member)];
    std::pmr::monotonic_buffer_resource memory_;
    std::pmr::vector<member> tasks_{&memory_};
    bool too_many_ = false;
    bool out_of_memory_ = false;
};

}  // namespace coil::debug
