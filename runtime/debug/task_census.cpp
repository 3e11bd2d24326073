// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/task_census.hpp>

#include <coil/runtime/async/task_group.hpp>

#include <algorithm>
#include <new>

namespace coil::debug {

task_census::task_census(std::size_t most, std::pmr::memory_resource& memory)
    : most_(most), memory_(room_, sizeof room_, &memory) {
    tasks_.reserve(few);
    task_group::each_of_all(
        [](task_record& r, task_group& of, void* to) {
            auto& self = *static_cast<task_census*>(to);
            if (self.too_many_ || self.out_of_memory_) return;
            if (self.tasks_.size() == self.most_) {
                self.too_many_ = true;
                return;
            }
            try {
                self.tasks_.push_back({&r, &of.run()});
            } catch (const std::bad_alloc&) {
                self.out_of_memory_ = true;
                return;
            }
            r.add_reference();
        },
        this);
    if (!too_many_ && !out_of_memory_) {
        std::sort(tasks_.begin(), tasks_.end(),
                  [](const member& a, const member& b) { return a.task->id() < b.task->id(); });
        return;
    }
    for (const member& m : tasks_)
        m.task->drop_reference();
    tasks_.clear();
    if (out_of_memory_) throw std::bad_alloc();
}

task_census::~task_census() {
    for (const member& m : tasks_)
        m.task->drop_reference();
}

}  // namespace coil::debug
