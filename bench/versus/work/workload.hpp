// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace versus {

enum class computing;

/// One kind of work, cut into items that do not depend on each other. A mode decides when and where each item runs.
/// Threads: after prepare(), items may be run at the same time.
class workload {
public:
    workload() = default;
    workload(const workload&) = delete;
    workload& operator=(const workload&) = delete;
    virtual ~workload() = default;

    [[nodiscard]] virtual std::size_t items() const = 0;

    /// What must be so before the clock starts. Returns what is worth telling about it, often nothing.
    virtual std::string prepare() { return {}; }

    /// Does one item from begin to end with ordinary, blocking calls.
    /// Returns a number that depends on the whole result of the item: equal in every mode, or something is broken.
    /// Errors: an exception whose text names the file or the address.
    [[nodiscard]] virtual std::uint64_t run(std::size_t item) const = 0;

    /// Does the same item as a coroutine of coil: what waits is awaited, what computes is done `where` it is told.
    /// By default all of it computes. Errors: as run(). Lifetime: the work outlives the task.
    [[nodiscard]] virtual coil::task<std::uint64_t> run_awaited(std::size_t item, computing where) const;
};

}  // namespace versus
