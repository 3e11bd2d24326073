// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_splice.hpp>

#include <coil/runtime/ring/fallback_signal.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include <cerrno>

namespace coil::ring {

namespace {

using outcome = fallback_outcome;

// A socket's own O_NONBLOCK for the time of one call: the flag of the splice is for pipes alone.
class not_waiting {
public:
    explicit not_waiting(int fd) noexcept : fd_(fd), flags_(fcntl(fd, F_GETFL)) {
        changed_ = flags_ >= 0 && (flags_ & O_NONBLOCK) == 0 && fcntl(fd, F_SETFL, flags_ | O_NONBLOCK) == 0;
    }
    not_waiting(const not_waiting&) = delete;
    not_waiting& operator=(const not_waiting&) = delete;
    ~not_waiting() {
        if (changed_) fcntl(fd_, F_SETFL, flags_);
    }

private:
    int fd_;
    int flags_;
    bool changed_;
};

enum class sort { pipe, socket, other };

sort sort_of(int fd) noexcept {
    struct ::stat s{};
    if (fstat(fd, &s) != 0) return sort::other;
    return S_ISFIFO(s.st_mode) ? sort::pipe : S_ISSOCK(s.st_mode) ? sort::socket : sort::other;
}

}  // namespace

outcome splice_without_waiting(const io_uring_sqe& e) noexcept {
    const int from = e.splice_fd_in, to = e.fd;
    auto from_offset = static_cast<loff_t>(e.splice_off_in), to_offset = static_cast<loff_t>(e.off);
    const sort source = sort_of(from), sink = sort_of(to);
    if (source == sort::other || sink == sort::other) return outcome::block();
    long n = 0;
    {
        const not_waiting socket(source == sort::socket ? from : sink == sort::socket ? to : -1);
        const pipe_signal_withheld quiet;
        do {
            n = splice(from, from_offset == -1 ? nullptr : &from_offset, to, to_offset == -1 ? nullptr : &to_offset,
                       e.len, e.splice_flags | SPLICE_F_NONBLOCK);
        } while (n < 0 && errno == EINTR);
        if (n < 0) n = -errno;
    }
    if (n != -EAGAIN || (e.splice_flags & SPLICE_F_NONBLOCK) != 0) return outcome::done(n);
    return what_splice_waits_for(e);
}

outcome what_splice_waits_for(const io_uring_sqe& e) noexcept {
    pollfd ends[] = {{e.splice_fd_in, POLLIN, 0}, {e.fd, POLLOUT, 0}};
    poll(ends, 2, 0);
    if (ends[0].revents == 0) return outcome::wait(e.splice_fd_in, EPOLLIN | EPOLLRDHUP);
    if (ends[1].revents == 0) return outcome::wait(e.fd, EPOLLOUT);
    return outcome::later();
}

}  // namespace coil::ring
