// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_ring.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/fallback_blocking.hpp>
#include <coil/runtime/ring/fallback_engine.hpp>
#include <coil/runtime/ring/fallback_numbers.hpp>
#include <coil/runtime/ring/fallback_signal.hpp>
#include <coil/runtime/ring/kernel_call.hpp>
#include <coil/runtime/ring/kernel_probe.hpp>
#include <coil/runtime/ring/newer.hpp>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <stdexcept>
#include <thread>
#include <vector>

namespace coil::ring {

namespace {

constexpr unsigned most_entries = 32768;  // as the kernel's
constexpr unsigned visits_without_look = 8;
constexpr std::uint64_t wake_up = ~std::uint64_t{0};

unsigned size_of_queue(unsigned wanted) {
    if (wanted == 0) throw std::invalid_argument("coil: a ring needs at least one submission and one completion entry");
    return std::bit_ceil(std::min(wanted, most_entries));
}

int checked(int fd, const char* what) {
    if (fd < 0) throw_errno(errno, what);
    return fd;
}

// An accept cannot be asked not to wait. Who makes a socket listen has not shared it yet.
void do_not_wait(int listener) noexcept {
    const int flags = fcntl(listener, F_GETFL);
    if (flags >= 0) fcntl(listener, F_SETFL, flags | O_NONBLOCK);
}

struct open_number {
    explicit open_number(int n) noexcept : fd(n) {}
    open_number(const open_number&) = delete;
    open_number& operator=(const open_number&) = delete;
    ~open_number() { shut(); }
    void shut() noexcept {
        if (fd >= 0) ::close(fd);
        fd = -1;
    }
    int fd;
};

}  // namespace

class fallback_ring::parts final : public fallback_work_done {
public:
    parts(const fallback_options& o, bool signal_free_writes)
        : entries(size_of_queue(o.submission_entries)),
          answers(size_of_queue(std::max(o.completion_entries, o.completion_entries != 0 ? o.submission_entries : 0))),
          epoll(checked(epoll_create1(EPOLL_CLOEXEC), "coil cannot set up epoll")),
          event(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "coil cannot set up epoll: eventfd")),
          exact_waits(o.exact_waits),
          engine(epoll.fd, {.try_files = o.try_files, .signal_free_writes = signal_free_writes}, answers, *this) {
        epoll_event e{};
        e.events = EPOLLIN | EPOLLET;  // each write is told, and the counter need not be read
        e.data.u64 = wake_up;
        if (epoll_ctl(epoll.fd, EPOLL_CTL_ADD, event.fd, &e) != 0) throw_errno(errno, "coil cannot set up epoll");
    }

    ~parts() {
        engine.end();
        await_threads();
    }

    // Says that the owner is to come back; it is told by the event if it sleeps, or is about to.
    void tell() noexcept override {
        woken.store(true);
        if (!asleep.load()) return;  // both in one order: one of the two sees the other's
        const std::uint64_t one = 1;
        while (::write(event.fd, &one, sizeof one) < 0 && errno == EINTR) {}
    }

    int wait(nanoseconds most, bool without_limit) noexcept {
        const auto size = static_cast<int>(events.size());
        if (without_limit) return epoll_wait(epoll.fd, events.data(), size, -1);
        if (most <= nanoseconds::zero()) return epoll_wait(epoll.fd, events.data(), size, 0);
        if (exact_waits) {
            const std::int64_t count = most.count();
            const timespec time{.tv_sec = count / 1'000'000'000, .tv_nsec = count % 1'000'000'000};
            const int n = epoll_pwait2(epoll.fd, events.data(), size, &time, nullptr);
            if (n >= 0 || (errno != ENOSYS && errno != EPERM)) return n;
            exact_waits = false;
        }
        // up, so that the deadline is over afterwards
        const auto whole = std::chrono::ceil<std::chrono::milliseconds>(most).count();
        return epoll_wait(epoll.fd, events.data(), size, static_cast<int>(std::min<std::int64_t>(whole, 3'600'000)));
    }

    std::vector<io_uring_sqe> entries;
    unsigned entry_words[3] = {};
    fallback_completions answers;
    open_number epoll;
    open_number event;
    std::array<epoll_event, 256> events;
    bool exact_waits;
    bool forked = false;
    std::thread::id owner;
    std::atomic<bool> asleep{false};  // the owner waits, or looks at `woken` for the last time before
    std::atomic<bool> woken{false};
    fallback_engine engine;
};

