// SPDX-License-Identifier: BSL-1.0
// One entry per function that fills one, against each side that answers with real files and sockets.
#include <coil/runtime/ring/prepare.hpp>

#include "sides.hpp"

#include <coil/runtime/ring/newer.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <string>

using namespace ring_test;

namespace {

// Gives one entry and waits for its answer.
template <class Fill>
int answer(coil::ring::ring& r, Fill&& fill) {
    io_uring_sqe& e = r.take();
    fill(e);
    e.user_data = tag(1);
    return wait_for(r, 1)[0].res;
}

struct scratch {
    scratch() {
        REQUIRE(mkdtemp(name.data()) != nullptr);
        directory = open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        file = openat(directory, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        REQUIRE(file >= 0);
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() {
        for (const char* f : {"file", "link", "moved", "second"})
            unlinkat(directory, f, 0);
        unlinkat(directory, "sub", AT_REMOVEDIR);
        ::close(file);
        ::close(directory);
        rmdir(name.c_str());
    }
    std::string name = "/tmp/coil-prepare-test-XXXXXX";
    int directory = -1, file = -1;
};

struct sockets {
    explicit sockets(int type = SOCK_STREAM) { REQUIRE(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) == 0); }
    sockets(const sockets&) = delete;
    sockets& operator=(const sockets&) = delete;
    ~sockets() {
        for (int fd : ends)
            ::close(fd);
    }
    std::array<int, 2> ends{};
};

}  // namespace

TEST_CASE_TEMPLATE("parts are written and read, at an offset and in turn", Side, REAL_SIDES) {
    auto r = Side::make();
    scratch s;
    std::string a = "abc", b = "defgh", c(4, '.'), d(4, '.');
    const std::array<iovec, 2> from{iovec{a.data(), a.size()}, iovec{b.data(), b.size()}};
    const std::array<iovec, 2> to{iovec{c.data(), c.size()}, iovec{d.data(), d.size()}};
    CHECK(answer(*r, [&](io_uring_sqe& e) { coil::ring::prepare_writev(e, s.file, from.data(), 2, 10, 0); }) == 8);
    CHECK(answer(*r, [&](io_uring_sqe& e) { coil::ring::prepare_readv(e, s.file, to.data(), 2, 11); }) == 7);
    CHECK(c + d == "bcdefgh.");
    test_pipe p(*r);
    CHECK(answer(*r, [&](io_uring_sqe& e) { coil::ring::prepare_writev(e, p.writer(), from.data(), 2, -1, 0); }) == 8);
    CHECK(answer(*r, [&](io_uring_sqe& e) { coil::ring::prepare_readv(e, p.reader(), to.data(), 2, -1); }) == 8);
    CHECK(c + d == "abcdefgh");
}

TEST_CASE_TEMPLATE("a message waits for its peer and carries a descriptor", Side, REAL_SIDES) {
    auto r = Side::make();
    sockets s;
    test_pipe p(*r);
    std::string text = "hello", to(16, '.');
    iovec from_part{text.data(), text.size()}, to_part{to.data(), to.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> sent{}, received{};
    msghdr out{}, in{};
    out.msg_iov = &from_part;
    out.msg_iovlen = 1;
    out.msg_control = sent.data();
    out.msg_controllen = sent.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&out);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    const int passed = p.reader();
    std::copy_n(reinterpret_cast<const char*>(&passed), sizeof passed, reinterpret_cast<char*>(CMSG_DATA(rights)));
    in.msg_iov = &to_part;
    in.msg_iovlen = 1;
    in.msg_control = received.data();
    in.msg_controllen = received.size();

    io_uring_sqe& wait = r->take();
    coil::ring::prepare_recvmsg(wait, s.ends[0], in, 0, true);
    wait.user_data = tag(1);
    r->submit_and_wait(at_once);
    CHECK(reap(*r).empty());
    io_uring_sqe& send = r->take();
    coil::ring::prepare_sendmsg(send, s.ends[1], out, 0);
    send.user_data = tag(2);
    for (const auto& c : wait_for(*r, 2))
        CHECK(c.res == 5);
    CHECK(to.substr(0, 5) == "hello");
    const cmsghdr* const got = CMSG_FIRSTHDR(&in);
    REQUIRE(got != nullptr);
    int fd = -1;
    std::copy_n(reinterpret_cast<const char*>(CMSG_DATA(got)), sizeof fd, reinterpret_cast<char*>(&fd));
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    ::close(fd);
}

TEST_CASE_TEMPLATE("bytes are spliced between files, pipes and sockets", Side, REAL_SIDES) {
    auto r = Side::make();
    scratch s;
    sockets k;
    test_pipe p(*r);
    REQUIRE(pwrite(s.file, "0123456789", 10, 0) == 10);
    CHECK(answer(*r, [&](io_uring_sqe& e) { coil::ring::prepare_splice(e, s.file, 3, p.writer(), -1, 5, 0); }) == 5);
    CHECK(answer(*r, [&](io_uring_sqe& e) { coil::ring::prepare_splice(e, p.reader(), -1, k.ends[0], -1, 100, 0); }) ==
          5);
    std::array<char, 10> to{};
    CHECK(::recv(k.ends[1], to.data(), 10, 0) == 5);
    CHECK(std::string(to.data(), 5) == "34567");
    // from a socket that has nothing yet
    test_pipe q(*r);
    io_uring_sqe& wait = r->take();
    coil::ring::prepare_splice(wait, k.ends[0], -1, q.writer(), -1, 100, 0);
    wait.user_data = tag(2);
    r->submit_and_wait(at_once);
    REQUIRE(::send(k.ends[1], "abc", 3, 0) == 3);
    CHECK(wait_for(*r, 1)[0].res == 3);
    CHECK(answer(*r, [&](io_uring_sqe& e) { coil::ring::prepare_splice(e, q.reader(), -1, s.file, 2, 3, 0); }) == 3);
    CHECK(pread(s.file, to.data(), 10, 0) == 10);
    CHECK(std::string(to.data(), 10) == "01abc56789");
    CHECK((fcntl(k.ends[0], F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE_TEMPLATE("a splice that waits can be cancelled", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    sockets k;
    test_pipe p(*r);
    for (const int from : {k.ends[0], p.reader()}) {
        test_pipe to(*r);
        io_uring_sqe& e = r->take();
        coil::ring::prepare_splice(e, from, -1, to.writer(), -1, 1, 0);
        e.user_data = tag(1);
        r->submit_and_wait(at_once);
        take_cancel(*r, tag(1), tag(2));
        for (const auto& c : wait_for(*r, 2))
            CHECK(c.res == (c.user_data == tag(1) ? -ECANCELED : 0));
    }
}

TEST_CASE_TEMPLATE("a splice into a socket that is full does not stop the ring", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    sockets k;
    test_pipe p(*r);
    const std::string text(1 << 16, 'x');
    while (::send(k.ends[0], text.data(), text.size(), MSG_DONTWAIT) > 0) {}
    REQUIRE(::write(p.writer(), "x", 1) == 1);
    io_uring_sqe& e = r->take();
    coil::ring::prepare_splice(e, p.reader(), -1, k.ends[0], -1, 1, 0);
    e.user_data = tag(1);
    r->submit_and_wait(at_once);
    CHECK(reap(*r).empty());
    CHECK((fcntl(k.ends[0], F_GETFL) & O_NONBLOCK) == 0);
    std::string to(1 << 16, '.');
    while (::recv(k.ends[1], to.data(), to.size(), MSG_DONTWAIT) > 0) {}
    CHECK(wait_for(*r, 1)[0].res == 1);
}

TEST_CASE_TEMPLATE("names are made, linked, moved and removed", Side, REAL_SIDES) {
    auto r = Side::make();
    scratch s;
    const int at = s.directory;
    using namespace coil::ring;
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_mkdirat(e, at, "sub", 0700); }) == 0);
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_mkdirat(e, at, "sub", 0700); }) == -EEXIST);
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_linkat(e, at, "file", at, "second", 0); }) == 0);
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_symlinkat(e, "second", at, "link"); }) == 0);
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_renameat(e, at, "second", at, "moved", 0); }) == 0);
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_renameat(e, at, "moved", at, "file", RENAME_NOREPLACE); }) ==
          -EEXIST);
    struct statx status{};
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_statx(e, at, "moved", 0, STATX_NLINK, &status); }) == 0);
    CHECK(status.stx_nlink == 2);
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_statx(e, at, "link", 0, STATX_NLINK, &status); }) == -ENOENT);
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_unlinkat(e, at, "moved", 0); }) == 0);
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_unlinkat(e, at, "sub", AT_REMOVEDIR); }) == 0);
    CHECK(answer(*r, [&](io_uring_sqe& e) { prepare_unlinkat(e, at, "sub", AT_REMOVEDIR); }) == -ENOENT);
}

