// SPDX-License-Identifier: BSL-1.0
// Runs a scenario of a few threads in every order of their atomic operations, up to a bound of preemptions, and lets
// each load see every value that the memory model of C++ allows it to see. Threads are contexts of one thread that is
// switched at atomic operations, and a run is repeated with the next combination of choices until none is left.
#pragma once
#include "vector_clock.hpp"

#include <ucontext.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

namespace model {

using place = std::source_location;

/// Bounds of an exploration: switches away from a thread that could go on, and loads that see an old value, per run.
struct bounds {
    int preemptions = 3;
    int old_values = 2;
    long runs = 400'000;
    long steps = 5'000;  // of one run: what takes more does not end
};

/// An operation whose order is taken as relaxed, to see that somebody notices: the end of its file's name, and its line;
/// an empty one weakens nothing.
struct weakening {
    std::string file;
    unsigned line = 0;
};

/// What came out. `wrong` is empty if every run was right; else the first failure, with its last steps.
struct verdict {
    long runs = 0;
    bool exhausted = false;  // no choice is left within the bounds
    std::string wrong;
    std::vector<weakening> orders;  // each operation met that asks for more than relaxed
    long ordered = 0;               // how many such operations there were in all runs
};

class explorer {
public:
    explicit explorer(bounds b = {}, weakening w = {});
    ~explorer();
    explorer(const explorer&) = delete;

    /// Explores. The scenario makes its objects, adds threads, and says what must hold at the end; it is called anew for
    /// each run, and must be the same each time.
    verdict explore(const std::function<void(explorer&)>& scenario);

    // ---- for scenarios
    void thread(std::function<void()> body) { bodies_.push_back(std::move(body)); }
    void at_end(std::function<void()> check) { check_ = std::move(check); }
    /// Notes a failure of this run.
    void fail(const std::string& text);
    void expect(bool truth, const char* text) {
        if (!truth) fail(text);
    }
    /// Called when a thread is left and when it goes on: for what code keeps per thread.
    void on_switch(std::function<void(int thread)> leaves, std::function<void(int thread)> enters) {
        leaves_ = std::move(leaves);
        enters_ = std::move(enters);
    }

    // ---- for the checked words
    static explorer& now() { return *current_; }
    static bool running() { return current_ != nullptr; }
    /// Lets other threads go first, in each possible way.
    void point();
    /// One of so many ways to go on.
    std::size_t choose(std::size_t ways);
    /// How many of so many old values a load may still see.
    std::size_t old_values(std::size_t there) const { return old_left_ > 0 ? there : 0; }
    void saw_old_value() { --old_left_; }
    int self() const { return self_; }
    vector_clock& clock() { return clocks_[static_cast<std::size_t>(self_)]; }
    bool is_weakened(const place& where, bool ordered);
    void note(const char* what, const void* word, std::uint64_t value, const place& where);
    long run() const { return run_; }
    /// This thread has nothing to do until another one has written something.
    void yield();
    void wrote();

    // ---- for the checked futex
    /// Sleeps until `wake` of the same address; or, if it may, until a deadline has come. False in that case.
    bool sleep(const void* address, bool may_be_late);
    int wake(const void* address, int most);

private:
    enum class state : std::uint8_t { ready, yielding, asleep, ended };
    struct fiber {
        ucontext_t context;
        std::unique_ptr<char[]> stack;
        state is = state::ready;
        const void* sleeps_on = nullptr;
        bool may_be_late = false;
        bool was_late = false;
    };
    struct step {
        int thread;
        const char* what;
        const void* word;
        std::uint64_t value;
        place where;
    };
    static void enter();
    void one_run(const std::function<void(explorer&)>& scenario);
    bool next_choices();
    void go_to(int thread);
    void leave_for_another();
    std::vector<int> others_that_can_run() const;
    std::string story() const;

    static explorer* current_;
    static constexpr std::size_t stack_bytes = 128 * 1024;
    bounds bounds_;
    weakening weakening_;
    std::vector<std::function<void()>> bodies_;
    std::function<void()> check_;
    std::function<void(int)> leaves_, enters_;
    std::vector<fiber> fibers_;
    std::array<vector_clock, most_threads> clocks_;
    ucontext_t main_;
    int self_ = most_threads - 1;
    int preemptions_left_ = 0, old_left_ = 0;
    long run_ = 0, steps_ = 0;
    std::vector<std::size_t> path_, ways_;
    std::size_t at_ = 0;
    std::vector<step> steps_taken_;
    std::string wrong_;
    bool given_up_ = false;
    std::vector<weakening> orders_;
    long ordered_ = 0;
};

}  // namespace model
