// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/batch.hpp>
#include <coil/process/pool_options.hpp>
#include <coil/process/worker_channel.hpp>
#include <coil/process/worker_source.hpp>
#include <coil/runtime/base/intrusive_list.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/fd_stream.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace coil::process {

/// Is a pool's inside. There is no thread of its own: of those who wait for results one leads. It reads what the workers
/// have written, for everybody, hands out work, also for everybody, and sleeps when there is neither; when its own calls
/// have ended it passes the lead on. Batches, results and workers' rings are the leader's alone; what others touch too is
/// guarded by the lock.
class pool_core : public std::enable_shared_from_this<pool_core> {
public:
    pool_core(std::size_t workers, const pool_options& options);
    ~pool_core();

    /// Starts the workers.
    void open();
    std::size_t size() const noexcept { return size_; }
    const std::string& name() const noexcept { return name_; }
    std::vector<int> pids();

    /// Takes a batch in; `leave` before it dies. Errors: what has broken the pool; `std::logic_error` after a close.
    /// False if the pool is closed. Errors: what broke it.
    bool enlist(batch& b);
    /// Throws `std::logic_error`: it is closed.
    [[noreturn]] void refuse(place where) const;
    void leave(batch& b) noexcept;
    /// Waits until all calls have ended or there is news, leading if nobody does.
    task<> attend(batch& b);
    /// Attends; and if stopped meanwhile, sees that no worker is at it any more and throws `cancelled`.
    task<> carry(batch& b);
    /// Gives up what has not ended. `hard`: a worker that is still at it after the grace is ended.
    void retract(batch& b, bool hard) noexcept;
    /// The owner has gone; the pool keeps the batch until no worker is at it.
    void adopt(std::shared_ptr<batch> b) noexcept;

    task<> close();
    void shut_down() noexcept;

private:
    struct unit {
        batch* owner;  // null: taken back; the worker passes it over
        std::size_t first;
        std::uint32_t count;
        std::uint32_t done;
        std::uint8_t slot;
        bool told;  // that the owner wants no more of it
    };
    struct seat {
        explicit seat(std::string n);
        std::string name;
        const std::shared_ptr<const shared_mapping> memory;
        channel_words& words;
        message_writer requests;
        message_reader replies;
        std::shared_ptr<hired_worker> worker;
        std::deque<unit> units;     // in the worker's hands, in order
        std::size_t depth = 2;      // how many it is to have
        std::uint64_t sent = 0;     // calls
        std::uint32_t completed = 0;
        std::uint8_t next_slot = 0;
        bool ready = false;
        bool retiring = false;      // it gets no more
        bool told_to_finish = false;
        bool killed = false;
        bool buried = false;        // dead, and nothing of it is looked at any more
        bool given = false;         // something, in this round
        std::atomic<bool> dead{false};
        std::atomic<int> start_error{0};
        child_end end;              // written before `dead`
        bool takes_work() const noexcept { return !retiring && !killed && !dead.load(std::memory_order_acquire); }
    };
    using seat_ptr = std::shared_ptr<seat>;

    // pool_core.cpp: who waits, who leads
    bool is_satisfied(batch& b) noexcept;  // under the lock
    task<> lead(batch& b);
    task<> sleep();
    bool anything() noexcept;
    void step_down() noexcept;
    void poke() noexcept;
    bool begin_finish() noexcept;
    task<> see_off();
    bool serve_out(seat& s);
    void settle(batch& b, std::size_t calls) noexcept;
    void give_up_the_rest(batch& b) noexcept;  // under the lock
    void break_down(std::exception_ptr e) noexcept;
    // pool_round.cpp: what the leader does
    bool step();
    bool drain(seat& s);
    void take(seat& s, const message& m);
    std::size_t take_results(seat& s, unit& u, std::span<const std::byte> payload, std::uint32_t count,
                             std::vector<ring::descriptor> passed);
    void fail_call(batch& b, std::size_t index, std::exception_ptr e) noexcept;
    bool enforce_stops();
    bool hand_out();
    bool give(seat& s);
    bool cut(const seat& s, unit& u);
    void put_back(batch& b, std::size_t first, std::size_t count);
    bool reclaim();
    void finish(seat& s);
    void wake(seat& s) noexcept;
    // pool_workers.cpp: births and deaths
    seat_ptr make_seat();
    void bury(seat& s);
    bool replace_dead();
    void fail_everything() noexcept;
    std::exception_ptr death_of(const seat& s, const batch& b) const;

    const std::size_t size_;
    const std::string name_;
    const function_entry* const initialiser_;
    const std::uint64_t most_calls_;  // of one worker; 0: any number
    const nanoseconds grace_;
    const bool spins_;
    const worker_source& source_;
    fd_stream bell_;
    const int bell_number_;

    // The leader's.
    std::vector<seat_ptr> seats_;  // changed under the lock too
    encoder unit_message_;
    unsigned failed_starts_ = 0;
    std::uint64_t births_ = 0;
    nanoseconds patience_{20'000};
    time_point next_kill_ = never;

    std::atomic<bool> poked_{false};           // somebody has something for the leader
    std::atomic<std::uint32_t> asleep_{0};     // the leader waits for the bell, or is about to
    std::atomic<std::uint32_t> stops_{0};      // batches that were stopped and not yet settled

    spin_lock lock_;  // guards all below
    bool leader_ = false;
    bool closing_ = false;
    bool over_ = false;
    std::exception_ptr broken_;
    intrusive_list<batch> waiting_;  // have calls to hand out
    std::vector<batch*> live_;
    std::vector<std::shared_ptr<batch>> orphans_;
    std::size_t processes_ = 0;      // that have not ended
    std::optional<resolver<void>> idle_waiter_, gone_waiter_;
};

}  // namespace coil::process