fallback_ring::fallback_ring(const fallback_options& options)
    : parts_([&] {
          static const bool quiet = writes_without_signal();
          features_ = features{};
          if (quiet) features_.add(feature::write_no_signal);
          for (unsigned opcode = 0; opcode != IORING_OP_LAST; ++opcode) {
              const auto o = static_cast<std::uint8_t>(opcode);
              if (can_attempt(o) || can_carry_out(o)) features_.add(o);
          }
          for (const std::uint8_t o : {IORING_OP_NOP, IORING_OP_TIMEOUT, IORING_OP_ASYNC_CANCEL, IORING_OP_CLOSE})
              features_.add(o);
          for (const std::uint8_t o : {newer::opcode_ftruncate, newer::opcode_futex_wait})
              if (can_carry_out(o)) features_.add(o);
          features_.remove(options.hide).remove(hidden_by_environment());
          return std::make_unique<parts>(options, has(feature::write_no_signal));
      }()) {
    parts& p = *parts_;
    descriptor_numbers::begin_counting();
    timer_slack_ = std::chrono::microseconds(200);  // a halted core takes 25 to come back
    entries_ = p.entries.data();
    entry_mask_ = static_cast<unsigned>(p.entries.size()) - 1;
    entry_head_ = &p.entry_words[0];
    entry_tail_ = &p.entry_words[1];
    state_ = &p.entry_words[2];
    completions_ = p.answers.memory.data();
    completion_mask_ = static_cast<unsigned>(p.answers.memory.size()) - 1;
    completion_head_ = &p.answers.head;
    completion_tail_ = &p.answers.tail;
    renew_limit();
    fork_guard::join();
}

fallback_ring::~fallback_ring() {
    fork_guard::leave();
}

void fallback_ring::check_owner() {
    parts& p = *parts_;
    if (p.forked) throw std::logic_error("coil: this ring belongs to the parent process; a forked child cannot use it");
    if (p.owner != std::thread::id())
        throw std::logic_error("coil: this ring belongs to the thread that first ran it; this is another thread");
    p.owner = std::this_thread::get_id();
}

void fallback_ring::submit_and_wait(time_point deadline) {
    parts& p = *parts_;
    if (p.owner != std::this_thread::get_id()) [[unlikely]]
        check_owner();
    p.answers.flush();
    submit();
    if (p.engine.has_done_work() || p.engine.has_deadline()) p.engine.collect(clock());
    if (deadline == time_point::min() || has_completions()) {
        // Who is busy looks at the descriptors from time to time, who has nothing each time.
        if (!p.engine.waits_for_descriptors()) return;
        if (has_completions() && ++not_looked_ < visits_without_look) return;
        look(time_point::min());
        return;
    }
    p.asleep.store(true);
    look(p.woken.load() ? time_point::min() : deadline);
    p.asleep.store(false);
    p.woken.store(false);
    if (p.engine.has_done_work() || p.engine.has_deadline()) p.engine.collect(clock());
}

void fallback_ring::submit() {
    publish();
    word head = *entry_head_;
    for (; head != tail_; ++head) {
        parts_->engine.start(entries_[head & entry_mask_]);
        *entry_head_ = head + 1;
    }
    renew_limit();
}

void fallback_ring::look(time_point deadline) {
    parts& p = *parts_;
    not_looked_ = 0;
    const bool at_once = deadline == time_point::min();
    if (!at_once && p.engine.has_deadline()) deadline = std::min(deadline, p.engine.deadline(clock()));
    const nanoseconds most = at_once || deadline == never ? nanoseconds::zero() : deadline - clock();
    const int n = p.wait(most, deadline == never);
    if (n < 0 && errno != EINTR) throw_errno(errno, "epoll_wait");
    for (int i = 0; i < n; ++i) {
        const epoll_event& e = p.events[static_cast<std::size_t>(i)];
        if (e.data.u64 != wake_up) p.engine.happened(e.data.u64, e.events);
    }
}

long fallback_ring::now(const call& what) {
    const bool writes = what.what == call::kind::write || what.what == call::kind::write_parts;
    if ((writes && !has(feature::write_no_signal)) || what.what == call::kind::send_file) {
        const pipe_signal_withheld quiet;
        return kernel_call(what, false);
    }
    const long r = kernel_call(what, has(feature::write_no_signal));
    if (what.what == call::kind::listen && r == 0) do_not_wait(what.fd);
    return r;
}

int fallback_ring::close(int fd) noexcept {
    return kernel_close(fd);
}

time_point fallback_ring::clock() const noexcept {
    return std::chrono::steady_clock::now();
}

void fallback_ring::wake() noexcept {
    parts_->tell();
}

// The child shares the parent's epoll: what it told that would be told to the parent.
void fallback_ring::forked() noexcept {
    parts& p = *parts_;
    p.epoll.shut();
    p.event.shut();
    p.forget_threads();
    p.engine.part_from_threads();
    p.forked = true;
    p.owner = {};
    refuse_entries();
}

}  // namespace coil::ring
