// SPDX-License-Identifier: BSL-1.0
// Rows spawn1, spawn64, blocked, resident, cat and capture: coil.
#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>
#include <vector>

#include "../measure/row.hpp"
#include "children_work.hpp"

namespace {

using namespace children_work;
namespace process = coil::process;
using clock_type = std::chrono::steady_clock;

coil::task<> one() {
    const process::child c = co_await process::spawn({program});
    const process::exit_status end = co_await c.wait();
    if (!end.success()) std::abort();
}

coil::task<measure::result> one_by_one(std::uint64_t n) {
    co_await one();
    const measure::window w;
    for (std::uint64_t i = 0; i != n; ++i)
        co_await one();
    co_return w.stop(static_cast<double>(n));
}

coil::task<measure::result> many(std::uint64_t n) {
    std::vector<coil::task<>> all;
    all.reserve(n);
    const measure::window w;
    for (std::uint64_t i = 0; i != n; ++i)
        all.push_back(one());
    co_await coil::when_all(std::move(all), {.max_in_flight = in_flight});
    co_return w.stop(static_cast<double>(n));
}

// Of a task that does nothing but take its turns: when it had the last one, and when the first since somebody asked.
struct turns {
    clock_type::time_point first, last;
    bool asked = false, over = false;

    coil::task<> take() {
        while (!over) {
            co_await coil::yield();
            last = clock_type::now();
            if (std::exchange(asked, false)) first = last;
        }
    }
};

// What a spawn takes from those beside it on its thread: until another task has its turn, and again from the last turn of
// others until the child is there. In between the thread is theirs.
coil::task<measure::result> blocked(std::uint64_t n) {
    clock_type::duration spent{};
    turns others;
    auto beside = coil::spawn(others.take());
    const measure::window w;
    for (std::uint64_t i = 0; i != n; ++i) {
        const auto begin = clock_type::now();
        others.asked = true;
        const process::child c = co_await process::spawn({program});
        const auto end = clock_type::now();
        spent += others.asked ? end - begin : others.first - begin + (end - others.last);
        others.asked = false;
        co_await c.wait();
    }
    measure::result r = w.stop(static_cast<double>(n));
    others.over = true;
    co_await beside;
    r.seconds = std::chrono::duration<double>(spent).count();
    co_return r;
}

// How long this thread has stood in line for a core: the second word of the file.
class standing_in_line {
public:
    standing_in_line() : file_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}
    ~standing_in_line() { ::close(file_); }
    clock_type::duration so_far() const {
        char text[128] = {};
        if (::pread(file_, text, sizeof text - 1, 0) <= 0) std::abort();
        char* at = nullptr;
        std::strtoull(text, &at, 10);
        return std::chrono::nanoseconds(std::strtoull(at, nullptr, 10));
    }

private:
    int file_;
};

// How long the loop is away while 64 children are begun at once: the longest stretch between two turns of a task that
// does nothing but take its turns. That the children want the cores as well is no matter of the loop's, and is taken off.
coil::task<measure::result> burst(std::uint64_t n) {
    clock_type::duration longest{};
    bool over = false;
    auto beside = coil::spawn([](clock_type::duration& most, bool& end) -> coil::task<> {
        const standing_in_line line;
        auto before = clock_type::now();
        auto stood = line.so_far();
        while (!end) {
            co_await coil::yield();
            const auto now = clock_type::now();
            const auto stands = line.so_far();
            most = std::max(most, now - before - (stands - stood));
            before = now;
            stood = stands;
        }
    }(longest, over));
    const measure::result r = co_await many(n);
    over = true;
    co_await beside;
    measure::result stretch = r;
    stretch.seconds = std::chrono::duration<double>(longest).count();
    stretch.operations = 1;
    co_return stretch;
}

coil::task<> write_all(process::pipe_end& to, std::uint64_t n) {
    const std::vector<char> piece(1 << 20, 'x');
    for (std::uint64_t i = 0; i != n; ++i)
        co_await to.write(piece);
    to.close();
}

coil::task<> read_all(process::pipe_end& from) {
    std::vector<char> room(1 << 20);
    std::size_t got = 1;
    while (got != 0)
        got = co_await from.read(room);
}

coil::task<measure::result> through_cat(std::uint64_t n, process::stdio way) {
    process::child c = co_await process::spawn({"/bin/cat"}, {.in = way, .out = way});
    const measure::window w;
    co_await coil::when_all(write_all(c.in(), n), read_all(c.out()));
    measure::result r = w.stop(static_cast<double>(n));
    co_await c.wait();
    co_return r;
}

coil::task<measure::result> capture(std::uint64_t n) {
    const measure::window w;
    for (std::uint64_t i = 0; i != n; ++i) {
        process::child c = co_await process::spawn({"/bin/sh", "-c", captured_script}, {.out = process::pipe});
        const process::completed r = co_await c.communicate();
        if (r.out.size() != captured) std::abort();
    }
    co_return w.stop(static_cast<double>(n));
}

constexpr auto whole = measure::shape::whole;
const measure::enrol all[] = {
    {"spawn1/coil", some, [](std::uint64_t n) { return coil::run(one_by_one(n)); }, whole},
    {"spawn64/coil", 4 * some, [](std::uint64_t n) { return coil::run(many(n)); }, whole},
    {"spawn_blocks/coil", some, [](std::uint64_t n) { return coil::run(blocked(n)); }, whole},
    {"spawn_burst/coil", in_flight, [](std::uint64_t n) { return coil::run(burst(n)); }, whole},
    {"spawn_resident/coil", some, [](std::uint64_t n) {
         const ballast heavy;
         measure::result r = coil::run(one_by_one(n));
         r.extra = heavy.gibibytes();
         return r;
     }, whole},
    {"cat/coil", mebibytes, [](std::uint64_t n) { return coil::run(through_cat(n, process::pipe)); }, whole},
    {"cat/coil_large", mebibytes, [](std::uint64_t n) { return coil::run(through_cat(n, process::pipe.sized(1 << 20))); }, whole},
    {"cat/coil_fast", mebibytes, [](std::uint64_t n) { return coil::run(through_cat(n, process::fast_pipe)); }, whole},
    {"capture/coil", some, [](std::uint64_t n) { return coil::run(capture(n)); }, whole},
};

}  // namespace
