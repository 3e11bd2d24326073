// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/ring/simulated_random.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace coil {

class executor;
class loop;

// Stands in for every other thread on the one that simulates: what is posted to a pool, and calls that block, are kept
// here and run by the loop's thread between its own, in an order drawn from the seed. Whose turn it is finds the thread
// as it would find its own: "am I there" answers for the pool, and no loop is driven.
class simulated_threads {
public:
    simulated_threads(std::uint64_t seed, unsigned workers);
    simulated_threads(const simulated_threads&) = delete;
    simulated_threads& operator=(const simulated_threads&) = delete;
    ~simulated_threads();

    // The loop that this thread drives, whose clock and timers are the pool's too.
    void drives(loop& l) noexcept { loop_ = &l; }
    loop& home() const noexcept { return *loop_; }
    unsigned workers() const noexcept { return workers_; }

    void post(executor& to, node& n);
    void post(executor& to, node_list&& batch);
    void submit(job& j);
    // Makes the calls that are left after a run.
    void run_leftovers() noexcept;
    bool idle() const noexcept { return waiting_.empty(); }

    // Runs some of what is ready: of the loop's list and of the others' work.
    std::size_t run_batch(node_list& ready) noexcept;

private:
    struct piece {
        executor* at;  // null: a thread for blocking calls
        node* what;
    };
    node* draw_ready(node_list& ready) noexcept;
    void run(piece p) noexcept;

    ring::simulated_random random_;
    const unsigned workers_;
    loop* loop_ = nullptr;
    std::vector<piece> waiting_;
};

// The simulation that this thread runs, or null.
inline constinit thread_local simulated_threads* this_simulation = nullptr;

}  // namespace coil
