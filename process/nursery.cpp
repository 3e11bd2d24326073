// SPDX-License-Identifier: BSL-1.0
#include <coil/process/nursery.hpp>

#include <coil/process/child_state.hpp>
#include <coil/process/pidfd.hpp>
#include <coil/runtime/base/start_thread.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/sched/machine.hpp>

#include <thread>
#include <utility>

namespace coil::process {

nursery& nursery::of_process() {
    static nursery* const the_nursery = new nursery;
    return *the_nursery;
}

// Under the lock.
void nursery::begin() {
    if (begun_) return;
    start_thread("looks after children", [this] {
        machine::become_thread("coil-nursery");
        main();
    }).detach();
    begun_ = true;
}

// The bell is rung under the lock, so that it is not closed meanwhile; who is parked would wake up to wait for the lock.
void nursery::wake(std::unique_lock<std::mutex> held) noexcept {
    if (in_poll_) {
        if (bell_ >= 0) ring_nursery_bell(bell_);
        return;
    }
    held.unlock();
    park_.unpark();
}

void nursery::submit(job& j) {
    std::unique_lock held(lock_);
    begin();
    jobs_.push_back(j);
    wake(std::move(held));
}

void nursery::bury(std::shared_ptr<child_state> c) noexcept {
    if (c->ended()) return;
    const std::shared_ptr<child_state> kept = c;
    try {
        std::unique_lock held(lock_);
        new_.push_back(std::move(c));
        begin();  // if it cannot: the next one comes
        wake(std::move(held));
    } catch (...) {
        static_cast<void>(kept->ended());
    }
}

void nursery::main() noexcept {
    for (;;) {
        run_jobs();
        try {
            take_new();
            if (dying_.empty()) park_.park();
            else wait_for_ends();
        } catch (...) {
            std::this_thread::yield();  // no memory: there will be some
        }
    }
}

void nursery::run_jobs() noexcept {
    for (;;) {
        node* next = nullptr;
        {
            const std::scoped_lock guard(lock_);
            next = jobs_.pop_front();
        }
        if (next == nullptr) return;
        auto& j = static_cast<job&>(*next);
        j.run(j);  // and who waits for it may be gone
        this_thread.current = nullptr;
    }
}

void nursery::take_new() {
    const std::scoped_lock guard(lock_);
    dying_.reserve(dying_.size() + new_.size());
    for (auto& c : new_)
        dying_.push_back(std::move(c));
    new_.clear();
}

void nursery::wait_for_ends() {
    std::erase_if(dying_, [](const auto& c) { return c->ended().has_value(); });
    if (dying_.empty()) return;
    std::vector<int> pidfds;
    pidfds.reserve(dying_.size());
    for (const auto& c : dying_)
        pidfds.push_back(c->pidfd().number());
    ring::descriptor bell;
    {
        const std::scoped_lock guard(lock_);
        if (!jobs_.empty() || !new_.empty()) return;
        if (const int fd = make_nursery_bell(); fd >= 0) bell = ring::descriptor(fd);
        bell_ = bell.number();
        in_poll_ = true;
    }
    process::wait_for_ends(pidfds.data(), static_cast<unsigned>(pidfds.size()), bell.number());
    const std::scoped_lock guard(lock_);
    in_poll_ = false;
    bell_ = -1;
}

}  // namespace coil::process
