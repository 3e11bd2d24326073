// SPDX-License-Identifier: BSL-1.0
// Row wake: two of coil's loops that post to each other.
#include <coil/runtime.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>

#include "../measure/row.hpp"

namespace {

// Keeps a loop running, and asleep when nothing was posted, until `end` is called from any thread.
class vigil {
public:
    coil::task<> keep(std::function<void()> begin) {
        guard_ = coil::spawn(coil::sleep_for(std::chrono::hours(1)));
        if (begin) begin();
        try {
            co_await guard_;
        } catch (const coil::cancelled&) {
        }
    }
    void end() { guard_.cancel(); }

private:
    coil::join_handle<> guard_;
};

struct side {
    coil::loop loop;
    vigil open;
};

struct bounce {
    side& from;
    side& to;
    std::uint64_t& left;
    void operator()() const {
        if (--left == 0) {
            from.open.end();
            to.open.end();
        } else {
            to.loop.post(bounce{to, from, left});
        }
    }
};

measure::result ping_pong(std::uint64_t n) {
    side here;
    std::optional<side> there;
    std::uint64_t left = n;
    std::atomic<bool> made{false};
    std::atomic<bool> over{false};
    std::thread other([&] {
        there.emplace();  // by the thread that runs it
        there->loop.run(there->open.keep([&] {
            made.store(true);
            made.notify_one();
        }));
        over.wait(false);
    });
    made.wait(false);
    std::optional<measure::window> w;
    here.loop.run(here.open.keep([&] {
        w.emplace();
        there->loop.post(bounce{*there, here, left});
    }));
    const measure::result r = w->stop(static_cast<double>(n));
    over.store(true);
    over.notify_one();
    other.join();
    return r;
}

const measure::enrol all[] = {
    {"wake/coil", 20'000, ping_pong},
};

}  // namespace
