// SPDX-License-Identifier: BSL-1.0
#include <coil/process/launching.hpp>

#include <coil/process/nursery.hpp>
#include <coil/runtime/async/offload.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/ring/tick.hpp>

#include <coroutine>
#include <exception>
#include <utility>

namespace coil::process {

namespace {

// After a launch of its own a thread leaves the next ones to the nursery until four times as long has passed, and as long
// as that has others to make: so children one after another cost no hop, and a burst costs the thread its first.
constexpr int rests = 4;
constinit thread_local time_point rested_at{};

time_point present() noexcept {
    return ring::time_of(ring::read_tick());
}

launched launch_here(const launch& what, time_point begin) {
    const launched made = start_child(what);
    const time_point end = present();
    rested_at = end + rests * (end - begin);
    return made;
}

struct start {
    launched operator()() const { return start_child(*what); }
    const launch* what;
};

class in_nursery : public offload<start&> {
public:
    explicit in_nursery(start& s) : offload(s) {}
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
        return enter(h, [this] {
            try {
                nursery::of_process().submit(call_);
                return true;
            } catch (...) {
                refused_ = std::current_exception();
                return false;
            }
        }) ? std::noop_coroutine() : h;
    }
    launched await_resume() {
        if (refused_) std::rethrow_exception(refused_);
        return take();
    }

private:
    std::exception_ptr refused_;
};

}  // namespace

task<launched> launch_child(const launch& what) {
    const time_point now = present();
    if (what.death_signal == 0 && now >= rested_at && !nursery::is_busy()) co_return launch_here(what, now);
    start s{&what};
    co_return co_await in_nursery(s);
}

}  // namespace coil::process
