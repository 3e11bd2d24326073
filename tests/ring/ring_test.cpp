// SPDX-License-Identifier: BSL-1.0
// What every side of the seam promises.
#include <coil/runtime/ring/ring.hpp>

#include "sides.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

using namespace ring_test;

TEST_CASE_TEMPLATE("an entry is answered by one completion with its user_data", Side, EVERY_SIDE) {
    auto r = Side::make();
    take_nop(*r, tag(7));
    CHECK(r->unsubmitted() == 1);
    const auto seen = wait_for(*r, 1);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].user_data == tag(7));
    CHECK(seen[0].res == 0);
    CHECK(r->unsubmitted() == 0);
    CHECK_FALSE(r->has_completions());
}

TEST_CASE_TEMPLATE("a batch is answered entry by entry, each once", Side, EVERY_SIDE) {
    auto r = Side::make();
    for (std::uint64_t i = 0; i < 100; ++i)
        take_nop(*r, tag(i));
    std::map<std::uint64_t, int> count;
    for (const auto& c : wait_for(*r, 100))
        ++count[c.user_data];
    CHECK(count.size() == 100);
    for (std::uint64_t i = 0; i < 100; ++i)
        CHECK(count[tag(i)] == 1);
}

TEST_CASE_TEMPLATE("a hundred thousand entries taken at once are all answered", Side, EVERY_SIDE) {
    auto r = Side::make();
    std::vector<int> count(100'000);
    for (std::uint64_t i = 0; i < count.size(); ++i)
        take_nop(*r, tag(i));
    for (const auto& c : wait_for(*r, count.size()))
        ++count[c.user_data - tag(0)];
    CHECK(std::all_of(count.begin(), count.end(), [](int n) { return n == 1; }));
    r->submit_and_wait(at_once);
    CHECK(reap(*r).empty());
}

TEST_CASE_TEMPLATE("completions that found no room in the queue cost time only", Side, EVERY_SIDE) {
    auto r = Side::make(4, 8);
    std::vector<int> count(400);
    for (std::uint64_t i = 0; i < count.size(); ++i)
        take_nop(*r, tag(i));
    for (const auto& c : wait_for(*r, count.size()))
        ++count[c.user_data - tag(0)];
    CHECK(std::all_of(count.begin(), count.end(), [](int n) { return n == 1; }));
}

TEST_CASE_TEMPLATE("the deadline ends a wait in which nothing completes", Side, EVERY_SIDE) {
    auto r = Side::make();
    const time_point deadline = r->clock() + std::chrono::milliseconds(2);
    while (r->clock() < deadline)
        r->submit_and_wait(deadline);
    CHECK(reap(*r).empty());
    r->submit_and_wait(r->clock() - std::chrono::hours(2));  // long past: returns
    r->submit_and_wait(time_point{});
}

TEST_CASE_TEMPLATE("a wait with a deadline is ended by a completion", Side, EVERY_SIDE) {
    auto r = Side::make();
    take_nop(*r, tag(0));
    const time_point deadline = r->clock() + std::chrono::hours(10);
    std::vector<completion> seen;
    while (seen.empty()) {
        r->submit_and_wait(deadline);
        seen = reap(*r);
    }
    CHECK(r->clock() < deadline);
}

TEST_CASE_TEMPLATE("a timeout entry ends with ETIME, a cancelled one with ECANCELED", Side, EVERY_SIDE) {
    auto r = Side::make();
    __kernel_timespec soon{0, 1000};
    take_timeout(*r, soon, tag(0));
    auto seen = wait_for(*r, 1);
    CHECK(seen[0].res == -ETIME);

    __kernel_timespec late{36000, 0};
    take_timeout(*r, late, tag(1));
    r->submit_and_wait(at_once);
    CHECK(reap(*r).empty());
    take_cancel(*r, tag(1), tag(2));
    std::map<std::uint64_t, int> result;
    for (const auto& c : wait_for(*r, 2))
        result[c.user_data] = c.res;
    CHECK(result.at(tag(1)) == -ECANCELED);
    CHECK(result.at(tag(2)) == 0);
}

TEST_CASE_TEMPLATE("cancelling what is not there is ENOENT", Side, EVERY_SIDE) {
    auto r = Side::make();
    take_cancel(*r, tag(1), tag(2));
    CHECK(wait_for(*r, 1)[0].res == -ENOENT);
}

TEST_CASE_TEMPLATE("ignored entries and silent successes are not reaped", Side, EVERY_SIDE) {
    auto r = Side::make();
    take_nop(*r, coil::ring::ignored);
    io_uring_sqe& silent = r->take();
    io_uring_prep_nop(&silent);
    silent.flags = IOSQE_CQE_SKIP_SUCCESS;
    silent.user_data = tag(1);
    take_nop(*r, tag(2));
    const auto seen = wait_for(*r, 1);
    CHECK(seen.size() == 1);
    CHECK(seen[0].user_data == tag(2));
    r->submit_and_wait(at_once);
    CHECK(reap(*r).empty());
}

TEST_CASE_TEMPLATE("a wake-up from another thread ends a wait without limit", Side, EVERY_SIDE) {
    auto r = Side::make();
    r->submit_and_wait(at_once);
    for (int round = 0; round < 100; ++round) {
        std::atomic<bool> told{false};
        std::thread other([&] {
            told = true;
            r->wake();
        });
        while (!told)
            r->submit_and_wait(never);
        other.join();
        CHECK(reap(*r).empty());
        r->submit_and_wait(at_once);  // where the wake-up was not consumed by the wait
    }
}

TEST_CASE_TEMPLATE("a wake-up is kept for the next wait, even before the first", Side, EVERY_SIDE) {
    auto r = Side::make();
    std::thread([&] { r->wake(); }).join();
    r->submit_and_wait(never);
    CHECK(reap(*r).empty());
    std::thread([&] { r->wake(); }).join();
    r->submit_and_wait(never);
    CHECK(reap(*r).empty());
}

TEST_CASE_TEMPLATE("wake-ups that nobody waits for are harmless", Side, EVERY_SIDE) {
    auto r = Side::make(4, 8);
    r->submit_and_wait(at_once);
    for (int i = 0; i < 1000; ++i)
        r->wake();
    take_nop(*r, tag(1));
    const auto seen = wait_for(*r, 1);
    CHECK(seen.size() == 1);
    CHECK(seen[0].user_data == tag(1));
    for (int i = 0; i < 200 && r->has_completions(); ++i)
        r->submit_and_wait(at_once), reap(*r);
    r->submit_and_wait(at_once);
    CHECK(reap(*r).empty());
    r->wake();  // and one that counts still comes through
    r->submit_and_wait(never);
}

TEST_CASE_TEMPLATE("another thread than the first is refused with a clear error", Side, EVERY_SIDE) {
    auto r = Side::make();
    r->submit_and_wait(at_once);
    std::string text;
    std::thread([&] {
        try {
            r->submit_and_wait(at_once);
        } catch (const std::logic_error& e) {
            text = e.what();
        }
    }).join();
    CHECK(text.find("thread") != std::string::npos);
    take_nop(*r, tag(0));  // and the owner goes on
    CHECK(wait_for(*r, 1).size() == 1);
}

TEST_CASE_TEMPLATE("a ring may be made on one thread and run on another", Side, EVERY_SIDE) {
    auto r = Side::make();
    std::size_t count = 0;
    std::thread([&] {
        take_nop(*r, tag(0));
        count = wait_for(*r, 1).size();
    }).join();
    CHECK(count == 1);
}

TEST_CASE_TEMPLATE("the function given to reap may take entries", Side, EVERY_SIDE) {
    auto r = Side::make(2, 2);
    std::vector<int> count(300);
    int left = 2;
    take_nop(*r, tag(0));
    take_nop(*r, tag(1));
    std::uint64_t next = 2;
    while (left > 0) {
        r->submit_and_wait(never);
        r->reap([&](std::uint64_t user_data, std::int32_t, std::uint32_t) {
            ++count[user_data - tag(0)];
            --left;
            for (int i = 0; i < 3 && next < count.size(); ++i, ++left)
                take_nop(*r, tag(next++));
        });
    }
    CHECK(std::all_of(count.begin(), count.end(), [](int n) { return n == 1; }));
}

TEST_CASE_TEMPLATE("a completion is delivered once even if its function throws", Side, EVERY_SIDE) {
    auto r = Side::make();
    take_nop(*r, tag(0));
    take_nop(*r, tag(1));
    std::vector<std::uint64_t> seen;
    while (seen.size() < 2) {
        r->submit_and_wait(never);
        try {
            r->reap([&](std::uint64_t user_data, std::int32_t, std::uint32_t) {
                seen.push_back(user_data);
                throw 1;
            });
        } catch (int) {}
    }
    std::sort(seen.begin(), seen.end());
    CHECK(seen == std::vector<std::uint64_t>{tag(0), tag(1)});
}

TEST_CASE_TEMPLATE("a stamp is a time between the clock's readings around it", Side, EVERY_SIDE) {
    auto r = Side::make();
    const auto noise = std::chrono::milliseconds(5);  // a preempted thread between the two reads
    for (int i = 0; i < 100; ++i) {
        const time_point before = r->clock();
        const coil::ring::tick t = r->stamp();
        const time_point after = r->clock();
        const time_point time = r->time(t);
        CHECK(time >= before - noise);
        CHECK(time <= after + noise);
        CHECK(time <= r->clock());
    }
}

TEST_CASE_TEMPLATE("a read waits for the bytes of a write", Side, EVERY_SIDE) {
    auto r = Side::make();
    test_pipe p(*r);
    std::array<char, 8> to{};
    take_read(*r, p.reader(), to.data(), 8, tag(1));
    r->submit_and_wait(at_once);
    CHECK(reap(*r).empty());
    take_write(*r, p.writer(), "hello", 5, tag(2));
    for (const auto& c : wait_for(*r, 2))
        CHECK(c.res == 5);
    CHECK(std::string(to.data()) == "hello");
}

TEST_CASE_TEMPLATE("a read ends with 0 when the writer is gone, a write with EPIPE", Side, EVERY_SIDE) {
    auto r = Side::make();
    std::array<char, 8> to{};
    {
        test_pipe p(*r);
        take_read(*r, p.reader(), to.data(), 8, tag(1));
        r->submit_and_wait(at_once);
        p.close_writer();
        CHECK(wait_for(*r, 1)[0].res == 0);
    }
    test_pipe p(*r);
    p.close_reader();
    signal(SIGPIPE, SIG_IGN);
    take_write(*r, p.writer(), "x", 1, tag(1));
    CHECK(wait_for(*r, 1)[0].res == -EPIPE);
    CHECK(r->now(call::write(p.writer(), "x", 1)) == -EPIPE);
    signal(SIGPIPE, SIG_DFL);
}

TEST_CASE_TEMPLATE("a try does not wait", Side, EVERY_SIDE) {
    auto r = Side::make();
    test_pipe p(*r);
    std::array<char, 8> to{};
    const auto tried = r->now(call::read(p.reader(), to.data(), 8));
    CHECK(tried == -EAGAIN);
    const auto written = r->now(call::write(p.writer(), "abc", 3));
    REQUIRE((written == 3 || written == -EAGAIN));  // a kernel may be unable to try on a pipe
    if (written != 3) return;
    CHECK(r->now(call::read(p.reader(), to.data(), 8)) == 3);
    CHECK(std::string(to.data()) == "abc");
}

TEST_CASE_TEMPLATE("a descriptor that is no longer there is EBADF", Side, EVERY_SIDE) {
    auto r = Side::make();
    test_pipe p(*r);
    const int fd = p.reader();
    p.close_reader();
    std::array<char, 8> to{};
    take_read(*r, fd, to.data(), 8, tag(1));
    CHECK(wait_for(*r, 1)[0].res == -EBADF);
    CHECK(r->now(call::read(fd, to.data(), 8)) == -EBADF);
    CHECK(r->close(fd) == -EBADF);
}

TEST_CASE_TEMPLATE("a poll sees what can be read and that the other end is gone", Side, EVERY_SIDE) {
    auto r = Side::make();
    test_pipe p(*r);
    const auto take_poll = [&](int fd, unsigned events) {
        io_uring_sqe& e = r->take();
        io_uring_prep_poll_add(&e, fd, events);
        e.user_data = tag(1);
    };
    take_poll(p.writer(), POLLOUT);
    CHECK(wait_for(*r, 1)[0].res == POLLOUT);
    take_poll(p.reader(), POLLIN);
    r->submit_and_wait(at_once);
    CHECK(reap(*r).empty());
    take_write(*r, p.writer(), "x", 1, coil::ring::ignored);
    CHECK(wait_for(*r, 1)[0].res == POLLIN);
    p.close_writer();
    take_poll(p.reader(), POLLIN);
    CHECK(wait_for(*r, 1)[0].res == (POLLIN | POLLHUP));
}

TEST_CASE_TEMPLATE("a cancelled read completes once and loses no byte", Side, EVERY_SIDE) {
    auto r = Side::make();
    test_pipe p(*r);
    std::string sent, received;
    for (int round = 0; round < 500; ++round) {
        const char byte = static_cast<char>('a' + round % 26);
        char to = 0;
        take_read(*r, p.reader(), &to, 1, tag(1));
        if (round % 3 == 0) r->submit_and_wait(at_once);
        take_write(*r, p.writer(), &byte, 1, tag(2));
        take_cancel(*r, tag(1), tag(3));
        sent.push_back(byte);
        std::map<std::uint64_t, int> result;
        for (const auto& c : wait_for(*r, 3))
            CHECK(result.emplace(c.user_data, c.res).second);
        CHECK(result.size() == 3);
        CHECK(result[tag(2)] == 1);
        const int read = result[tag(1)], cancel = result[tag(3)];
        CHECK((read == 1 || read == -ECANCELED));
        if (read == 1) {
            received.push_back(to);
            CHECK((cancel == -ENOENT || cancel == -EALREADY));
        }
    }
    std::array<char, 600> rest{};
    if (received.size() < sent.size()) {
        take_read(*r, p.reader(), rest.data(), rest.size(), tag(1));
        wait_for(*r, 1);
        received += rest.data();
    }
    CHECK(received == sent);
}

TEST_CASE_TEMPLATE("a pending read keeps its file when the number is closed and given again", Side, EVERY_SIDE) {
    auto r = Side::make();
    test_pipe before(*r);
    const int number = before.reader();
    std::array<char, 8> old{}, fresh{};
    take_read(*r, number, old.data(), 8, tag(1));
    r->submit_and_wait(at_once);
    before.close_reader();
    test_pipe after(*r);
    CHECK(after.reader() == number);
    take_read(*r, number, fresh.data(), 8, tag(2));
    take_write(*r, after.writer(), "new", 3, coil::ring::ignored);
    auto seen = wait_for(*r, 1);
    CHECK(seen[0].user_data == tag(2));
    CHECK(std::string(fresh.data()) == "new");
    take_cancel(*r, tag(1), tag(3));
    for (const auto& c : wait_for(*r, 2))
        CHECK(c.res == (c.user_data == tag(1) ? -ECANCELED : 0));
}

TEST_CASE_TEMPLATE("an opcode that nobody knows is refused as a value", Side, EVERY_SIDE) {
    auto r = Side::make();
    CHECK_FALSE(r->has(std::uint8_t{250}));
    CHECK(r->has(std::uint8_t{IORING_OP_READ}));
    io_uring_sqe& e = r->take();
    io_uring_prep_nop(&e);
    e.opcode = 250;
    e.user_data = tag(1);
    CHECK(wait_for(*r, 1)[0].res == -EINVAL);
}
