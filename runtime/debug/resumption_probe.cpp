// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/resumption_probe.hpp>

#include <coil/runtime/base/log.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/probe.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/wait.hpp>
#include <coil/runtime/debug/observed_thread.hpp>
#include <coil/runtime/debug/trace_file.hpp>
#include <coil/runtime/debug/watchdog.hpp>
#include <coil/runtime/ring/tick.hpp>
#include <coil/runtime/sched/simulated_threads.hpp>

#include <atomic>
#include <cstdint>
#include <new>
#include <utility>

namespace coil::debug {

namespace {

std::atomic<std::int64_t> limit_in_ns{0};  // 0: none

// A loop is what others wait for. The pool is there to be kept busy, and threads for blocking calls to be blocked.
bool is_loop(const executor* e) noexcept {
    return e != nullptr && !e->parallel();
}

// Whether it was longer than the limit, from two ticks alone: no processor counts below half a gigahertz.
bool perhaps_late(std::uint64_t ticks, std::int64_t most) noexcept {
    return most != 0 && ticks >= static_cast<std::uint64_t>(most) / 2;
}

struct where_it_waits {
    const branch* who;
    place where;
};

// The await that the branch has gone into, if it is one of those that can be told; who waits for children cannot.
place present_await(const branch* who, task_record& task) noexcept {
    // What suspends enters the list at its head; on a pool others may have come in between.
    constexpr std::size_t most = 8;
    where_it_waits found{who, {}};
    task.newest_waits(
        most,
        [](wait& w, void* context) {
            auto& f = *static_cast<where_it_waits*>(context);
            if (f.where.line() == 0 && &w.actor() == f.who) f.where = promise_base::of(w.handle).where();
        },
        &found);
    if (found.where.line() != 0) return found.where;
    // a yield is in no list of waits: its node is the last one that this loop was given
    const node_list* const ready = this_thread.ready;
    if (ready == nullptr || ready->empty()) return {};
    const node& last = *ready->back();
    if (last.tag() != node::plain || last.owner() != who) return {};
    return promise_base::of(last.handle).where();
}

void tell(observed_thread& me, stint& s, std::uint64_t begun, std::uint64_t over, bool on_loop) noexcept {
    s.over = ring::time_of({over});
    s.begin = s.over - ring::between({begun}, {over});
    const nanoseconds most(limit_in_ns.load(std::memory_order_relaxed));
    if (on_loop && most != nanoseconds::zero() && s.over - s.begin >= most) {
        try {
            log(late_report(s, me.name()));
        } catch (const std::bad_alloc&) {
            log("a task kept its loop for too long, and there is no memory to say which");
        }
    }
    me.record(s);
}

// A task is kept while it is looked at: it may end meanwhile, and on another thread.
class kept_task {
public:
    explicit kept_task(task_record& r) noexcept : record_(r) { r.add_reference(); }
    ~kept_task() { record_.drop_reference(); }
    kept_task(const kept_task&) = delete;
    kept_task& operator=(const kept_task&) = delete;

private:
    task_record& record_;
};

void see_resumption(std::coroutine_handle<> h) noexcept {
    thread_state& t = this_thread;
    branch* const who = t.current;
    observed_thread* const me = who != nullptr && this_simulation == nullptr ? observed_thread::mine() : nullptr;
    if (me == nullptr) return resume_unseen(h);

    task_record& task = *who->root;
    const kept_task keep(task);
    stint s;
    s.task = task.id();
    s.name = task.name();
    s.spawned = task.spawned_at();
    s.from = promise_base::of(h).where();
    const bool on_loop = is_loop(t.here);
    const bool traced = the_trace().is_open();
    const std::uint64_t begun = ring::read_tick().count;
    if (on_loop) me->begins(begun, s.task, s.name, s.spawned, s.from);

    // nobody goes straight on to the next one: that one is a stint of its own
    const std::uint32_t turns = std::exchange(t.turns, 1u);
    resume_unseen(h);
    t.turns = turns;

    const std::uint64_t over = ring::read_tick().count;
    me->ends();
    me->saw_resumption = true;
    if (!traced && !(on_loop && perhaps_late(over - begun, limit_in_ns.load(std::memory_order_relaxed)))) return;
    if (task.ended()) s.end = to_string(task.state());
    else s.to = present_await(who, task);
    tell(*me, s, begun, over, on_loop);
}

void see_call(job& j) noexcept {
    const bool on_loop = is_loop(this_thread.here);
    const bool looked_at = the_trace().is_open() || (on_loop && limit_in_ns.load(std::memory_order_relaxed) != 0);
    observed_thread* const me = looked_at && this_simulation == nullptr ? observed_thread::mine() : nullptr;
    if (me == nullptr) return j.run(j);
    me->saw_resumption = false;
    me->in_call = true;
    const std::uint64_t begun = ring::read_tick().count;
    j.run(j);
    const std::uint64_t over = ring::read_tick().count;
    me->in_call = false;

    task_record* const task = std::exchange(me->call_for, nullptr);
    // what resumed a task was no more than the way there
    if (!me->saw_resumption) {
        stint s;
        s.what = stint::kind::call;
        if (task != nullptr) {
            s.task = task->id();
            s.name = task->name();
            s.spawned = task->spawned_at();
            s.from = me->call_from;
        }
        tell(*me, s, begun, over, on_loop);
    }
    if (task != nullptr) task->drop_reference();
}

void see_whose_call_it_is(branch& b, place where) noexcept {
    if (this_simulation != nullptr) return;
    observed_thread* const me = observed_thread::mine();
    if (me == nullptr || !me->in_call || me->call_for != nullptr) return;
    b.root->add_reference();
    me->call_for = b.root;
    me->call_from = where;
}

constexpr probe onlooker{&see_resumption, &see_call, &see_whose_call_it_is};

}  // namespace

void look_at_resumptions(nanoseconds most) noexcept {
    limit_in_ns.store(most.count(), std::memory_order_relaxed);
    present_probe.store(&onlooker, std::memory_order_release);
}

void stop_looking() noexcept {
    present_probe.store(nullptr, std::memory_order_release);
    limit_in_ns.store(0, std::memory_order_relaxed);
}

}  // namespace coil::debug
