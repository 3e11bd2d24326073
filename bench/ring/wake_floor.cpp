// SPDX-License-Identifier: BSL-1.0
// Row wake: two threads wake each other out of io_uring_enter, by each of the ways there are; an operation is one wake.
// Run on one core: on two, the time an idle core takes to come back hides the difference.
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <thread>

#include "../measure/futex.hpp"
#include "../measure/row.hpp"
#include "raw_ring.hpp"

namespace {

using floor_of::raw_ring;

constexpr unsigned register_send_msg_ring = 31;  // kernel 6.13, newer than liburing 2.3's headers

// One end: a ring, and whatever the other end needs to wake it.
struct end_of_line {
    raw_ring ring{16};
    int event = eventfd(0, EFD_CLOEXEC);
    std::uint64_t event_value = 0;
    ~end_of_line() { close(event); }

    void submit_and_reap() {
        ring.submit_and_reap(1, [](const io_uring_cqe& c) {
            if (c.res < 0) raw_ring::check(c.res, "wake");
        });
    }
};

void prepare_message(io_uring_sqe& e, int ring_fd) {
    std::memset(&e, 0, sizeof e);
    e.opcode = IORING_OP_MSG_RING;
    e.fd = ring_fd;
    e.user_data = 1;
}

// Each way has two halves: `arm` before the wait of the woken, `wake` by the other end.
struct by_register {
    static void arm(end_of_line&) {}
    static void wake(end_of_line&, end_of_line& other) {
        io_uring_sqe e;
        prepare_message(e, other.ring.get()->ring_fd);
        const long r = syscall(SYS_io_uring_register, -1, register_send_msg_ring, &e, 1);
        if (r < 0) raw_ring::check(-errno, "IORING_REGISTER_SEND_MSG_RING");
    }
};
struct by_message {
    static void arm(end_of_line&) {}
    static void wake(end_of_line& self, end_of_line& other) {
        io_uring_sqe* e = self.ring.entry();
        prepare_message(*e, other.ring.get()->ring_fd);
        e->flags = IOSQE_CQE_SKIP_SUCCESS;
        io_uring_submit(self.ring.get());
    }
};
struct by_eventfd {
    static void arm(end_of_line& self) {
        io_uring_prep_read(self.ring.entry(), self.event, &self.event_value, sizeof self.event_value, 0);
    }
    static void wake(end_of_line&, end_of_line& other) {
        const std::uint64_t one = 1;
        if (write(other.event, &one, sizeof one) < 0) raw_ring::check(-errno, "write to eventfd");
    }
};

// The ends are made by the threads that run them: SINGLE_ISSUER binds a ring to its maker.
template <class Way>
measure::result ping_pong(std::uint64_t n) {
    const std::uint64_t rounds = n / 2;
    end_of_line here;
    std::atomic<end_of_line*> there{nullptr};
    std::thread other([&] {
        end_of_line self;
        Way::arm(self);
        io_uring_submit(self.ring.get());
        there.store(&self, std::memory_order_release);
        for (std::uint64_t i = 0; i < rounds; ++i) {
            self.submit_and_reap();
            // Armed again before the answer: the next wake may come at once.
            if (i + 1 < rounds) {
                Way::arm(self);
                io_uring_submit(self.ring.get());
            }
            Way::wake(self, here);
        }
        there.store(nullptr, std::memory_order_release);
    });
    end_of_line* peer = nullptr;
    while ((peer = there.load(std::memory_order_acquire)) == nullptr)
        std::this_thread::yield();
    const measure::window w;
    for (std::uint64_t i = 0; i < rounds; ++i) {
        Way::arm(here);
        Way::wake(here, *peer);
        here.submit_and_reap();
    }
    const measure::result r = w.stop(static_cast<double>(2 * rounds));
    other.join();
    return r;
}

measure::result bare_futex(std::uint64_t n) {
    const std::uint64_t rounds = n / 2;
    measure::futex_flag there;
    measure::futex_flag back;
    std::thread other([&] {
        for (std::uint64_t i = 0; i < rounds; ++i) {
            there.wait();
            back.set();
        }
    });
    const measure::window w;
    for (std::uint64_t i = 0; i < rounds; ++i) {
        there.set();
        back.wait();
    }
    const measure::result r = w.stop(static_cast<double>(2 * rounds));
    other.join();
    return r;
}

const measure::enrol all[] = {
    {"wake/msg_register", 20'000, ping_pong<by_register>},
    {"wake/msg_ring", 20'000, ping_pong<by_message>},
    {"wake/eventfd", 20'000, ping_pong<by_eventfd>},
    {"wake/futex", 20'000, bare_futex},
};

}  // namespace
