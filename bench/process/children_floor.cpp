// SPDX-License-Identifier: BSL-1.0
// Rows spawn1, spawn64, blocked, resident, cat and capture: by hand, and posix_spawn.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>
#include <vector>

#include "../measure/row.hpp"
#include "children_work.hpp"
#include "floor_child.hpp"

namespace {

using namespace children_work;
using clock_type = std::chrono::steady_clock;

const char* const arguments[] = {program, nullptr};

struct by_clone3 {
    static void start(floor_of::child& c) { floor_of::start(c); }
    static void finish(floor_of::child& c) { floor_of::finish(c); }
};

struct by_posix_spawn {
    static void start(floor_of::child& c) {
        if (posix_spawn(&c.pidfd, c.arguments[0], nullptr, nullptr, const_cast<char* const*>(c.arguments), environ) != 0)
            std::abort();
    }
    static void finish(floor_of::child& c) { waitpid(c.pidfd, nullptr, 0); }
};

template <class Way>
measure::result one_by_one(std::uint64_t n) {
    const measure::window w;
    for (std::uint64_t i = 0; i != n; ++i) {
        floor_of::child c{arguments};
        Way::start(c);
        Way::finish(c);
    }
    return w.stop(static_cast<double>(n));
}

template <class Way>
measure::result many(std::uint64_t n) {
    std::vector<floor_of::child> alive(in_flight, floor_of::child{arguments});
    const measure::window w;
    for (std::uint64_t i = 0; i != n + in_flight; ++i) {
        floor_of::child& c = alive[i % in_flight];
        if (i >= in_flight) Way::finish(c);
        if (i < n) Way::start(c);
    }
    return w.stop(static_cast<double>(n));
}

template <class Way>
measure::result blocked(std::uint64_t n) {
    clock_type::duration spent{};
    const measure::window w;
    for (std::uint64_t i = 0; i != n; ++i) {
        floor_of::child c{arguments};
        const auto begin = clock_type::now();
        Way::start(c);
        spent += clock_type::now() - begin;
        Way::finish(c);
    }
    measure::result r = w.stop(static_cast<double>(n));
    r.seconds = std::chrono::duration<double>(spent).count();
    return r;
}

template <class Way>
measure::result resident(std::uint64_t n) {
    const ballast heavy;
    measure::result r = one_by_one<Way>(n);
    r.extra = heavy.gibibytes();
    return r;
}

struct ends {
    int reader, writer;
};

ends pipe_ends() {
    int two[2];
    if (pipe2(two, O_CLOEXEC) != 0) std::abort();
    return {two[0], two[1]};
}

ends socket_ends() {
    int two[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, two) != 0) std::abort();
    const int size = 1 << 20;
    setsockopt(two[1], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    return {two[0], two[1]};
}

// A thread writes, this one reads.
measure::result through_cat(std::uint64_t n, ends (*make)()) {
    static const char* const cat[] = {"/bin/cat", nullptr};
    const ends in = make(), out = make();
    floor_of::child c{cat, in.reader, out.writer};
    floor_of::start(c);
    close(in.reader);
    close(out.writer);
    const measure::window w;
    std::thread writer([&] {
        const std::vector<char> piece(1 << 20, 'x');
        for (std::uint64_t i = 0; i != n; ++i)
            for (std::size_t done = 0; done != piece.size();) {
                const ssize_t some_bytes = write(in.writer, piece.data() + done, piece.size() - done);
                if (some_bytes <= 0) std::abort();
                done += static_cast<std::size_t>(some_bytes);
            }
        close(in.writer);
    });
    std::vector<char> room(1 << 20);
    while (read(out.reader, room.data(), room.size()) > 0) {}
    writer.join();
    measure::result r = w.stop(static_cast<double>(n));
    close(out.reader);
    floor_of::finish(c);
    return r;
}

measure::result capture(std::uint64_t n) {
    static const char* const script[] = {"/bin/sh", "-c", captured_script, nullptr};
    std::vector<char> room(captured + 1);
    const measure::window w;
    for (std::uint64_t i = 0; i != n; ++i) {
        const ends out = pipe_ends();
        floor_of::child c{script, -1, out.writer};
        floor_of::start(c);
        close(out.writer);
        std::size_t got = 0;
        for (ssize_t k; (k = read(out.reader, room.data() + got, room.size() - got)) > 0;)
            got += static_cast<std::size_t>(k);
        if (got != captured) std::abort();
        close(out.reader);
        floor_of::finish(c);
    }
    return w.stop(static_cast<double>(n));
}

constexpr auto whole = measure::shape::whole;
const measure::enrol all[] = {
    {"spawn1/clone3", some, one_by_one<by_clone3>, whole},
    {"spawn1/posix_spawn", some, one_by_one<by_posix_spawn>, whole},
    {"spawn64/clone3", 4 * some, many<by_clone3>, whole},
    {"spawn64/posix_spawn", 4 * some, many<by_posix_spawn>, whole},
    {"spawn_blocks/clone3", some, blocked<by_clone3>, whole},
    {"spawn_blocks/posix_spawn", some, blocked<by_posix_spawn>, whole},
    {"spawn_resident/clone3", some, resident<by_clone3>, whole},
    {"spawn_resident/posix_spawn", some, resident<by_posix_spawn>, whole},
    {"cat/pipes", mebibytes, [](std::uint64_t n) { return through_cat(n, &pipe_ends); }, whole},
    {"cat/sockets", mebibytes, [](std::uint64_t n) { return through_cat(n, &socket_ends); }, whole},
    {"capture/clone3", some, capture, whole},
};

}  // namespace
