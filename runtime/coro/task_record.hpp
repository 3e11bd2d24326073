// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/intrusive_list.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/coro/thread_state.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <iosfwd>
#include <stop_token>
#include <string>
#include <string_view>

namespace coil {

class promise_base;
class task_record;
class wait;

/// Is how a spawned task stands.
enum class task_state : std::uint8_t { created, ready, running, suspended, done, failed, cancelled };

std::string_view to_string(task_state s) noexcept;
std::ostream& operator<<(std::ostream& out, task_state s);

/// Is who waits for spawned tasks: a scope, or the run. It outlives them.
class task_owner {
public:
    /// The task failed; it has not been told to have ended, so the owner lives. Comes before whoever joins can take the
    /// error: he may be on another thread.
    virtual void failed(task_record& r, const std::exception_ptr& error) noexcept = 0;
    /// The task ended, at its home. Unlinks it. The record dies when its last reference does, so this is the owner's last
    /// look.
    virtual void ended(task_record& r) noexcept = 0;
    /// An error that waited in a handle was dropped with it. Called at most once per failed task, after `keep`.
    virtual void unclaimed(std::exception_ptr error, task_record& r) noexcept = 0;
    /// The task failed and a handle still lives, perhaps longer than the owner: returns whom to tell when that handle is
    /// dropped with the error in it. That one stays until `drop`.
    virtual task_owner& keep() noexcept = 0;
    virtual void drop() noexcept = 0;
    /// Whom `coil::spawn` gives a new task to: the run.
    virtual task_owner& run() noexcept = 0;
    /// Where the operations of its tasks go that run on no loop; `ring` knows what it is. Null: nowhere.
    virtual void* io_home() noexcept { return nullptr; }
    /// Takes a new task in. Throws if it takes no more.
    virtual void add(task_record& r) = 0;

protected:
    ~task_owner() = default;
};

/// Is a spawned task: who it is, how it stands, its root branch, and every suspension below it.
/// Lives as long as the task runs or a handle refers to it.
class task_record : public list_hook {
public:
    /// Makes a record for a task that has not begun; the frame of `first` belongs to the record from here on.
    static task_record* make(promise_base& first, std::coroutine_handle<> h, executor& home, task_owner* owner,
                             place where);

    // ---- who
    std::uint64_t id() const noexcept { return start_.tagged_branch / (node::tags + 1); }
    std::string_view name() const noexcept;
    /// Before anybody else knows the task.
    void set_name(std::string_view n) {  // at most once
        if (!n.empty()) keep_name(n);
    }
    place spawned_at() const noexcept;

    // ---- how it stands
    task_state state() const noexcept;
    bool ended() const noexcept { return joiner_.load(std::memory_order_acquire) == ended_mark; }
    /// Queues the first step at the back of the home's ready list.
    void start() noexcept;

    // ---- stop
    /// Stops the task: from here on its awaits throw `cancelled`, the present ones end. Threads: any.
    void cancel(std::string_view reason) noexcept;
    /// Why it was stopped; empty: it is not, or nobody said. Threads: any.
    std::string reason() const;
    std::stop_token token();
    /// Ends every suspension below that a stopped region reaches. Called after a region was marked.
    void sweep() noexcept;
    /// Marks a region of this task stopped, and sweeps. Returns false if it had been stopped already.
    bool stop(stop_mark& r) noexcept;
    /// Marks it alone; the waits inside are the caller's to end.
    bool mark(stop_mark& r) noexcept;
    /// Forgets a region that ends; every opened region is closed through this.
    void closed(stop_mark& r) noexcept {
        if (r.stopped.load(std::memory_order_relaxed)) [[unlikely]]
            stopping.fetch_sub(1, std::memory_order_relaxed);
    }
    /// From here on branches below run on more than one thread; irrevocable. On the home's thread.
    void share() noexcept { shared_.store(true, std::memory_order_release); }
    bool shared() const noexcept { return shared_.load(std::memory_order_acquire); }

    // ---- suspensions
    /// Locks the list of suspensions once the record is shared; before that everything happens on one thread.
    class locked {
    public:
        explicit locked(task_record& r) noexcept : lock_(r.shared() ? &r.lock_ : nullptr) {
            if (lock_) lock_->lock();
        }
        ~locked() {
            if (lock_) lock_->unlock();
        }
        locked(const locked&) = delete;
        locked& operator=(const locked&) = delete;

    private:
        spin_lock* lock_;
    };
    /// Adds a suspension; false, and marked as stopped, if a stop reaches it. Under the lock.
    bool link(wait& w) noexcept;
    /// The same, where no stop can reach it.
    void link_at_once(wait& w) noexcept;
    void unlink(wait& w) noexcept;
    /// `unlink`, but takes the lock itself.
    void leave(wait& w) noexcept;
    /// Calls f for every suspension below, under the lock; on the home's thread if the record is not shared.
    void each_wait(void (*f)(wait&, void*), void* context) noexcept;
    /// The same for the few that were entered last.
    void newest_waits(std::size_t most, void (*f)(wait&, void*), void* context) noexcept;

