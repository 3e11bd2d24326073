// SPDX-License-Identifier: BSL-1.0
// Row wake: two io_contexts of Asio that post to each other.
#include <asio.hpp>

#include <cstdint>
#include <thread>

#include "../measure/row.hpp"

namespace {

measure::result ping_pong(std::uint64_t n) {
    asio::io_context here;
    asio::io_context there;
    auto guard_here = asio::make_work_guard(here);
    auto guard_there = asio::make_work_guard(there);
    std::uint64_t left = n;
    struct bounce {
        asio::io_context& from;
        asio::io_context& to;
        std::uint64_t& left;
        void operator()() const {
            if (--left == 0) {
                from.stop();
                to.stop();
            } else {
                asio::post(to, bounce{to, from, left});
            }
        }
    };
    std::thread other([&] { there.run(); });
    const measure::window w;
    asio::post(there, bounce{there, here, left});
    here.run();
    const measure::result r = w.stop(static_cast<double>(n));
    other.join();
    return r;
}

const measure::enrol all[] = {
    {"wake/asio", 20'000, ping_pong},
};

}  // namespace