TEST_CASE_TEMPLATE("a file gets room and another size", Side, REAL_SIDES) {
    auto r = Side::make();
    scratch s;
    struct stat status{};
    const int made = answer(*r, [&](io_uring_sqe& e) { coil::ring::prepare_fallocate(e, s.file, 0, 100, 400); });
    if (made != -EOPNOTSUPP) {
        CHECK(made == 0);
        CHECK(fstat(s.file, &status) == 0);
        CHECK(status.st_size == 500);
    }
    if (r->has(coil::ring::newer::opcode_ftruncate)) {
        CHECK(answer(*r, [&](io_uring_sqe& e) { coil::ring::prepare_ftruncate(e, s.file, 70); }) == 0);
        CHECK(fstat(s.file, &status) == 0);
        CHECK(status.st_size == 70);
    }
    CHECK(answer(*r, [&](io_uring_sqe& e) { coil::ring::prepare_fsync(e, s.file, true); }) == 0);
}

TEST_CASE_TEMPLATE("a send without a copy tells twice", Side, REAL_SIDES) {
    auto r = Side::make();
    if (!r->has(std::uint8_t{IORING_OP_SEND_ZC})) return;
    sockets s;
    io_uring_sqe& e = r->take();
    coil::ring::prepare_send_zero_copy(e, s.ends[0], "abc", 3, 0);
    e.user_data = tag(1);
    const auto first = wait_for(*r, 1)[0];
    if (first.res == -EOPNOTSUPP) return;  // not for local sockets
    CHECK(first.res == 3);
    CHECK((first.flags & IORING_CQE_F_MORE) != 0);
    CHECK((wait_for(*r, 1)[0].flags & IORING_CQE_F_NOTIF) != 0);
}
