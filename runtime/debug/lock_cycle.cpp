// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/lock_cycle.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/wait.hpp>
#include <coil/runtime/coro/wait_reading.hpp>
#include <coil/runtime/debug/task_census.hpp>
#include <coil/runtime/debug/task_report.hpp>

#include <algorithm>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace coil::debug {

namespace {

// One branch that waits for a lock.
struct edge {
    std::uintptr_t waiter = 0;  // its address, as locks name their owner
    held_lock wanted;
    task_record* task = nullptr;
    place at;

    bool operator<(const edge& other) const noexcept { return waiter < other.waiter; }
    bool is_still(const edge& earlier) const noexcept {
        return waiter == earlier.waiter && wanted.lock == earlier.wanted.lock && wanted.holder == earlier.wanted.holder &&
               wanted.hand_overs == earlier.wanted.hand_overs;
    }
};

using edge_list = std::pmr::vector<edge>;

struct gathering {
    edge_list edges;
    task_record* task = nullptr;
    bool out_of_memory = false;
};

void add_edge(wait& w, void* context) {
    auto& all = *static_cast<gathering*>(context);
    // one alternative of several, or one that a deadline will end
    if (w.tag() != node::plain || (w.owner()->inherited & branch::timed) != 0) return;
    edge e;
    if (!w.held(e.wanted)) return;
    e.waiter = reinterpret_cast<std::uintptr_t>(w.owner());
    e.task = all.task;
    e.at = promise_base::of(w.handle).where();
    try {
        all.edges.push_back(e);
    } catch (const std::bad_alloc&) {
        all.out_of_memory = true;
    }
}

// In the order of the waiters' addresses.
edge_list edges_of(const task_census& census, const task_owner& run, std::pmr::memory_resource& memory) {
    gathering all{.edges = edge_list(&memory)};
    const wait_reading reading;
    for (const auto& [r, of] : census.tasks()) {
        if (of != &run || r->ended() || !task_census::in_reach(*r)) continue;
        if (r->stopping.load(std::memory_order_acquire) != 0) continue;
        all.task = r;
        r->each_wait(&add_edge, &all);
    }
    if (all.out_of_memory) throw std::bad_alloc();
    std::sort(all.edges.begin(), all.edges.end());
    return std::move(all.edges);
}

const edge* edge_of(const edge_list& sorted, std::uintptr_t waiter) noexcept {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), waiter,
                                     [](const edge& e, std::uintptr_t who) { return e.waiter < who; });
    return at != sorted.end() && at->waiter == waiter ? &*at : nullptr;
}

bool is_older(const edge& a, const edge& b) noexcept { return a.task->id() < b.task->id(); }

// Follows each chain once; every edge has one that comes next at most.
edge_list circle_in(const edge_list& edges) {
    std::pmr::memory_resource* const memory = edges.get_allocator().resource();
    std::pmr::vector<std::size_t> met(edges.size(), 0, memory);  // by which walk
    for (std::size_t walk = 1; walk <= edges.size(); ++walk) {
        const edge* e = &edges[walk - 1];
        while (e && met[static_cast<std::size_t>(e - edges.data())] == 0) {
            met[static_cast<std::size_t>(e - edges.data())] = walk;
            e = edge_of(edges, e->wanted.holder);
        }
        if (!e || met[static_cast<std::size_t>(e - edges.data())] != walk) continue;
        edge_list circle(memory);
        const edge* at = e;
        do {
            circle.push_back(*at);
            at = edge_of(edges, at->wanted.holder);
        } while (at != e);
        std::rotate(circle.begin(), std::min_element(circle.begin(), circle.end(), is_older), circle.end());
        return circle;
    }
    return edge_list(memory);
}

// Children that a task runs side by side hold and want locks each for itself.
bool are_all_tasks(const edge_list& circle) noexcept {
    for (std::size_t i = 0; i != circle.size(); ++i)
        for (std::size_t k = 0; k != i; ++k)
            if (circle[i].task == circle[k].task) return false;
    return true;
}

deadlock report_of(const edge_list& circle) {
    std::string text = "coil: deadlock: " + std::to_string(circle.size()) +
                       (are_all_tasks(circle) ? " tasks" : " branches of tasks") +
                       " each wait for a lock that the next one holds (mutual exclusion, hold and wait, no preemption, "
                       "circular wait):\n";
    for (std::size_t i = 0; i != circle.size(); ++i) {
        const edge& e = circle[i];
        text.append("  ").append(name_of(*e.task)).append(" waits at ").append(to_string(e.at)).append(" for the ");
        text.append(e.wanted.name).append(" that ").append(name_of(*circle[(i + 1) % circle.size()].task));
        text.append(" took at ").append(to_string(e.wanted.taken_at)).append("\n");
    }
    text.append("Take locks in one order everywhere, or all at once by coil::lock_all.");
    std::vector<task_row> rows = tasks_in_reach();
    std::vector<task_row> of_circle;
    const auto is_of = [](std::uint64_t id) { return [id](const task_row& r) { return r.id == id; }; };
    for (const edge& e : circle) {
        const auto row = std::find_if(rows.begin(), rows.end(), is_of(e.task->id()));
        if (row != rows.end() && std::none_of(of_circle.begin(), of_circle.end(), is_of(row->id))) of_circle.push_back(*row);
    }
    return deadlock(text, std::move(of_circle));
}

}  // namespace

std::optional<deadlock> find_lock_cycle(const task_owner& run, std::size_t most, std::pmr::memory_resource& memory) {
    const task_census census(most, memory);
    const edge_list circle = circle_in(edges_of(census, run, memory));
    if (circle.empty()) return std::nullopt;
    // On several threads these edges need not have been there all at one moment; those that have lasted were.
    const edge_list later = edges_of(census, run, memory);
    for (const edge& e : circle) {
        const edge* const now = edge_of(later, e.waiter);
        if (!now || !now->is_still(e)) return std::nullopt;
    }
    return report_of(circle);
}

}  // namespace coil::debug
