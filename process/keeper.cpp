// SPDX-License-Identifier: BSL-1.0
#include <coil/process/keeper.hpp>

#include <coil/process/child_ends.hpp>
#include <coil/process/clone.hpp>
#include <coil/process/init.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/runtime/base/start_thread.hpp>
#include <coil/runtime/sched/machine.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <thread>
#include <utility>

namespace coil::process {

bool worker_process::send(int signal) noexcept {
    const std::scoped_lock guard(lock_);
    if (life_ == life::over) return false;
    if (life_ == life::waiting) {
        wanted_signal_ = signal;
        return true;
    }
    return send_signal(pidfd_.number(), signal) == 0;
}

int worker_process::pid() const noexcept {
    const std::scoped_lock guard(lock_);
    return pid_;
}

bool worker_process::alive() const noexcept {
    const std::scoped_lock guard(lock_);
    return life_ == life::running;
}

child_end worker_process::end() const noexcept {
    const std::scoped_lock guard(lock_);
    return end_;
}

class keeper {
public:
    static keeper& instance() {
        static keeper* const one = new keeper;  // never destroyed: its thread lasts
        return *one;
    }

    void add(std::shared_ptr<worker_process> w) {
        {
            const std::scoped_lock guard(lock_);
            new_.push_back(std::move(w));
            rest(false);
        }
        ring_bell(bell_.number());
    }

private:
    keeper() : bell_(make_bell()) {
        lifeline();  // before there is anybody to hang on to it
        start_thread("keeps worker processes", [this] { main(); }).detach();
    }

    [[noreturn]] void main() {
        machine::become_thread("coil-keeper");
        std::vector<int> watched;
        std::vector<bool> readable;
        for (;;) {
            watched.assign(1, bell_.number());
            for (const auto& w : workers_) watched.push_back(w->pidfd_.number());
            if (workers_.empty()) {
                const std::scoped_lock guard(lock_);
                if (new_.empty()) rest(true);
            }
            wait_for_any(watched, readable);
            for (std::size_t i = workers_.size(); i-- > 0;)
                if (readable[i + 1]) bury(i);
            if (readable[0]) start_new();
        }
    }

    // Under the lock. With nobody to watch, the keeper wakes nobody.
    void rest(bool now) noexcept {
        if (std::exchange(rests_, now) != now) machine::count_resting_thread(now ? 1 : -1);
    }

    void start_new() {
        drain_bell(bell_.number());
        for (;;) {
            std::shared_ptr<worker_process> w;
            {
                const std::scoped_lock guard(lock_);
                if (new_.empty()) return;
                w = std::move(new_.front());
                new_.pop_front();
            }
            start(std::move(w));
        }
    }

    void start(std::shared_ptr<worker_process> w) {
        const auto& program = program_arguments();
        std::vector<const char*> arguments{program.empty() ? "coil" : program.front().c_str()};
        for (const auto& a : w->arguments) arguments.push_back(a.c_str());
        arguments.push_back(nullptr);
        static constexpr const char* programs[] = {"/proc/self/exe", nullptr};
        // Standard input is nobody's but the parent's; what workers say goes where the parent's words go.
        std::vector<descriptor_move> moves{{.from = null_device, .to = 0}};
        for (const int fd : {1, 2}) moves.push_back({.from = is_open(fd) ? fd : null_device, .to = fd});
        for (std::size_t i = 0; i < w->descriptors.size(); ++i)
            moves.push_back({.from = w->descriptors[i], .to = static_cast<int>(i) + 3});
        launch what;
        what.programs = programs;
        what.arguments = arguments.data();
        what.descriptors = moves;
        what.death_signal = SIGKILL;  // of this thread, which ends with the process
        birth b(what);
        {
            // it may answer before this thread is awake again: whoever asks for its number then, knows it or waits here
            const std::scoped_lock guard(w->lock_);
            b.begin();
            w->pid_ = b.pid();
        }
        b.await_end();
        const launched child = b.take();
        {
            const std::scoped_lock guard(w->lock_);
            if (child.error == 0) {
                w->life_ = worker_process::life::running;
                w->pidfd_ = ring::descriptor(child.pidfd);
                if (w->wanted_signal_ != 0) send_signal(child.pidfd, w->wanted_signal_);
            } else {
                w->life_ = worker_process::life::over;
                w->pid_ = -1;
                w->end_.how = child_end::kind::unknown;
            }
        }
        if (w->started) w->started(child.error);
        if (child.error == 0) {
            workers_.push_back(std::move(w));
        } else {
            w->started = nullptr;  // what they hold may hold the process itself
            w->ended = nullptr;
        }
    }

    void bury(std::size_t i) {
        const auto w = workers_[i];
        const child_end end = reap(w->pidfd_.number());
        if (end.how == child_end::kind::running) return;
        workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(i));
        {
            const std::scoped_lock guard(w->lock_);
            w->life_ = worker_process::life::over;
            w->end_ = end;
            w->pidfd_.reset();
        }
        if (w->ended) w->ended(end);
        w->started = nullptr;
        w->ended = nullptr;
    }

    const ring::descriptor bell_;
    std::vector<std::shared_ptr<worker_process>> workers_;  // that run; the keeper's thread alone
    std::mutex lock_;
    std::deque<std::shared_ptr<worker_process>> new_;  // guarded by lock_, as the next one
    bool rests_ = false;
};

void start_worker(std::shared_ptr<worker_process> w) {
    require_init();
    keeper::instance().add(std::move(w));
}

std::string text_of(const child_end& end) {
    switch (end.how) {
    case child_end::kind::running:
        return "is running";
    case child_end::kind::exited:
        return "ended with exit code " + std::to_string(end.number);
    case child_end::kind::killed:
    case child_end::kind::dumped_core: {
        const char* const name = ::strsignal(end.number);
        return "was killed by signal " + std::to_string(end.number) + (name ? " (" + std::string(name) + ")" : "");
    }
    case child_end::kind::unknown:
        break;
    }
    return "ended, and somebody else took its status";
}

}  // namespace coil::process