    // ---- join
    /// Registers the one waiter; returns false if the task has ended. `next_door`: the task and the waiter are at home
    /// on this thread, and nobody but this thread will take the waiter back: then the end needs no atomic exchange.
    bool set_joiner(wait& w, bool next_door = false) noexcept;
    /// Takes the waiter back; false if the end has claimed it.
    bool clear_joiner(wait& w, bool next_door = false) noexcept;
    /// Tells whether a wait of `b`, whose code runs now, may call itself next door.
    bool next_door_to(const branch& b) noexcept {
        return !shared() && b.home == this_thread.here && &root_branch.home_seen_from_elsewhere() == b.home;
    }
    bool has_joiner() const noexcept { return joiner_.load(std::memory_order_relaxed) > ended_mark; }

    /// Keeps the record, not the frame: a stop on its way must not keep the task's arguments alive.
    void add_reference() noexcept { references_.fetch_add(record_only, std::memory_order_relaxed); }
    void drop_reference() noexcept { drop(); }
    /// Undoes `make` for a task that was never started.
    void abandon() noexcept;
    /// Drops a handle: the frame of an ended task dies with the last one, and an error that nobody took goes to the owner.
    void drop_handle() noexcept;
    promise_base& first() noexcept;
    /// Of a task that runs, or of a handle: it is known to the frame.
    task_owner& owner() noexcept;
    std::coroutine_handle<> frame() const noexcept { return start_.handle; }
    void mark_taken() noexcept { taken_ = true; }
    bool taken() const noexcept { return taken_; }

    /// The root coroutine has ended. Called by its final awaiter; returns whom to resume.
    std::coroutine_handle<> finished() noexcept;

    branch root_branch;
    std::atomic<std::uint32_t> stopping{0};  // stopped regions below; fast paths load this one word

private:
    struct extras;  // what few tasks have
    task_record(promise_base& first, std::coroutine_handle<> h, executor& home, task_owner* owner,
                place where) noexcept;
    ~task_record();
    void drop() noexcept;
    std::coroutine_handle<> over(task_owner& owner) noexcept;
    bool claim_joiner(std::uintptr_t& joiner) noexcept;
    void tell_failure(task_owner& owner) noexcept;
    enum class swept : bool { own, all };  // own: the waits that only this thread may end
    void sweep_here(swept which) noexcept;
    extras& more();
    extras* more_if_any() const noexcept;
    void keep_name(std::string_view n);

    static constexpr std::uintptr_t ended_mark = 1;
    static constexpr std::uintptr_t neighbour = 2;  // beside the pointer: the joiner is next door
    void let_go_of_frame(std::uint32_t mine) noexcept;
    void destroy_frame() noexcept;
    void destroy() noexcept;
    // flags_: written only by whoever moves the task on, one at a time
    void set_flag(std::uint8_t f) noexcept {
        flags_.store(static_cast<std::uint8_t>(flags_.load(std::memory_order_relaxed) | f), std::memory_order_release);
    }
    static constexpr std::uint8_t begun = 1, started = 2, was_done = 4, was_failed = 8, was_stopped = 16;
    static constexpr std::uint8_t kept = 32;  // the owner is whom to tell when the handle of a failed task is dropped
    static constexpr std::uint8_t bequeathed = 64;  // the run's reference went to the handle
    // a suspension that somebody knows of comes after that, and its list with it
    bool has_begun() const noexcept { return (flags_.load(std::memory_order_acquire) & begun) != 0; }
    bool has(std::uint8_t f) const noexcept { return (flags_.load(std::memory_order_relaxed) & f) != 0; }

    // references_: how many keep the record alone, and, times `with_frame`, how many keep it with the frame: the run of
    // the task, and handles. The frame dies with the last of these, the record with the last of all.
    static constexpr std::uint32_t record_only = 1, with_frame = 0x10000;
    std::atomic<std::uint32_t> references_{2 * with_frame};
    [[no_unique_address]] stop_mark base_{stop_mark::kind::task};  // what follows lies in its padding
    std::atomic<std::uint8_t> flags_{0};
    spin_lock lock_;
    std::atomic<bool> shared_{false};  // while it is not, all happens at the one home
    bool taken_ = false;

public:
    bool daemon = false;

private:
    // Every suspension below, the newest first; guarded by lock_ once shared. Not before the task has begun.
    std::atomic_ref<node*> waits() const noexcept { return std::atomic_ref<node*>(start_.next); }
    wait* newest_wait() const noexcept;
    void begin() noexcept {
        waits().store(nullptr, std::memory_order_relaxed);
        set_flag(begun);
    }

    // start_: queued until the task begins, from then on `next` is the list of suspensions. `tagged_branch` has the id
    // above the tag: the branch of a first step is known to the promise.
    mutable node start_;
    std::atomic<std::uintptr_t> joiner_{
        0};  // 0: nobody; 1: ended; else the wait that joins, marked if it is a neighbour
    static constexpr std::uintptr_t in_extras = 1;
    std::atomic<std::uintptr_t> where_;  // the place of the spawn, or, tagged, the extras, which have it then

    friend class promise_base;
    friend class sweeper;
};

}  // namespace coil
