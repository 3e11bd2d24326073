// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_engine.hpp>

#include <coil/runtime/ring/fallback_blocking.hpp>
#include <coil/runtime/ring/fallback_entry.hpp>
#include <coil/runtime/ring/fallback_splice.hpp>
#include <coil/runtime/ring/kernel_call.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <new>
#include <thread>

namespace coil::ring {

namespace {

using request_place = fallback_request::place;

constexpr unsigned accepts_in_a_row = 64;
constexpr nanoseconds soon = std::chrono::milliseconds(1);
constexpr nanoseconds patience_with_threads = std::chrono::milliseconds(10);
constexpr std::uint32_t for_readers = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t for_writers = EPOLLOUT | EPOLLHUP | EPOLLERR;

time_point present() noexcept {
    return std::chrono::steady_clock::now();
}

bool is_reader(std::uint8_t opcode) noexcept {
    return reads(opcode) || opcode == IORING_OP_RECV || opcode == IORING_OP_RECVMSG || opcode == IORING_OP_ACCEPT;
}

bool is_exchange(std::uint8_t opcode) noexcept {
    return opcode == IORING_OP_SEND || opcode == IORING_OP_SENDMSG || opcode == IORING_OP_RECV ||
           opcode == IORING_OP_RECVMSG;
}

// What an entry asks for beyond what is here.
bool asks_too_much(const io_uring_sqe& e) noexcept {
    constexpr unsigned known_flags = IOSQE_CQE_SKIP_SUCCESS | IOSQE_ASYNC;
    if ((e.flags & ~known_flags) != 0) return true;
    if (is_exchange(e.opcode)) return (e.ioprio & ~unsigned{IORING_RECVSEND_POLL_FIRST}) != 0;
    if (e.opcode == IORING_OP_ACCEPT) return (e.ioprio & ~unsigned{IORING_ACCEPT_MULTISHOT}) != 0 || e.file_index != 0;
    return (e.opcode == IORING_OP_OPENAT || e.opcode == IORING_OP_CLOSE) && e.file_index != 0;
}

}  // namespace

void fallback_engine::end() noexcept {
    for (; at_work_ != 0; std::this_thread::sleep_for(soon)) {
        requests_.for_each([this](fallback_request& r) {
            if (r.where == request_place::at_work && fallback_threads::of_process().cancel(r)) {
                r.where = request_place::none;
                --at_work_;
            }
        });
        for (fallback_request* r = work_done_.take(); r != nullptr; r = r->next_done) {
            r->where = request_place::none;
            --at_work_;
        }
    }
}

// ---- an entry begins

void fallback_engine::start(const io_uring_sqe& e) {
    try {
        begin(e);
    } catch (const std::bad_alloc&) {
        answer(e, -ENOMEM);
    }
}

void fallback_engine::begin(const io_uring_sqe& e) {
    if (asks_too_much(e)) return answer(e, -EINVAL);
    switch (e.opcode) {
    case IORING_OP_NOP:
        return answer(e, 0);
    case IORING_OP_ASYNC_CANCEL:
        return cancel(e);
    case IORING_OP_CLOSE:
        return answer(e, kernel_close(e.fd));
    case IORING_OP_TIMEOUT:
        return begin_timeout(requests_.make(e));
    default:
        break;
    }
    if (can_attempt(e.opcode)) begin_on_descriptor(requests_.make(e));
    else if (can_carry_out(e.opcode)) hand_to_thread(requests_.make(e));
    else answer(e, -EINVAL);
}

void fallback_engine::begin_timeout(fallback_request& r) {
    const io_uring_sqe& e = r.entry();
    if (e.len != 1 || e.off != 0 || (e.timeout_flags & ~unsigned{IORING_TIMEOUT_ABS}) != 0) return finish(r, -EINVAL);
    const auto& t = *at_address<const __kernel_timespec>(e.addr);
    const nanoseconds d{t.tv_sec * 1'000'000'000 + t.tv_nsec};
    r.where = request_place::timed;
    requests_.publish(r);
    requests_.arm(r, (e.timeout_flags & IORING_TIMEOUT_ABS) != 0 ? time_point(d) : deadline_after(present(), d));
}

// Where nothing can be there, or somebody is first, there is no attempt.
void fallback_engine::begin_on_descriptor(fallback_request& r) {
    const io_uring_sqe& e = r.entry();
    const bool reading = is_reader(e.opcode);
    if (!reading && e.opcode != IORING_OP_WRITE && e.opcode != IORING_OP_WRITEV && !is_exchange(e.opcode))
        return advance(r);
    fallback_slot* const s = descriptors_.find(e.fd);
    if (s == nullptr) return finish(r, -EBADF);
    const bool trusted = descriptors_.trusted(*s);
    const bool in_line = !(reading ? s->readers : s->writers).empty();
    const bool not_ready = trusted && !(reading ? s->readable : s->writable);
    const bool exchange = is_exchange(e.opcode);
    const bool later = exchange && reading && (e.ioprio & IORING_RECVSEND_POLL_FIRST) != 0 && !trusted;
    const bool at_once = exchange && (e.msg_flags & (MSG_DONTWAIT | MSG_OOB | MSG_ERRQUEUE)) != 0;
    if ((!in_line && !not_ready && !later) || at_once) return advance(r);
    park(r, outcome::wait(e.fd, reading ? for_readers & ~unsigned{EPOLLHUP | EPOLLERR} : unsigned{EPOLLOUT}));
}

fallback_outcome fallback_engine::try_it(fallback_request& r) {
    outcome o = attempt(r.entry(), r.progress, can_);
    for (unsigned n = 1; o.what == outcome::kind::more; ++n) {
        answer(r.entry(), o.result, IORING_CQE_F_MORE);
        if (n == accepts_in_a_row) return outcome::later();  // others want their turn
        o = attempt(r.entry(), r.progress, can_);
    }
    return o;
}

void fallback_engine::settle(fallback_request& r, const outcome& o) {
    switch (o.what) {
    case outcome::kind::done:
    case outcome::kind::more:
        return finish(r, o.result);
    case outcome::kind::wait:
        return park(r, o);
    case outcome::kind::later:
        r.where = request_place::timed;
        requests_.publish(r);
        requests_.arm(r, present() + soon);
        return;
    case outcome::kind::block:
        return hand_to_thread(r);
    }
}

// ---- waiting for a descriptor

void fallback_engine::park(fallback_request& r, const outcome& o) {
    fallback_slot* const s = descriptors_.find(o.fd);
    if (s == nullptr) return finish(r, -EBADF);
    const std::uint8_t opcode = r.entry().opcode;
    const int error = descriptors_.watch(*s, o.events, is_exchange(opcode), o.anew, lost_);
    if (error == EPERM) return hand_to_thread(r);
    if (error != 0) return finish(r, -error);
    if (opcode == IORING_OP_POLL_ADD) {
        if ((o.events & EPOLLIN) != 0 && !o.anew) s->readable = false;
        s->polls.push_back(r);
    } else if ((o.events & EPOLLOUT) != 0) {
        s->writable = false;
        s->writers.push_back(r);
    } else {
        s->readable = false;
        s->readers.push_back(r);
    }
    r.slot = s;
    r.where = request_place::parked;
    requests_.publish(r);
    ++parked_;
}

void fallback_engine::unpark(fallback_request& r) noexcept {
    intrusive_list<fallback_request>::remove(r);
    r.where = request_place::none;
    --parked_;
}

void fallback_engine::happened(std::uint64_t data, std::uint32_t events) {
    fallback_slot* const s = descriptors_.of_event(data, lost_);
    if (s == nullptr) return;
    const bool was_readable = s->readable;
    if ((events & for_readers) != 0) s->readable = true;
    if ((events & for_writers) != 0) s->writable = true;
    if ((events & for_readers & ~unsigned{EPOLLIN}) != 0) s->ended = true;
    if (s->idle()) {
        if (was_readable) descriptors_.quiet(*s);
        return;
    }
    run_polls(*s, events);
    if (s->readable) run(s->readers, *s);
    if (s->writable) run(s->writers, *s);
}

void fallback_engine::run(intrusive_list<fallback_request>& line, fallback_slot& s) {
    while (fallback_request* const r = line.front()) {
        const outcome o = try_it(*r);
        const bool reading = &line == &s.readers;
        if (o.what == outcome::kind::wait && o.fd == s.fd && reading == ((o.events & EPOLLOUT) == 0) &&
            (s.interest & o.events) == o.events) {
            (reading ? s.readable : s.writable) = false;
            return;
        }
        unpark(*r);
        settle(*r, o);
    }
}

// The event says what poll(2) would.
void fallback_engine::run_polls(fallback_slot& s, std::uint32_t events) {
    fallback_request* following = nullptr;
    for (fallback_request* r = s.polls.front(); r != nullptr; r = following) {
        following = s.polls.after(*r);
        const std::uint32_t seen = events & (r->entry().poll32_events | POLLERR | POLLHUP);
        if (seen == 0) continue;
        unpark(*r);
        finish(*r, static_cast<long>(seen));
    }
}

// ---- threads and timers

void fallback_engine::hand_to_thread(fallback_request& r) {
    r.where = request_place::at_work;
    requests_.publish(r);
    ++at_work_;
    if (fallback_threads::of_process().submit(r, work_done_)) return;
    r.result = carry_out(r);  // without a thread the owner's has to wait
    thread_has_done(r);
}

void fallback_engine::thread_has_done(fallback_request& r) {
    --at_work_;
    requests_.disarm(r);
    r.where = request_place::none;
    r.progress.one_page = false;
    long result = r.result;
    const io_uring_sqe& e = r.entry();
    if (result == -EAGAIN && e.opcode == IORING_OP_SPLICE && (e.splice_flags & SPLICE_F_NONBLOCK) == 0) {
        if (!r.stopped.load(std::memory_order_relaxed)) return settle(r, what_splice_waits_for(e));
        result = -ECANCELED;
    }
    if (const auto before = static_cast<long>(r.progress.done); before != 0) result = before + std::max(result, 0L);
    finish(r, result);
}

time_point fallback_engine::deadline(time_point now) const noexcept {
    const bool line = at_work_ != 0 && fallback_threads::of_process().has_line();
    return std::min(requests_.earliest(), line ? now + patience_with_threads : never);
}

void fallback_engine::collect(time_point now) {
    fallback_request* done = work_done_.take();
    while (done != nullptr) {
        fallback_request* const following = done->next_done;
        thread_has_done(*done);
        done = following;
    }
    if (at_work_ != 0 && look_after_threads_ <= now && fallback_threads::of_process().has_line()) {
        look_after_threads_ = now + patience_with_threads;
        fallback_threads::of_process().look_after();
    }
    while (fallback_request* const r = requests_.pop_due(now)) {
        if (r->where == request_place::at_work) {
            r->patience = std::min(r->patience * 2, patience_with_threads * 10);
            fallback_threads::of_process().cancel(*r);
            requests_.arm(*r, now + r->patience);
        } else if (r->entry().opcode == IORING_OP_TIMEOUT) {
            finish(*r, -ETIME);
        } else {
            r->where = request_place::none;
            advance(*r);
        }
    }
}

// ---- an entry ends

void fallback_engine::cancel(const io_uring_sqe& e) {
    if (e.cancel_flags != 0) return answer(e, -EINVAL);
    fallback_request* const r = requests_.find(e.addr);
    answer(e, r == nullptr ? -ENOENT : cancel(*r));
}

int fallback_engine::cancel(fallback_request& r) {
    switch (r.where) {
    case request_place::parked:
        unpark(r);
        break;
    case request_place::lost:
        intrusive_list<fallback_request>::remove(r);
        --parked_;
        break;
    case request_place::at_work:
        if (!fallback_threads::of_process().cancel(r)) {
            r.patience = soon;
            requests_.arm(r, present() + soon);
            return -EALREADY;
        }
        --at_work_;
        break;
    case request_place::timed:
    case request_place::none:
        break;
    }
    give_up(r.entry(), r.progress);
    const auto done = static_cast<long>(r.progress.done);
    finish(r, done != 0 ? done : -ECANCELED);
    return 0;
}

void fallback_engine::finish(fallback_request& r, long result) {
    const io_uring_sqe& e = r.entry();
    if (e.opcode == IORING_OP_RECV && result > 0 && static_cast<unsigned long>(result) < e.len &&
        (e.msg_flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)) == 0) {
        fallback_slot* const s = descriptors_.find(e.fd);
        if (s != nullptr && s->stream && !s->ended && descriptors_.trusted(*s)) s->readable = false;
    }
    answer(e, result);
    requests_.release(r);
}

void fallback_engine::answer(const io_uring_sqe& e, long result, std::uint32_t flags) {
    if (result >= 0 && (e.flags & IOSQE_CQE_SKIP_SUCCESS) != 0) return;
    answers_.post(e.user_data, static_cast<std::int32_t>(result), flags);
}

}  // namespace coil::ring
