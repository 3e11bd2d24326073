// SPDX-License-Identifier: BSL-1.0
// The calls that are no entries, against the kernel.
#include <coil/runtime/ring/call.hpp>

#include "listener.hpp"
#include "sides.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

using namespace ring_test;
using coil::ring::kernel_ring;

TEST_CASE("a listener is made, named and found without waiting") {
    kernel_ring r;
    listener l(r, SOCK_NONBLOCK);
    CHECK(l.address.sin_port != 0);
    CHECK(r.now(call::accept(l.fd)) == -EAGAIN);

    // An entry waits on the same listener although that is non-blocking.
    io_uring_sqe& accept = r.take();
    io_uring_prep_accept(&accept, l.fd, nullptr, nullptr, SOCK_CLOEXEC);
    accept.user_data = tag(1);
    r.submit_and_wait(at_once);
    CHECK(reap(r).empty());

    const int client = static_cast<int>(r.now(call::socket(AF_INET, SOCK_STREAM, 0)));
    io_uring_sqe& connect = r.take();
    io_uring_prep_connect(&connect, client, l.generic(), sizeof l.address);
    connect.user_data = tag(2);
    int server = -1;
    for (const auto& c : wait_for(r, 2)) {
        CHECK(c.res >= 0);
        if (c.user_data == tag(1)) server = c.res;
    }
    sockaddr_in peer{};
    unsigned size = sizeof peer;
    CHECK(r.now(call::getpeername(client, reinterpret_cast<sockaddr*>(&peer), &size)) == 0);
    CHECK(peer.sin_port == l.address.sin_port);

    std::array<char, 8> to{};
    CHECK(r.now(call::recv(server, to.data(), 8)) == -EAGAIN);
    CHECK(r.now(call::send(client, "abc", 3)) == 3);
    CHECK(r.now(call::recv(server, to.data(), 8)) == 3);
    CHECK(std::string(to.data()) == "abc");
    CHECK(r.now(call::shutdown(client, SHUT_WR)) == 0);
    CHECK(r.now(call::recv(server, to.data(), 8)) == 0);
    CHECK(r.close(client) == 0);
    // The peer is gone: an error, no signal.
    long sent = 0;
    for (int i = 0; i < 1000 && sent >= 0; ++i)
        sent = r.now(call::send(server, "abc", 3));
    CHECK((sent == -EPIPE || sent == -ECONNRESET));
    CHECK(r.close(server) == 0);
}

TEST_CASE("options and file flags are set and read") {
    kernel_ring r;
    const int fd = static_cast<int>(r.now(call::socket(AF_INET, SOCK_STREAM, 0)));
    const int on = 1;
    int value = 0;
    unsigned size = sizeof value;
    CHECK(r.now(call::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on)) == 0);
    CHECK(r.now(call::getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size)) == 0);
    CHECK(value == 1);
    CHECK((r.now(call::fcntl(fd, F_GETFL)) & O_NONBLOCK) == 0);
    CHECK(r.now(call::fcntl(fd, F_SETFL, O_NONBLOCK)) == 0);
    CHECK((r.now(call::fcntl(fd, F_GETFL)) & O_NONBLOCK) != 0);
    CHECK(r.now(call::setsockopt(fd, SOL_SOCKET, -1, &on, sizeof on)) == -ENOPROTOOPT);
    CHECK(r.close(fd) == 0);
}

TEST_CASE("a directory is listed and its status read") {
    kernel_ring r;
    const int fd = static_cast<int>(r.now(call::open(AT_FDCWD, "/proc/self", O_RDONLY | O_DIRECTORY)));
    REQUIRE(fd >= 0);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(r.now(call::open(AT_FDCWD, "/no such directory", O_RDONLY | O_DIRECTORY)) == -ENOENT);
    alignas(8) std::array<char, 4096> entries{};
    CHECK(r.now(call::getdents64(fd, entries.data(), entries.size())) > 0);
    struct statx status{};
    CHECK(r.now(call::statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &status)) == 0);
    CHECK(S_ISDIR(status.stx_mode));
    CHECK(r.now(call::statx(fd, "no such file", 0, STATX_TYPE, &status)) == -ENOENT);
    CHECK(r.close(fd) == 0);
}

TEST_CASE("a file is read at an offset without waiting, once it is in memory") {
    kernel_ring r;
    std::string path = "/tmp/coil-call-test-XXXXXX";
    const int fd = mkostemp(path.data(), O_CLOEXEC);
    REQUIRE(fd >= 0);
    REQUIRE(unlink(path.c_str()) == 0);
    take_write(r, fd, "0123456789", 10, tag(0));
    REQUIRE(wait_for(r, 1)[0].res == 10);
    std::array<char, 4> to{};
    const long n = r.now(call::read(fd, to.data(), 3, 4));
    CHECK((n == 3 || n == -EAGAIN));  // some file systems cannot tell
    if (n == 3) CHECK(std::string(to.data()) == "456");
    const long written = r.now(call::write(fd, "x", 1, 0));
    CHECK((written == 1 || written == -EAGAIN));
    CHECK(r.close(fd) == 0);
}

TEST_CASE("a write that cannot raise a signal raises none") {
    kernel_ring r;
    if (!r.has(coil::ring::feature::write_no_signal)) return;
    test_pipe p(r);
    p.close_reader();
    CHECK(r.now(call::write(p.writer(), "x", 1)) == -EPIPE);  // SIGPIPE would end this program
}

TEST_CASE("a thread that may wait reads and writes at an offset; where copying goes by a pipe is known of some file systems") {
    kernel_ring r;
    const int fd = memfd_create("coil-call-test", MFD_CLOEXEC);
    REQUIRE(fd >= 0);
    CHECK(r.now(call::write_waiting(fd, "0123456789", 10, 5)) == 10);
    std::array<char, 4> to{};
    CHECK(r.now(call::read_waiting(fd, to.data(), 3, 9)) == 3);
    CHECK(std::string(to.data()) == "456");
    CHECK(r.now(call::read_waiting(fd, to.data(), 3, 15)) == 0);
    CHECK(lseek(fd, 0, SEEK_CUR) == 0);
    CHECK(r.now(call::copies_by_pipe(fd)) == 1);  // tmpfs
    CHECK(r.close(fd) == 0);
    const int other = static_cast<int>(r.now(call::open(AT_FDCWD, "/proc/self/status", O_RDONLY)));
    REQUIRE(other >= 0);
    CHECK(r.now(call::copies_by_pipe(other)) == 0);
    CHECK(r.now(call::write_waiting(-1, "x", 1, 0)) == -EBADF);
    CHECK(r.close(other) == 0);
    CHECK(r.now(call::copies_by_pipe(-1)) == -EBADF);
}
