// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/simulated_threads.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <array>
#include <utility>

namespace coil {

namespace {

constexpr std::uint64_t longest_batch = 16;
constexpr std::size_t window = 16;  // of the ready list: who is in it may be next

// The state of the thread as a worker of `at` finds it, while it lives.
class other_thread {
public:
    explicit other_thread(executor* at) noexcept
        : here_(std::exchange(this_thread.here, at)),
          ready_(std::exchange(this_thread.ready, nullptr)),
          forks_(std::exchange(this_thread.forks, nullptr)),
          io_(std::exchange(ring::this_io_home, nullptr)) {}
    ~other_thread() {
        this_thread.here = here_;
        this_thread.ready = ready_;
        this_thread.forks = forks_;
        this_thread.current = nullptr;
        ring::this_io_home = io_;
    }
    other_thread(const other_thread&) = delete;
    other_thread& operator=(const other_thread&) = delete;

private:
    executor* const here_;
    node_list* const ready_;
    lane* const forks_;
    ring::io_home* const io_;
};

}  // namespace

simulated_threads::simulated_threads(std::uint64_t seed, unsigned workers)
    : random_(seed), workers_(workers == 0 ? 1 : workers) {
    this_simulation = this;
}

simulated_threads::~simulated_threads() {
    this_simulation = nullptr;
}

void simulated_threads::run_leftovers() noexcept {
    while (!waiting_.empty()) {
        const piece p = waiting_.back();
        waiting_.pop_back();
        if (p.what->tag() != node::call)
            broken("a simulation has ended before a task that is at home on a pool");
        run(p);
    }
}

void simulated_threads::post(executor& to, node& n) {
    waiting_.push_back({&to, &n});
}

void simulated_threads::post(executor& to, node_list&& batch) {
    while (node* n = batch.pop_front())
        waiting_.push_back({&to, n});
}

void simulated_threads::submit(job& j) {
    waiting_.push_back({nullptr, &j});
}

std::size_t simulated_threads::run_batch(node_list& ready) noexcept {
    const std::uint64_t most = 1 + random_.draw(longest_batch);
    std::size_t ran = 0;
    for (; ran != most && (!ready.empty() || !waiting_.empty()); ++ran) {
        this_thread.turns = 1;  // nobody goes straight on to the next one
        // the loop is one thread of as many as the pool has, and one more
        const bool others = !waiting_.empty() && (ready.empty() || random_.draw(workers_ + 1) != 0);
        if (others) {
            const std::size_t i = random_.draw(waiting_.size());
            const piece p = waiting_[i];
            waiting_[i] = waiting_.back();
            waiting_.pop_back();
            run(p);
        } else {
            run_node(*draw_ready(ready));
        }
    }
    return ran;
}

// One of the first few; the others stay in their order.
node* simulated_threads::draw_ready(node_list& ready) noexcept {
    std::array<node*, window> first;
    std::size_t count = 0;
    while (count != window && !ready.empty())
        first[count++] = ready.pop_front();
    const std::size_t chosen = count == 1 ? 0 : random_.draw(count);
    for (std::size_t i = count; i-- != 0;)
        if (i != chosen) ready.push_front(*first[i]);
    return first[chosen];
}

void simulated_threads::run(piece p) noexcept {
    const other_thread there(p.at);
    if (p.at != nullptr) return run_node(*p.what);
    auto& j = static_cast<job&>(*p.what);
    j.run(j);
}

}  // namespace coil
