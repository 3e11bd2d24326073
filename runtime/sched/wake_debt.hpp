// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>

namespace coil {

class loop;

/// Is the waking of a dozing loop that a thread has put off, because it may have more for that loop at once.
/// Threads: each has its own, `this_thread_owes`; only `cancel` looks at those of others.
class wake_debt {
public:
    constexpr wake_debt() noexcept = default;
    wake_debt(const wake_debt&) = delete;
    wake_debt& operator=(const wake_debt&) = delete;

    /// Allows this thread to put wakings off: it will `settle` once it has nothing more to run.
    void allow() noexcept;
    /// Settles, and allows no more.
    void forbid() noexcept;

    bool allowed() const noexcept { return allowed_; }
    bool owes() const noexcept { return to_.load(std::memory_order_relaxed) != none; }

    /// Before something is posted to a loop: true if this thread owes that loop something from now on, which it did not
    /// before, and `drop` takes back. What it owed another loop is settled.
    bool begin(loop& l) noexcept {
        if (!allowed_ || to_.load(std::memory_order_relaxed) == word_of(l)) return false;
        settle();
        to_.store(word_of(l), std::memory_order_release);
        return true;
    }
    /// There is nothing to be put off. The loop may be gone.
    void drop() noexcept { to_.store(none, std::memory_order_release); }
    /// Wakes the loop, if that is still needed.
    void settle() noexcept {
        if (owes()) [[unlikely]]
            pay();
    }

    /// Relieves all threads of waking a loop, which may go afterwards. Threads: the loop's own.
    static void cancel(loop& l) noexcept;

private:
    void pay() noexcept;
    static void forked() noexcept;

    // to_: none | the address of the loop that this thread owes | that and `paying`, while it wakes that loop: `cancel`
    //      waits for it
    using word = std::uintptr_t;
    static constexpr word none = 0, paying = 1;
    static word word_of(const loop& l) noexcept { return reinterpret_cast<word>(&l); }

    std::atomic<word> to_{none};
    bool allowed_ = false;
    wake_debt* next_ = nullptr;  // in the list of all that are allowed
};

inline constinit thread_local wake_debt this_thread_owes;

}  // namespace coil
