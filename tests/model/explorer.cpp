// SPDX-License-Identifier: BSL-1.0
#include "explorer.hpp"

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string_view>

namespace model {

explorer* explorer::current_ = nullptr;

namespace {
constexpr int outside = most_threads - 1;
}

explorer::explorer(bounds b, weakening w) : bounds_(b), weakening_(std::move(w)) {}
explorer::~explorer() = default;

verdict explorer::explore(const std::function<void(explorer&)>& scenario) {
    verdict v;
    static long runs_of_all = 0;  // so that no word takes a run for one that it has seen
    current_ = this;
    do {
        run_ = ++runs_of_all;
        one_run(scenario);
        ++v.runs;
    } while (wrong_.empty() && v.runs < bounds_.runs && next_choices());
    v.exhausted = wrong_.empty() && v.runs < bounds_.runs;
    current_ = nullptr;
    v.wrong = wrong_;
    v.orders = orders_;
    v.ordered = ordered_;
    return v;
}

void explorer::one_run(const std::function<void(explorer&)>& scenario) {
    bodies_.clear();
    check_ = nullptr;
    leaves_ = enters_ = nullptr;
    steps_taken_.clear();
    clocks_.fill({});
    self_ = outside;
    at_ = 0;
    steps_ = 0;
    preemptions_left_ = bounds_.preemptions;
    old_left_ = bounds_.old_values;
    given_up_ = false;
    scenario(*this);
    clock().step(outside);
    fibers_.resize(bodies_.size());
    for (std::size_t i = 0; i != bodies_.size(); ++i) {
        fiber& f = fibers_[i];
        if (!f.stack) f.stack = std::make_unique<char[]>(stack_bytes);
        f.is = state::ready;
        f.sleeps_on = nullptr;
        getcontext(&f.context);
        f.context.uc_stack.ss_sp = f.stack.get();
        f.context.uc_stack.ss_size = stack_bytes;
        f.context.uc_link = nullptr;
        makecontext(&f.context, &explorer::enter, 0);
        clocks_[i] = clocks_[outside];
    }
    const std::size_t first = choose(bodies_.size());
    self_ = static_cast<int>(first);
    if (enters_) enters_(self_);
    swapcontext(&main_, &fibers_[first].context);
    self_ = outside;
    for (const vector_clock& c : clocks_) clock().join(c);
    if (!given_up_ && check_) check_();
    check_ = nullptr;
    bodies_.clear();
}

void explorer::enter() {
    explorer& e = now();
    e.clock().step(e.self_);
    e.bodies_[static_cast<std::size_t>(e.self_)]();
    e.fibers_[static_cast<std::size_t>(e.self_)].is = state::ended;
    e.wrote();
    e.leave_for_another();
}

bool explorer::next_choices() {
    while (!path_.empty() && path_.back() + 1 == ways_.back()) {
        path_.pop_back();
        ways_.pop_back();
    }
    if (path_.empty()) return false;
    ++path_.back();
    return true;
}

std::size_t explorer::choose(std::size_t ways) {
    if (ways < 2) return 0;
    if (at_ == path_.size()) {
        path_.push_back(0);
        ways_.push_back(ways);
    } else if (ways_[at_] != ways) {
        fail("the scenario is another one than in the run before");
        ways_[at_] = ways;
        path_[at_] = 0;
    }
    return path_[at_++];
}

std::vector<int> explorer::others_that_can_run() const {
    std::vector<int> ready, late;
    for (std::size_t i = 0; i != fibers_.size(); ++i) {
        if (static_cast<int>(i) == self_) continue;
        if (fibers_[i].is == state::ready) ready.push_back(static_cast<int>(i));
        else if (fibers_[i].is == state::asleep && fibers_[i].may_be_late) late.push_back(static_cast<int>(i));
    }
    ready.insert(ready.end(), late.begin(), late.end());
    return ready;
}

void explorer::go_to(int thread) {
    fiber& from = fibers_[static_cast<std::size_t>(self_)];
    fiber& to = fibers_[static_cast<std::size_t>(thread)];
    if (to.is == state::asleep) {
        to.is = state::ready;
        to.was_late = true;
    }
    if (leaves_) leaves_(self_);
    self_ = thread;
    if (enters_) enters_(self_);
    swapcontext(&from.context, &to.context);
}

void explorer::point() {
    if (self_ == outside) return;
    clock().step(self_);
    if (++steps_ > bounds_.steps) {
        if (wrong_.empty()) fail("a run does not end");
        given_up_ = true;
        setcontext(&main_);
    }
    if (preemptions_left_ == 0) return;
    const std::vector<int> others = others_that_can_run();
    const std::size_t way = choose(others.size() + 1);
    if (way == 0) return;
    --preemptions_left_;
    go_to(others[way - 1]);
}

void explorer::leave_for_another() {
    std::vector<int> others = others_that_can_run();
    if (others.empty()) {
        // those who wait for a write: nobody is left who could do one, so they try once more
        for (std::size_t i = 0; i != fibers_.size(); ++i)
            if (fibers_[i].is == state::yielding) others.push_back(static_cast<int>(i));
        for (const int i : others) fibers_[static_cast<std::size_t>(i)].is = state::ready;
    }
    if (others.empty()) {
        for (const fiber& f : fibers_) {
            if (f.is != state::ended) {
                fail("somebody sleeps for ever");
                given_up_ = true;
                break;
            }
        }
        setcontext(&main_);
    }
    const int to = others[choose(others.size())];
    if (to == self_) return;
    go_to(to);
}

void explorer::yield() {
    if (self_ == outside) return;
    fibers_[static_cast<std::size_t>(self_)].is = state::yielding;
    ++steps_;
    leave_for_another();
    fibers_[static_cast<std::size_t>(self_)].is = state::ready;
}

void explorer::wrote() {
    for (fiber& f : fibers_)
        if (f.is == state::yielding) f.is = state::ready;
}

bool explorer::sleep(const void* address, bool may_be_late) {
    fiber& f = fibers_[static_cast<std::size_t>(self_)];
    f.is = state::asleep;
    f.sleeps_on = address;
    f.may_be_late = may_be_late;
    f.was_late = false;
    if (may_be_late && others_that_can_run().empty()) {
        f.is = state::ready;
        return false;
    }
    leave_for_another();
    return !f.was_late;
}

int explorer::wake(const void* address, int most) {
    int woken = 0;
    for (fiber& f : fibers_) {
        if (woken == most) break;
        if (f.is != state::asleep || f.sleeps_on != address) continue;
        f.is = state::ready;
        ++woken;
    }
    return woken;
}

bool explorer::is_weakened(const place& where, bool ordered) {
    if (!ordered) return false;
    ++ordered_;
    const std::string_view file = where.file_name();
    if (!weakening_.file.empty() && weakening_.line == where.line() && file.ends_with(weakening_.file)) return true;
    const auto same = [&](const weakening& w) { return w.line == where.line() && w.file == file; };
    if (std::none_of(orders_.begin(), orders_.end(), same)) orders_.push_back({std::string(file), where.line()});
    return false;
}

void explorer::note(const char* what, const void* word, std::uint64_t value, const place& where) {
    if (steps_taken_.size() == 400) steps_taken_.erase(steps_taken_.begin(), steps_taken_.begin() + 200);
    steps_taken_.push_back({self_, what, word, value, where});
}

void explorer::fail(const std::string& text) {
    if (wrong_.empty()) wrong_ = text + "\n" + story();
}

std::string explorer::story() const {
    std::ostringstream out;
    const std::size_t shown = std::min<std::size_t>(steps_taken_.size(), 60);
    for (std::size_t i = steps_taken_.size() - shown; i != steps_taken_.size(); ++i) {
        const step& s = steps_taken_[i];
        std::string_view file = s.where.file_name();
        file.remove_prefix(std::min(file.rfind('/') + 1, file.size()));
        out << "  thread " << s.thread << ": " << s.what << " " << s.word << " " << std::hex << s.value << std::dec
            << "  " << file << ":" << s.where.line() << "\n";
    }
    return out.str();
}

}  // namespace model
