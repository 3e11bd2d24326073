// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/stop_on.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/io/taken_signals.hpp>
#include <coil/runtime/run/run_state.hpp>
#include <coil/runtime/run/stop_signals.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace coil {

namespace {

// What the handler reads: the run that the signals stop. Null: a signal ends the process.
std::atomic<run_state*> target{nullptr};
std::atomic<int> handlers_inside{0};

struct installed {
    int number;
    struct sigaction before;
};
struct handlers {
    run_state* run = nullptr;  // for which they are installed
    std::vector<installed> all;

    void put_back(std::size_t down_to) noexcept {
        for (; all.size() != down_to; all.pop_back()) {
            ::sigaction(all.back().number, &all.back().before, nullptr);
            give_signal_back(all.back().number);
        }
    }
};
std::mutex lock;
handlers& taken() {
    static auto* const of_process = new handlers;
    return *of_process;
}

void on_signal(int number) {
    const int saved = errno;
    handlers_inside.fetch_add(1);
    run_state* r = target.exchange(nullptr);
    if (r) r->ask_to_stop();
    handlers_inside.fetch_sub(1);
    if (!r) {
        // the second one: end as if nobody had caught it
        struct sigaction plain {};
        plain.sa_handler = SIG_DFL;
        ::sigaction(number, &plain, nullptr);
        ::raise(number);
    }
    errno = saved;
}

}  // namespace

void stop_on(signal_list signals, place where) {
    branch* current = this_thread.current;
    if (!current) misuse("coil::stop_on was used outside of a task", where);
    auto& r = static_cast<run_state&>(current->root->owner().run());
    std::scoped_lock guard(lock);
    handlers& h = taken();
    if (h.run && h.run != &r) misuse("coil::stop_on: another run of this process has taken the signals", where);
    const std::size_t before = h.all.size();
    h.all.reserve(before + signal_list::most);
    if (!h.run) target.store(&r);  // else the first signal may have come already
    const auto undo = [&] {
        h.put_back(before);
        if (!h.run) target.store(nullptr);
    };
    for (int number : signals) {
        try {
            take_signal(number, signal_taker::stop_on);
        } catch (...) {
            undo();
            throw;
        }
        struct sigaction mine {}, old {};
        mine.sa_handler = &on_signal;
        mine.sa_flags = SA_RESTART;
        ::sigfillset(&mine.sa_mask);
        if (::sigaction(number, &mine, &old) != 0) {
            const int error = errno;
            give_signal_back(number);
            undo();
            throw_errno(error, "stop_on signal", std::to_string(number));
        }
        h.all.push_back({number, old});
    }
    h.run = &r;
}

void release_stop_signals(run_state& r) noexcept {
    std::scoped_lock guard(lock);
    handlers& h = taken();
    if (h.run != &r) return;
    target.store(nullptr);
    h.put_back(0);
    h.run = nullptr;
    while (handlers_inside.load() != 0) std::this_thread::yield();  // on another thread, and may still use the run
}

}  // namespace coil
