// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/debug/task_row.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace coil {

/// Is thrown by `run` when tasks wait that nothing can wake any more: locks are held in a circle, or nothing is in flight
/// and no thread but coil's own is left. `what()` is the report, with the lines. The run has been stopped, and its tasks
/// have been unwound.
class deadlock : public std::runtime_error {
public:
    using row = task_row;

    deadlock(const std::string& report, std::vector<row> rows)
        : std::runtime_error(report), rows_(std::make_shared<const std::vector<row>>(std::move(rows))) {}

    /// The tasks that wait: those of the circle, in its order; else all.
    const std::vector<row>& tasks() const noexcept { return *rows_; }

private:
    std::shared_ptr<const std::vector<row>> rows_;  // an exception is copied without throwing
};

}  // namespace coil
