// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/task_record.hpp>

#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/wait.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>
#include <ostream>

#include <sys/single_threaded.h>

namespace coil {

std::string_view to_string(task_state s) noexcept {
    switch (s) {
    case task_state::created:
        return "created";
    case task_state::ready:
        return "ready";
    case task_state::running:
        return "running";
    case task_state::suspended:
        return "suspended";
    case task_state::done:
        return "done";
    case task_state::failed:
        return "failed";
    case task_state::cancelled:
        return "cancelled";
    }
    return "?";
}

std::ostream& operator<<(std::ostream& out, task_state s) {
    return out << to_string(s);
}

struct task_record::extras {
    // the name lies behind
    static extras* make(std::string_view name, std::uintptr_t where) {
        return new (allocate_frame(sizeof(extras) + name.size())) extras(name, where);
    }
    static void destroy(extras* e) noexcept {
        const std::size_t size = sizeof(extras) + e->name_length;
        e->~extras();
        free_frame(e, size);
    }
    std::string_view name() const noexcept { return {reinterpret_cast<const char*>(this + 1), name_length}; }

    std::uintptr_t where;  // of the spawn
    std::uint32_t name_length;
    spin_lock lock;
    std::string reason;
    std::stop_source source{std::nostopstate};

private:
    extras(std::string_view n, std::uintptr_t w) noexcept
        : where(w), name_length(static_cast<std::uint32_t>(n.size())) {
        if (!n.empty()) std::memcpy(reinterpret_cast<char*>(this + 1), n.data(), n.size());
    }
    ~extras() = default;
};

namespace {

std::atomic<std::uint64_t> block_of_ids{0};

// ids are handed out in blocks, so that spawning on several threads shares no cache line
std::uint64_t next_id() noexcept {
    constexpr std::uint64_t block = 1024;
    static thread_local constinit std::uint64_t last = block - 1;
    if ((++last & (block - 1)) == 0) [[unlikely]]
        last = block_of_ids.fetch_add(block, std::memory_order_relaxed) + 1;
    return last;
}

}  // namespace

// Carries a sweep to the thread that alone may end certain waits.
class sweeper : job {
public:
    static void send(task_record& r, executor& to, task_record::swept which) noexcept {
        void* memory = nullptr;
        try {
            memory = allocate_frame(sizeof(sweeper));
        } catch (const std::bad_alloc&) {
            broken("out of memory while a stop was being delivered");
        }
        r.add_reference();
        to.post(*new (memory) sweeper(r, which));
    }

private:
    sweeper(task_record& r, task_record::swept which) noexcept : job(&go), record_(&r), which_(which) {}
    static void go(job& j) noexcept {
        auto& self = static_cast<sweeper&>(j);
        task_record& r = *self.record_;
        const task_record::swept which = self.which_;
        free_frame(&self, sizeof(sweeper));
        if (!r.ended()) r.sweep_here(which);
        r.drop();
    }
    task_record* record_;
    task_record::swept which_;
};

inline task_record::task_record(promise_base& first, std::coroutine_handle<> h, executor& home, task_owner* owner,
                                place where) noexcept
    : root_branch(*this, base_, home), start_(node::unset{}), where_(std::bit_cast<std::uintptr_t>(where)) {
    start_.handle = h;
    start_.tagged_branch = next_id() * (node::tags + 1) | node::first;
    first.continue_with(*this, owner);
    if (home.parallel()) shared_.store(true, std::memory_order_relaxed);  // nobody else knows the task yet
}

#ifndef COIL_CHECKED_ATOMICS  // checked words are larger
static_assert(sizeof(task_record) == record_bytes, "a million tasks feel each word");
#endif

task_record* task_record::make(promise_base& first, std::coroutine_handle<> h, executor& home, task_owner* owner,
                               place where) {
    return new (allocate_record(sizeof(task_record))) task_record(first, h, home, owner, where);
}

inline task_record::~task_record() {
    if (extras* e = more_if_any()) extras::destroy(e);
}

inline void task_record::destroy_frame() noexcept {
    if (has(kept)) {
        task_owner& kept_by = owner();
        if (!taken_ && first().thrown()) kept_by.unclaimed(first().take_thrown(), *this);
        kept_by.drop();
    }
    start_.handle.destroy();
}

inline void task_record::destroy() noexcept {
    this->~task_record();
    free_record(this, sizeof(task_record));
}

// Turns references to record and frame into one to the record alone.
void task_record::let_go_of_frame(std::uint32_t mine) noexcept {
    if (references_.fetch_sub(mine - record_only, std::memory_order_acq_rel) / with_frame == mine / with_frame)
        destroy_frame();
}

void task_record::drop() noexcept {
    // acquire and release: whoever destroys the record sees what the others did to it
    if (references_.load(std::memory_order_acquire) == record_only ||
        references_.fetch_sub(record_only, std::memory_order_acq_rel) == record_only)
        destroy();
}

void task_record::drop_handle() noexcept {
    // a task that was joined left its own reference to its handle
    const std::uint32_t mine = has(bequeathed) ? 2 * with_frame : with_frame;
    std::uint32_t seen = references_.load(std::memory_order_acquire);
    if (seen == mine) {  // the task has ended and nobody else is left, or can come
        destroy_frame();
        destroy();
        return;
    }
    if (seen / with_frame > mine / with_frame &&
        references_.compare_exchange_strong(seen, seen - mine, std::memory_order_acq_rel))
        return;  // others keep both
    let_go_of_frame(mine);
    drop();
}

void task_record::abandon() noexcept {
    drop_handle();
    drop_handle();
}

task_record::extras& task_record::more() {
    if (extras* e = more_if_any()) return *e;
    std::uintptr_t place_alone = where_.load(std::memory_order_relaxed);
    if (place_alone & in_extras) return *more_if_any();
    extras* made = extras::make({}, place_alone);
    if (where_.compare_exchange_strong(place_alone, reinterpret_cast<std::uintptr_t>(made) | in_extras,
                                       std::memory_order_acq_rel))
        return *made;
    extras::destroy(made);
    return *more_if_any();
}

inline task_record::extras* task_record::more_if_any() const noexcept {
    const std::uintptr_t w = where_.load(std::memory_order_acquire);
    return w & in_extras ? reinterpret_cast<extras*>(w & ~in_extras) : nullptr;
}

place task_record::spawned_at() const noexcept {
    const std::uintptr_t w = where_.load(std::memory_order_acquire);
    return std::bit_cast<place>(w & in_extras ? reinterpret_cast<extras*>(w & ~in_extras)->where : w);
}

std::string_view task_record::name() const noexcept {
    const extras* e = more_if_any();
    return e ? e->name() : std::string_view();
}

void task_record::keep_name(std::string_view n) {
    extras* const e = extras::make(n, where_.load(std::memory_order_relaxed));
    where_.store(reinterpret_cast<std::uintptr_t>(e) | in_extras, std::memory_order_relaxed);
}

std::string task_record::reason() const {
    extras* const e = more_if_any();
    if (!e) return {};
    const std::scoped_lock guard(e->lock);
    return e->reason;
}

std::stop_token task_record::token() {
    extras& e = more();
    std::scoped_lock guard(e.lock);
    if (!e.source.stop_possible()) {
        e.source = std::stop_source();
        if (base_.stopped.load(std::memory_order_acquire)) e.source.request_stop();
    }
    return e.source.get_token();
}

task_state task_record::state() const noexcept {
    // first whether it has ended: the outcome is written before that
    const bool over = ended();
    const std::uint8_t f = flags_.load(std::memory_order_acquire);
    if (over) {
        if (f & was_failed) return task_state::failed;
        return f & was_stopped ? task_state::cancelled : task_state::done;
    }
    if (!(f & started)) return task_state::created;
    if (!(f & begun)) return task_state::ready;
    return waits().load(std::memory_order_acquire) ? task_state::suspended : task_state::running;
}

void task_record::start() noexcept {
    set_flag(started);
    root_branch.home->ready(start_);
}

// ------------------------------------------------------------------ stop

void task_record::cancel(std::string_view reason) noexcept {
    // a failed one is a member of its scope while the scope stops the others
    if (ended() || has(was_failed)) return;
    if (!reason.empty() && !base_.stopped.load(std::memory_order_acquire)) {
        try {
            extras& e = more();
            std::scoped_lock guard(e.lock);
            if (e.reason.empty()) e.reason = reason;
        } catch (const std::bad_alloc&) {
            // the stop matters, its reason is for dumps
        }
    }
    if (!stop(base_)) return;
    if (extras* e = more_if_any()) {
        std::stop_source source{std::nostopstate};
        {
            std::scoped_lock guard(e->lock);
            source = e->source;
        }
        source.request_stop();  // runs callbacks of the user's: under no lock
    }
}

bool task_record::mark(stop_mark& r) noexcept {
    if (r.stopped.exchange(true, std::memory_order_acq_rel)) return false;
    stopping.fetch_add(1, std::memory_order_acq_rel);
    return true;
}

bool task_record::stop(stop_mark& r) noexcept {
    if (!mark(r)) return false;
    sweep();
    return true;
}

void task_record::sweep() noexcept {
    // a task that is being shared at this moment may have a new home already: that one then sweeps under the lock
    executor& home = root_branch.home_seen_from_elsewhere();
    if (shared() || home.here()) sweep_here(swept::all);
    else sweeper::send(*this, home, swept::all);
}

void task_record::sweep_here(swept which) noexcept {
    constexpr std::size_t most = 64;  // executors that are told once; more of them may be told several times
    executor* told[most];
    std::size_t count = 0;
    const locked here(*this);
    if (!has_begun()) return;
    wait* after_it = nullptr;
    for (wait* w = newest_wait(); w; w = after_it) {
        after_it = w->next_wait_;
        if (w->is_claimed() || !region::reaches(w->owner()->innermost)) continue;
        executor* where = w->table_->where ? w->table_->where(*w) : nullptr;
        if (where && !where->here()) {
            // who was told tells nobody else: that one has been told by the same sweep
            if (which == swept::own || std::find(told, told + count, where) != told + count) continue;
            if (count != most) told[count++] = where;
            // under the lock: no wait leaves meanwhile, so the executor lives
            sweeper::send(*this, *where, swept::own);
        } else if ((which == swept::all || where) && w->table_->stop(*w)) {
            w->set_claim(wait::claim_state::stopped);
            w->make_ready();  // it leaves this list at home, under this lock
        }
    }
}

// ------------------------------------------------------------------ suspensions

void task_record::leave(wait& w) noexcept {
    const locked here(*this);
    unlink(w);
}

void task_record::each_wait(void (*f)(wait&, void*), void* context) noexcept {
    newest_waits(~std::size_t{0}, f, context);
}

void task_record::newest_waits(std::size_t most, void (*f)(wait&, void*), void* context) noexcept {
    const locked here(*this);
    if (!has_begun()) return;
    for (wait* w = newest_wait(); w && most != 0; w = w->next_wait_, --most)
        f(*w, context);
}

// ------------------------------------------------------------------ join

bool task_record::set_joiner(wait& w, bool next_door) noexcept {
    std::uintptr_t nobody = 0;
    // release: the end reads the wait; acquire: we read the result
    const std::uintptr_t waiter = reinterpret_cast<std::uintptr_t>(&w) | (next_door ? neighbour : 0);
    if (__libc_single_threaded) {
        if (joiner_.load(std::memory_order_relaxed) != nobody) return false;
        joiner_.store(waiter, std::memory_order_relaxed);
        return true;
    }
    return joiner_.compare_exchange_strong(nobody, waiter, std::memory_order_acq_rel, std::memory_order_acquire);
}

bool task_record::clear_joiner(wait& w, bool next_door) noexcept {
    std::uintptr_t self = reinterpret_cast<std::uintptr_t>(&w) | (next_door ? neighbour : 0);
    return joiner_.compare_exchange_strong(self, 0, std::memory_order_acq_rel, std::memory_order_acquire);
}

std::coroutine_handle<> task_record::finished() noexcept {
    const promise_base& p = first();
    if (p.has_value()) [[likely]] {
        set_flag(was_done);
        return over(owner());
    }
    if (p.how() == promise_base::outcome::stopped && region::reaches(&base_)) {
        set_flag(was_stopped);
        return over(owner());
    }
    set_flag(was_failed);
    task_owner& owner = this->owner();
    // no handle is left, and none can be made: nobody will ever ask
    if (references_.load(std::memory_order_acquire) / with_frame == 1) {
        taken_ = true;
        owner.unclaimed(p.thrown(), *this);
    } else {
        first().continue_with(*this, &owner.keep());
        set_flag(kept);
    }
    return over(owner);
}

// Before whoever joins goes on: he may take the error, on another thread, while the owner looks at it.
inline void task_record::tell_failure(task_owner& owner) noexcept {
    if (has(was_failed)) owner.failed(*this, first().thrown());
}

// The end claims whoever joins, once; false if there is nobody.
inline bool task_record::claim_joiner(std::uintptr_t& joiner) noexcept {
    joiner = joiner_.load(std::memory_order_acquire);
    // next door, and we have not moved: this thread alone could take him back
    if ((joiner & neighbour) && !shared()) {
        joiner_.store(ended_mark, std::memory_order_release);
        return true;
    }
    // he may be taken back at this moment
    while (joiner && !joiner_.compare_exchange_weak(joiner, ended_mark, std::memory_order_acq_rel,
                                                    std::memory_order_acquire)) {}
    return joiner != 0;
}

inline std::coroutine_handle<> task_record::over(task_owner& owner) noexcept {
    this_thread.current = nullptr;
    std::uintptr_t joiner = 0;
    if (claim_joiner(joiner)) {
        // Who joins is suspended, and his handle keeps the frame: it inherits what was ours.
        tell_failure(owner);
        owner.ended(*this);
        set_flag(bequeathed);
        reinterpret_cast<wait*>(joiner & ~neighbour)->make_ready();
        return std::noop_coroutine();
    }
    tell_failure(owner);
    // Before anybody is told: whoever waited for the task finds its arguments destroyed, and may end what they refer to.
    let_go_of_frame(with_frame);
    joiner = joiner_.exchange(ended_mark, std::memory_order_acq_rel);
    if (joiner) reinterpret_cast<wait*>(joiner & ~neighbour)->make_ready();
    owner.ended(*this);
    drop();
    return std::noop_coroutine();
}

}  // namespace coil
