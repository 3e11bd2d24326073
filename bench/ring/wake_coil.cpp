// SPDX-License-Identifier: BSL-1.0
// Row wake: two of coil's loops that post to each other.
#include <coil/runtime.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <thread>

#include "../measure/row.hpp"

namespace {

// A loop that runs until its resolver is called.
coil::task<> until_resolved(std::optional<coil::resolver<int>>& out, std::function<void()> begin) {
    auto keep = [&](coil::resolver<int> r) {
        out.emplace(std::move(r));
        if (begin) begin();
    };
    co_await coil::from_callback<int>(keep);
}

struct bounce {
    coil::loop& from;
    coil::loop& to;
    std::optional<coil::resolver<int>>& end_from;
    std::optional<coil::resolver<int>>& end_to;
    std::uint64_t& left;
    void operator()() const {
        if (--left == 0) {
            (*end_from)(0);
            (*end_to)(0);
        } else {
            to.post(bounce{to, from, end_to, end_from, left});
        }
    }
};

measure::result ping_pong(std::uint64_t n) {
    coil::loop here;
    std::optional<coil::resolver<int>> end_here;
    std::optional<coil::resolver<int>> end_there;
    std::uint64_t left = n;
    std::optional<measure::window> w;
    std::optional<coil::loop> there;
    std::atomic<bool> made{false};
    std::thread other([&] {
        there.emplace();
        auto ready = [&] {
            made.store(true);
            made.notify_one();
        };
        there->run(until_resolved(end_there, ready));
        made.wait(true);
    });
    made.wait(false);
    auto begin = [&] {
        w.emplace();
        there->post(bounce{*there, here, end_there, end_here, left});
    };
    here.run(until_resolved(end_here, begin));
    const measure::result r = w->stop(static_cast<double>(n));
    made.store(false);
    made.notify_one();
    other.join();
    return r;
}

const measure::enrol all[] = {
    {"wake/coil", 20'000, ping_pong},
};

}  // namespace
