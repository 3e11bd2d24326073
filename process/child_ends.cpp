// SPDX-License-Identifier: BSL-1.0
#include <coil/process/child_ends.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace coil::process {

using ring::call;
using ring::call_here;

namespace {

constexpr int socket_buffer = 1 << 20;

int checked(long r, const char* what) {
    if (r < 0) throw_errno(static_cast<int>(-r), what);
    return static_cast<int>(r);
}

int checked_errno(int r, const char* what) {
    if (r < 0) throw_errno(errno, what);
    return r;
}

child_ends ends(flow way, const int (&two)[2]) {
    ring::descriptor reader(two[0]), writer(two[1]);
    if (way == flow::to_child) return {std::move(writer), std::move(reader)};
    return {std::move(reader), std::move(writer)};
}

// Past the system's limit where that may be.
void enlarge(int fd, int forced, int usual) {
    if (call_here(call::setsockopt(fd, SOL_SOCKET, forced, &socket_buffer, sizeof socket_buffer)) != 0)
        call_here(call::setsockopt(fd, SOL_SOCKET, usual, &socket_buffer, sizeof socket_buffer));
}

}  // namespace

child_ends make_pipe(flow way, std::size_t size) {
    int two[2];
    checked(call_here(call::pipe(two)), "pipe");
    child_ends made = ends(way, two);
    // a smaller pipe works as well: the size is a wish
    if (size != 0)
        call_here(call::fcntl(two[0], F_SETPIPE_SZ, static_cast<int>(std::min(size, std::size_t{INT_MAX}))));
    return made;
}

child_ends make_fast_pipe(flow way) {
    int two[2];
    checked(call_here(call::socketpair(AF_UNIX, SOCK_STREAM, 0, two)), "socketpair");
    child_ends made = ends(way, two);
    const int reader = two[0], writer = two[1];
    enlarge(writer, SO_SNDBUFFORCE, SO_SNDBUF);
    call_here(call::shutdown(reader, SHUT_WR));
    return made;
}

child_ends make_terminal() {
    child_ends made;
    made.ours = ring::descriptor(checked_errno(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), "open /dev/ptmx"));
    const int ours = made.ours.number();
    const int locked = 0;
    checked_errno(ioctl(ours, TIOCSPTLCK, &locked), "unlock a pseudo-terminal");
    made.childs =
        ring::descriptor(checked_errno(ioctl(ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), "open a pseudo-terminal"));
    return made;
}

ring::descriptor duplicate(const ring::descriptor& d) {
    return ring::descriptor(checked(call_here(call::dup(d.number())), "dup"));
}

bool is_open(int fd) {
    return call_here(call::fcntl(fd, F_GETFD)) >= 0;
}

}  // namespace coil::process
