// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/futex.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <cstdint>

namespace coil::ring {

class futex_by_thread;

/// Waits while a word that processes share has a value: 0, also if it had another one to begin with. Look at the word then,
/// and come again: a wait may end for nothing, as that of a thread may.
/// Cancel: as every operation. A wake-up that has been spent on it is reported as its end, not as a stop.
/// Lifetime: the word outlives the wait. Cost: one entry. With a kernel before 6.7 and on the fallback side a thread sleeps.
/// Source: IORING_OP_FUTEX_WAIT.
class futex_operation : public operation {
public:
    futex_operation(const futex::word& word, std::uint32_t value, place where = place::current()) noexcept
        : futex_operation(table, where) {
        watch(word, value);
    }
    futex_operation(futex_operation&& other) noexcept;
    ~futex_operation() {
        if (thread_ != nullptr) [[unlikely]]
            drop_thread();
    }

    int await_resume();

protected:
    /// For kinds that look for something themselves, and wait as long as that is not there.
    futex_operation(const operation_table& kind, place where) noexcept : operation(kind, -1, where) {}
    /// `look` is asked on the loop's thread after each wait, and at the beginning: true if the matter has ended; otherwise
    /// it has said by `watch` what is to be waited for. It may be asked on every thread that the branch visits.
    using look = bool (*)(futex_operation&) noexcept;
    template <look Look>
    static constexpr operation_table kind_of_futex(const char* name) {
        return kind(name, purpose::other, trial::never, &prepare, nullptr,
                    [](operation& o, int r) noexcept { return woken(o, r) && !Look(static_cast<futex_operation&>(o)); });
    }
    void watch(const futex::word& word, std::uint32_t value) noexcept {
        word_ = &word;
        value_ = value;
    }

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    // True if it is worth a look; false if the wait was cancelled, or cannot be.
    static bool woken(operation& o, int result) noexcept;
    bool prepare_by_thread(io_uring_sqe& e) noexcept;
    void drop_thread() noexcept;
    static const operation_table table;

    const futex::word* word_ = nullptr;
    std::uint32_t value_ = 0;
    futex_by_thread* thread_ = nullptr;  // owned; where the ring cannot
    long long pause_[2];  // of a wait that has neither
};

}  // namespace coil::ring
