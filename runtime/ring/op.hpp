// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <linux/io_uring.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace coil {

namespace ring {

/// Is one entry of any opcode, filled by the caller.
class entry_operation : public operation {
protected:
    explicit entry_operation(place where) noexcept : operation(table, -1, where) {}
    /// Refuses what would keep a completion from coming, or tie the entry to a stranger's.
    static void check(const io_uring_sqe& e, place where) {
        if ((e.flags & (IOSQE_IO_LINK | IOSQE_IO_HARDLINK | IOSQE_CQE_SKIP_SUCCESS)) != 0) [[unlikely]]
            refuse_entry(where);
    }
    std::byte* bytes() noexcept { return bytes_.data(); }

private:
    [[noreturn]] static void refuse_entry(place where);
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static const operation_table table;
    alignas(io_uring_sqe) std::array<std::byte, sizeof(io_uring_sqe)> bytes_{};
};

template <class F>
class filled_entry_operation : public entry_operation {
public:
    filled_entry_operation(F&& f, place where) : entry_operation(where), fill_(std::forward<F>(f)), where_(where) {}

    bool await_ready() {
        if (refused()) return true;  // there is nothing to try
        auto& e = *reinterpret_cast<io_uring_sqe*>(bytes());
        std::invoke(fill_, e);
        check(e, where_);
        return false;
    }

private:
    F fill_;
    place where_;
};

}  // namespace ring

/// Submits one entry of any opcode: f gets it zeroed and fills it. Its user_data is coil's.
/// Completes: with the completion's `res`; a negative errno is a value. An entry that is answered several times ends
/// with the last answer, a zero-copy send with the number of bytes once the buffer is free.
/// Errors: what f throws; `std::invalid_argument` for a linked entry and for one that asks to be answered silently.
/// Cancel: asked of the ring; `cancelled` is thrown if it could, else the result is returned.
/// Lifetime: what the entry points to lives until it is awaited.
/// Source: io_uring_enter(2) has the opcodes and their fields, <liburing.h> a function for each.
template <std::invocable<io_uring_sqe&> F>
[[nodiscard]] auto ring_op(F&& f, place where = place::current()) {
    COIL_REFUSE_OWNING_CLOSURE(F);
    return ring::filled_entry_operation<F>(std::forward<F>(f), where);
}

}  // namespace coil
