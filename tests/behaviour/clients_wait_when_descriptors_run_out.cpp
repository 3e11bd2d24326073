// SPDX-License-Identifier: BSL-1.0
// A server that runs out of descriptors: more clients than it may have wait in the line, none is reset; the server does
// not spin, which its visits to the ring show; and as descriptors return, all of them are served.
#include "../io/loopback.hpp"
#include "../io/low_limit.hpp"
#include "bad_day.hpp"
#include "open_before.hpp"

#include <coil/runtime.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
using io_test::tcp_listener;
using io_test::tcp_stream;

// Greets, and keeps the connection until the client leaves.
task<> greet(tcp_stream s, int& present, int& most) {
    most = std::max(most, ++present);
    char c = 0;
    co_await s.write("h");
    co_await s.read(coil::byte_span(&c, 1));
    co_await s.close();
    --present;
}

task<> serve(tcp_listener& l, int& accepted, int& present, int& most) {
    co_await coil::with_scope([&](coil::scope& connections) -> task<> {
        for (;;) {
            tcp_stream s = co_await l.accept();
            ++accepted;
            connections.spawn(greet(std::move(s), present, most));
        }
    });
}

task<> amain(tcp_listener& l, int& accepted, int& present, int& most, int count, int room) {
    auto& home = static_cast<coil::loop&>(*coil::this_thread.here);
    // all are in the line before the server looks at it
    std::vector<tcp_stream> clients;
    for (int i = 0; i != count; ++i)
        clients.push_back(co_await tcp_stream::connect(l.local_endpoint()));

    const int next = ::dup(0);  // the number that the next descriptor would have
    ::close(next);
    const io_test::low_limit few(static_cast<rlim_t>(next + room));
    (void)coil::spawn(serve(l, accepted, present, most), {.daemon = true});
    while (present != room)
        co_await coil::yield();

    // Nobody leaves: ten tries a second at most, three visits each, and some at the beginning, when the pauses are short.
    const auto begin = home.now();
    const auto looks = home.statistics().looks;
    co_await coil::sleep_for(300ms);
    const auto most_looks = 150 + 60 * static_cast<std::uint64_t>((home.now() - begin) / 1s);
    const auto visits = home.statistics().looks - looks;
    expect(visits < most_looks, "visits to the ring while nothing can be accepted: " + std::to_string(visits));
    expect_equal(accepted, room, "accepted while all stay");

    // Each one leaves once it was served; then somebody else is.
    int served = 0;
    std::vector<task<>> leaving;
    const auto leave = [&served](tcp_stream& s) -> task<> {
        char c = 0;
        co_await s.read_exactly(coil::byte_span(&c, 1));
        served += c == 'h';
        co_await s.shutdown_write();  // its own descriptor stays taken: those of the server must do
        expect(co_await s.read(coil::byte_span(&c, 1)) == 0, "the server closes in good order");
    };
    for (auto& s : clients)
        leaving.push_back(leave(s));
    co_await coil::when_all(std::move(leaving));
    expect_equal(served, count, "served");
    expect_equal(accepted, count, "accepted");
    expect_equal(most, room, "at most at once");
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    const bool full = bad_day::is_full(argc, argv);
    rlimit most{};  // the clients live in this process too
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    // the sanitizers look at a category once, and need a descriptor for that
    for (const std::error_category* c : {&std::system_category(), &std::generic_category()})
        (void)std::error_code(EMFILE, *c).message();
    coil::set_log_hook([](std::string_view) noexcept {});  // it says that it waits
    const bad_day::open_before descriptors;
    {
        tcp_listener l = io_test::listen();
        int accepted = 0, present = 0, at_once = 0;
        coil::run(amain(l, accepted, present, at_once, full ? 1000 : 60, full ? 32 : 12));
    }
    descriptors.expect_kept();
    return bad_day::verdict();
}
