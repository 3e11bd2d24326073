// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/debug/stint.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace coil {
class task_record;
}

namespace coil::debug {

// What is known of one thread that runs tasks while somebody looks on: what it is doing, and what it has done and is not
// yet in the trace. Made when the thread first runs something; that of a thread that has ended is another's later.
class observed_thread {
public:
    // That of the calling thread; null if there is no memory for it.
    static observed_thread* mine() noexcept;
    // Each that there has ever been; those whose thread has ended do nothing. Threads: any.
    static std::vector<observed_thread*> all();

    // ---- what it is doing: written by the thread, read by any
    // A task goes on; `tick` is not 0.
    void begins(std::uint64_t tick, std::uint64_t task, std::string_view name, const place& spawned,
                const place& from) noexcept;
    void ends() noexcept { begun_.store(0, std::memory_order_release); }
    struct activity {
        std::uint64_t tick = 0;  // 0: nothing
        std::uint64_t task = 0;
        std::string name;
        place spawned;
        place from;
    };
    // Nothing if it was changing at this moment: then the thread does not hang.
    activity doing() const;
    std::uint64_t told = 0;  // the tick of the last activity that was reported; of the watch thread alone

    // ---- what it has done
    // Puts a slice into the trace; in pieces of some size the thread itself writes it to the file.
    void record(stint& s) noexcept;
    // Writes what there is to the file. Threads: any.
    void flush() noexcept;
    std::string name() const;

    // ---- of its thread alone
    bool in_call = false;
    bool saw_resumption = false;       // inside of the present call
    task_record* call_for = nullptr;   // whose the present call is, kept by a reference
    place call_from;

private:
    friend struct thread_exit;
    observed_thread() = default;
    static observed_thread* make() noexcept;
    void belongs_to_this_thread();
    void make_room();
    void write_out() noexcept;

    // begun_: when it was resumed; 0: it is not, or what follows is being changed. Released last, and read before and
    // after: what lies between two equal ones belongs to it.
    std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> task_{0};
    std::atomic<place> spawned_{place()};
    std::atomic<place> from_{place()};
    static constexpr std::size_t name_words = 4;
    std::array<std::atomic<std::uint64_t>, name_words> name_{};  // the beginning, padded with zeros

    mutable std::mutex lock_;  // guards the rest
    std::string thread_name_;
    int number_ = 0;
    unsigned named_in_ = 0;  // the number of the trace that has the thread's name
    std::string events_;
    time_point last_over_;  // the clock's noise is less than a slice, but a slice must not overlap another
};

}  // namespace coil::debug
