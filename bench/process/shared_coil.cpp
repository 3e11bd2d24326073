// SPDX-License-Identifier: BSL-1.0
// Rows shared_*: what processes share. A queue between two processes, by awaiting, and two that ask and answer; a lock and a value that nobody else
// wants; how long the one who waits for a lock waits after its owner was killed.
#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <poll.h>
#include <sys/syscall.h>

#include <cstdint>
#include <system_error>

#include "../measure/row.hpp"
#include "shared_work.hpp"

namespace {

namespace process = coil::process;

using shared_work::parcel;
using shared_work::room;

template <std::size_t Size>
constexpr const char* child = Size <= 64 ? "shared_queue_64/child" : "shared_queue_64k/child";

template <std::size_t Size>
measure::result puts(std::uint64_t n) {
    std::vector<std::byte> bytes;
    auto objects = shared_work::given(bytes);
    auto q = process::queue<parcel<Size>>::decode(objects);
    shared_work::tell_parent();
    const auto body = [&]() -> coil::task<> {
        const parcel<Size> one;
        for (std::uint64_t i = 0; i < n; ++i)
            co_await q.put(one);
    };
    coil::run(body());
    for (;;)
        ::pause();
}

template <std::size_t Size>
measure::result gets(std::uint64_t n) {
    process::queue<parcel<Size>> q{room<Size>};
    shared_work::other_process other(child<Size>, n, q);
    const measure::window w;
    const auto body = [&]() -> coil::task<> {
        for (std::uint64_t i = 0; i < n; ++i) {
            auto v = co_await q.get();
            measure::keep(v);
        }
    };
    coil::run(body());
    return w.stop(static_cast<double>(n));
}

measure::result answers(std::uint64_t n) {
    std::vector<std::byte> bytes;
    auto objects = shared_work::given(bytes);
    auto asked = process::queue<std::uint64_t>::decode(objects);
    auto answered = process::queue<std::uint64_t>::decode(objects);
    shared_work::tell_parent();
    const auto body = [&]() -> coil::task<> {
        for (std::uint64_t i = 0; i < n; ++i) {
            const auto question = co_await asked.get();
            co_await answered.put(*question);
        }
    };
    coil::run(body());
    for (;;)
        ::pause();
}

// A number there by one queue and back by another.
measure::result trips(std::uint64_t n) {
    process::queue<std::uint64_t> asked{shared_work::few}, answered{shared_work::few};
    shared_work::other_process other("shared_trip/child", n, asked, answered);
    const measure::window w;
    const auto body = [&]() -> coil::task<> {
        for (std::uint64_t i = 0; i < n; ++i) {
            co_await asked.put(i);
            auto v = co_await answered.get();
            measure::keep(v);
        }
    };
    coil::run(body());
    return w.stop(static_cast<double>(n));
}

measure::result lock(std::uint64_t n) {
    process::mutex m;
    measure::result r;
    const auto body = [&]() -> coil::task<> {
        const measure::window w;
        for (std::uint64_t i = 0; i < n; ++i) {
            const auto g = co_await m.lock();
        }
        r = w.stop(static_cast<double>(n));
    };
    coil::run(body());
    return r;
}

measure::result value(std::uint64_t n) {
    process::shared_value<std::uint64_t> v{0};
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        v += 1;
    return w.stop(static_cast<double>(n));
}

measure::result locks_and_dies(std::uint64_t) {
    std::vector<std::byte> bytes;
    auto objects = shared_work::given(bytes);
    auto m = process::mutex::decode(objects);
    const auto g = m.lock_blocking();
    shared_work::tell_parent();
    for (;;)
        ::pause();
}

// What the kernel takes of that: from the kill of the same process until its pidfd is ready.
measure::result end_by_pidfd(std::uint64_t n) {
    measure::result sum;
    for (std::uint64_t i = 0; i < n; ++i) {
        process::mutex m;
        shared_work::other_process other("shared_recovery/child", 1, m);
        pollfd end{static_cast<int>(::syscall(SYS_pidfd_open, other.pid(), 0)), POLLIN, 0};
        const measure::window w;
        other.kill();
        if (::poll(&end, 1, -1) != 1) std::abort();
        const measure::result one = w.stop(1);
        sum.seconds += one.seconds;
        sum.cpu_seconds += one.cpu_seconds;
        sum.operations += 1;
        ::close(end.fd);
    }
    return sum;
}

// From the kill to the moment when the waiting task has been told.
measure::result recovery(std::uint64_t n) {
    measure::result sum;
    const auto body = [&]() -> coil::task<> {
        for (std::uint64_t i = 0; i < n; ++i) {
            process::mutex m;
            shared_work::other_process other("shared_recovery/child", 1, m);
            const auto waits = [&]() -> coil::task<> {
                try {
                    const auto g = co_await m.lock();
                } catch (const std::system_error&) {
                }
            };
            auto h = coil::spawn(waits());
            co_await coil::sleep_for(std::chrono::milliseconds(1));
            const measure::window w;
            other.kill();
            co_await h;
            const measure::result one = w.stop(1);
            sum.seconds += one.seconds;
            sum.cpu_seconds += one.cpu_seconds;
            sum.operations += 1;
        }
    };
    coil::run(body());
    return sum;
}

const measure::enrol all[] = {
    {"shared_queue_64/coil", shared_work::messages<64>, gets<64>, measure::shape::whole},
    {"shared_queue_64/child", 1, puts<64>, measure::shape::whole},
    {"shared_queue_64k/coil", shared_work::messages<65536>, gets<65536>, measure::shape::whole},
    {"shared_queue_64k/child", 1, puts<65536>, measure::shape::whole},
    {"shared_trip/coil", shared_work::trips, trips, measure::shape::whole},
    {"shared_trip/child", 1, answers, measure::shape::whole},
    {"shared_lock/coil", 100'000, lock},
    {"shared_value/coil", 100'000, value},
    {"shared_recovery/pidfd", 50, end_by_pidfd, measure::shape::whole},
    {"shared_recovery/coil", 50, recovery, measure::shape::whole},
    {"shared_recovery/child", 1, locks_and_dies, measure::shape::whole},
};

}  // namespace
