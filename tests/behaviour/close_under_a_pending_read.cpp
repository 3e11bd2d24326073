// SPDX-License-Identifier: BSL-1.0
// A stream is closed while somebody waits to read it: that read ends, and no byte of the old peer reaches the file that
// gets the number next.
#include "../io/loopback.hpp"
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <system_error>
#include <utility>

namespace {

using bad_day::expect;
using coil::task;
using io_test::tcp_stream;

enum class way { read, receive, exactly };
enum class end { closed, destroyed, assigned };

task<> waits(tcp_stream& s, way how, std::error_code& ended) {
    std::array<std::byte, 8> to;
    try {
        if (how == way::read) (void)co_await s.read(to);
        else if (how == way::receive) (void)co_await s.receive();
        else (void)co_await s.read_exactly(to);
    } catch (const std::system_error& e) {
        ended = e.code();
    }
}

task<> once(way how, end by, bool on_pool) {
    auto ends = co_await io_test::connected();
    tcp_stream peer = std::move(ends.server);
    const int number = ends.client.native_handle();
    std::error_code ended;
    auto reader = on_pool ? coil::spawn_on(coil::pool(), waits(ends.client, how, ended))
                          : coil::spawn(waits(ends.client, how, ended));
    co_await io_test::suspended(reader);
    if (by == end::closed) co_await ends.client.close();
    else if (by == end::destroyed) {
        const tcp_stream gone = std::move(ends.client);
    } else ends.client = tcp_stream();
    co_await reader;
    expect(ended == std::errc::operation_canceled, "the read says that it was ended: " + ended.message());

    // nothing is in flight, so the number is free
    std::array<int, 2> next{};
    expect(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, next.data()) == 0, "another pair of sockets");
    expect(next[0] == number || next[1] == number, "the number is free again");
    auto late = co_await coil::as_result(peer.write("late"));
    for (int i = 0; i != 3; ++i)
        co_await coil::yield();
    std::byte b{};
    expect(::recv(next[0], &b, 1, MSG_DONTWAIT) < 0, "nothing has come to the new file");
    expect(::recv(next[1], &b, 1, MSG_DONTWAIT) < 0, "nothing has come to its other end");
    ::close(next[0]);
    ::close(next[1]);
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog watch;
    const long rounds = full_size(bad_day::is_full(argc, argv) ? 10'000 : 200);
    coil::run(coil::blocking([] {}));
    const auto before = io_test::open_descriptors();
    for (const way how : {way::read, way::receive, way::exactly})
        for (const end by : {end::closed, end::destroyed, end::assigned})
            for (const bool on_pool : {false, true})
                coil::run([](way h, end e, bool p, long n) -> task<> {
                    for (long i = 0; i < n; ++i)
                        co_await once(h, e, p);
                }(how, by, on_pool, rounds / 10));
    bad_day::expect_equal(io_test::open_descriptors(), before, "open descriptors");
    return bad_day::verdict();
}
