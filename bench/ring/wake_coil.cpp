// SPDX-License-Identifier: BSL-1.0
// Row wake: two of coil's loops that post to each other.
#include <coil/runtime.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>

#include "../measure/gate.hpp"
#include "../measure/row.hpp"

namespace {

struct side {
    coil::loop loop;
    measure::gate over;

    // `begin` is called once the loop turns, so after the gate has been reached.
    template <class F>
    void run(F begin) {
        auto body = [&]() -> coil::task<> {
            loop.post(begin);
            co_await over;
        };
        loop.run(body());
    }
};

struct bounce {
    side& from;
    side& to;
    std::uint64_t& left;
    void operator()() const {
        if (--left == 0) {
            from.over.open();
            to.over.open();
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
        there->run([&] {
            made.store(true);
            made.notify_one();
        });
        over.wait(false);
    });
    made.wait(false);
    std::optional<measure::window> w;
    here.run([&] {
        w.emplace();
        there->loop.post(bounce{*there, here, left});
    });
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
