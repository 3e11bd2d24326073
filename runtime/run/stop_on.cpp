// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/stop_on.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/run/run_state.hpp>
#include <coil/runtime/run/stop_signals.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <string>
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
std::mutex lock;
std::vector<installed>& all_installed() {
    static auto* const all = new std::vector<installed>;
    return *all;
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

void stop_on(signal_list signals) {
    branch* current = this_thread.current;
    if (!current) throw std::logic_error("coil::stop_on was used outside of a task");
    auto& r = static_cast<run_state&>(current->root->owner().run());
    std::scoped_lock guard(lock);
    if (!all_installed().empty() && target.load() != &r)
        throw std::logic_error("coil::stop_on: another run of this process has taken the signals");
    target.store(&r);
    for (int number : signals) {
        struct sigaction mine {}, before {};
        mine.sa_handler = &on_signal;
        mine.sa_flags = SA_RESTART;
        ::sigfillset(&mine.sa_mask);
        if (::sigaction(number, &mine, &before) != 0)
            throw_errno(errno, "stop_on signal", std::to_string(number));
        all_installed().push_back({number, before});
    }
}

void release_stop_signals(run_state& r) noexcept {
    std::scoped_lock guard(lock);
    if (all_installed().empty()) return;
    run_state* self = &r;
    // if a signal has taken the target, the handlers are still ours
    if (!target.compare_exchange_strong(self, nullptr) && self != nullptr) return;
    for (auto i = all_installed().rbegin(); i != all_installed().rend(); ++i)
        ::sigaction(i->number, &i->before, nullptr);
    all_installed().clear();
    while (handlers_inside.load() != 0) {}  // one runs on another thread and may still use the run
}

}  // namespace coil
