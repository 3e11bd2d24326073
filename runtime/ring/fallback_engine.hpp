// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/fallback_attempt.hpp>
#include <coil/runtime/ring/fallback_completions.hpp>
#include <coil/runtime/ring/fallback_descriptors.hpp>
#include <coil/runtime/ring/fallback_requests.hpp>
#include <coil/runtime/ring/fallback_threads.hpp>

#include <cstdint>

namespace coil::ring {

// Answers entries: tries each, and keeps what has to wait, in a descriptor's list, among the timers or with the threads.
// On the owner's thread.
class fallback_engine {
public:
    fallback_engine(int epoll_fd, const fallback_abilities& can, fallback_completions& answers,
                    fallback_work_done& work_done) noexcept
        : can_(can), answers_(answers), work_done_(work_done), descriptors_(epoll_fd) {}
    // Nothing may be in flight; but a thread that was asked to give up may still hold what is.
    void end() noexcept;

    // -ENOMEM is an answer.
    void start(const io_uring_sqe& e);
    // A descriptor's state has changed: the `data` and `events` of an epoll_event.
    void happened(std::uint64_t data, std::uint32_t events);
    // Ends what threads have done and what is due.
    void collect(time_point now);
    bool has_done_work() const noexcept { return !work_done_.empty(); }
    // False if no event could be of use to anybody.
    bool waits_for_descriptors() const noexcept { return parked_ != 0; }
    // When to collect next.
    time_point deadline(time_point now) const noexcept;
    bool has_deadline() const noexcept { return at_work_ != 0 || requests_.earliest() != never; }
    // In a forked child: the threads are the parent's.
    void part_from_threads() noexcept { at_work_ = 0; }

private:
    using outcome = fallback_outcome;

    void begin(const io_uring_sqe& e);
    void answer(const io_uring_sqe& e, long result, std::uint32_t flags = 0);
    void finish(fallback_request& r, long result);
    void advance(fallback_request& r) { settle(r, try_it(r)); }
    void settle(fallback_request& r, const outcome& o);
    void park(fallback_request& r, const outcome& o);
    void unpark(fallback_request& r) noexcept;
    void begin_on_descriptor(fallback_request& r);
    void begin_timeout(fallback_request& r);
    void hand_to_thread(fallback_request& r);
    void thread_has_done(fallback_request& r);
    void cancel(const io_uring_sqe& e);
    int cancel(fallback_request& r);
    outcome try_it(fallback_request& r);
    void run(intrusive_list<fallback_request>& line, fallback_slot& s);
    void run_polls(fallback_slot& s, std::uint32_t events);

    const fallback_abilities can_;
    fallback_completions& answers_;
    fallback_work_done& work_done_;
    fallback_descriptors descriptors_;
    fallback_requests requests_;
    intrusive_list<fallback_request> lost_;
    std::size_t parked_ = 0;
    std::size_t at_work_ = 0;
    time_point look_after_threads_ = time_point::min();
};

}  // namespace coil::ring
