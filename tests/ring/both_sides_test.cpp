// SPDX-License-Identifier: BSL-1.0
// The same little programs against the kernel and against the simulated side: where Linux does not choose, the results
// are the same. Every operation is an entry that does not wait, or a call.
#include <coil/runtime/ring/newer.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/simulated_random.hpp>

#include "sides.hpp"

#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

using namespace ring_test;
using coil::ring::kernel_ring;
using coil::ring::ring;
using coil::ring::simulated_random;
using coil::ring::simulated_ring;
namespace cr = coil::ring;

namespace {

// A side with what a program has open there, and the story of what it was told.
class side {
public:
    side(ring& r, std::string root) : r_(r), root_(std::move(root)) {}
    ~side() {
        for (const int fd : open_)
            r_.close(fd);
    }
    side(const side&) = delete;
    side& operator=(const side&) = delete;

    // An entry.
    long ask(const std::function<void(io_uring_sqe&)>& prepare) {
        io_uring_sqe& e = r_.take();
        prepare(e);
        e.user_data = tag(1);
        return wait_for(r_, 1)[0].res;
    }
    long now(const call& c) { return r_.now(c); }
    bool has(std::uint8_t opcode) const { return r_.has(opcode); }
    std::string path(const std::string& name) const { return root_ + "/" + name; }

    // Descriptors have numbers of their own: a program names them by their order.
    long keep(long fd) {
        if (fd < 0) return fd;
        open_.push_back(static_cast<int>(fd));
        return 0;
    }
    int at(std::size_t i) const { return open_.empty() ? -1 : open_[i % open_.size()]; }
    void drop(std::size_t i) {
        if (open_.empty()) return;
        const auto gone = open_.begin() + static_cast<std::ptrdiff_t>(i % open_.size());
        tell("close", r_.close(*gone));
        open_.erase(gone);
    }
    void tell(const char* what, long result, const std::string& more = {}) {
        story.append(what).append("=").append(std::to_string(result));
        story.append("(");
        for (const char c : more)
            story.push_back(c == '\0' ? '0' : c);
        story.append(")");
        story.append(" ");
    }
    std::string story;

private:
    ring& r_;
    std::string root_;
    std::vector<int> open_;
};

struct folder {
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "both_sides_XXXXXX").native();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() { std::filesystem::remove_all(path); }
    std::string path;
};

// ---- files

const char* const names[] = {"a", "b",   "c",  "d",  "d/a",  "d/b",   "d/e", "d/e/a",
                             "l", "l/a", "d/", "a/", "d/..", "d/./a", ""};
const int ways[] = {O_RDONLY,
                    O_RDWR,
                    O_WRONLY,
                    O_RDWR | O_CREAT,
                    O_RDWR | O_CREAT | O_EXCL,
                    O_RDWR | O_CREAT | O_TRUNC,
                    O_WRONLY | O_CREAT | O_APPEND,
                    O_RDONLY | O_DIRECTORY,
                    O_RDONLY | O_NOFOLLOW};

std::string listed(side& s, int fd) {
    alignas(std::uint64_t) char buffer[4096];
    std::set<std::string> all;
    for (;;) {
        const long size = s.now(call::getdents64(fd, buffer, sizeof buffer));
        if (size < 0) return std::to_string(size);
        if (size == 0) break;
        for (long at = 0; at < size;) {
            unsigned short length = 0;
            std::memcpy(&length, buffer + at + offsetof(dirent64, d_reclen), sizeof length);
            all.insert(std::string(buffer + at + offsetof(dirent64, d_name)) + ":" +
                       std::to_string(buffer[at + static_cast<long>(offsetof(dirent64, d_type))]));
            at += length;
        }
    }
    std::string text;
    for (const auto& name : all)
        text += name + ",";
    return text;
}

void status(side& s, int directory, const std::string& path, int flags) {
    struct statx x{};
    const long r =
        s.ask([&](io_uring_sqe& e) { cr::prepare_statx(e, directory, path.c_str(), flags, STATX_BASIC_STATS, &x); });
    const bool is_file = r == 0 && S_ISREG(x.stx_mode);
    s.tell("statx", r, r == 0 ? std::to_string(x.stx_mode & S_IFMT) : "");
    if (is_file) s.tell("size", static_cast<long>(x.stx_size), std::to_string(x.stx_nlink));
}

void step_on_files(side& s, simulated_random& random) {
    const auto draw = [&random](std::uint64_t below) { return static_cast<std::size_t>(random.draw(below)); };
    const std::string one = names[draw(std::size(names))], two = names[draw(std::size(names))];
    const std::string path = one.empty() ? one : s.path(one), other = two.empty() ? two : s.path(two);
    const std::size_t which = draw(8);
    const auto fd = s.at(which);
    const auto offset = static_cast<std::int64_t>(draw(40)) - 1;
    const std::size_t size = draw(30);
    const std::string text(size, static_cast<char>('a' + draw(26)));
    std::string to(size, '.');
    switch (draw(22)) {
    case 0:
    case 1:
    case 2: {
        const int how = ways[draw(std::size(ways))];
        s.tell("open",
               s.keep(s.ask([&](io_uring_sqe& e) { cr::prepare_openat(e, AT_FDCWD, path.c_str(), how, 0640); })));
        break;
    }
    case 3:
        s.drop(which);
        break;
    case 4:
    case 5:
        s.tell("write", s.ask([&](io_uring_sqe& e) { cr::prepare_write(e, fd, text.data(), size, offset, 0); }));
        break;
    case 6:
    case 7: {
        const long r = s.ask([&](io_uring_sqe& e) { cr::prepare_read(e, fd, to.data(), size, offset); });
        s.tell("read", r, to);
        break;
    }
    case 8: {
        char first[5] = "....", second[5] = "....";
        const iovec parts[] = {{first, 4}, {second, 4}};
        const long r = s.ask([&](io_uring_sqe& e) { cr::prepare_readv(e, fd, parts, 2, offset); });
        s.tell("readv", r, std::string(first) + second);
        break;
    }
    case 9: {
        char first[] = "12", second[] = "345";
        const iovec parts[] = {{first, 2}, {second, 3}};
        s.tell("writev", s.ask([&](io_uring_sqe& e) { cr::prepare_writev(e, fd, parts, 2, offset, 0); }));
        break;
    }
    case 10:
        s.tell("mkdir", s.ask([&](io_uring_sqe& e) { cr::prepare_mkdirat(e, AT_FDCWD, path.c_str(), 0750); }));
        break;
    case 11:
    case 12: {
        const int flags = draw(2) == 0 ? 0 : AT_REMOVEDIR;
        s.tell("unlink", s.ask([&](io_uring_sqe& e) { cr::prepare_unlinkat(e, AT_FDCWD, path.c_str(), flags); }));
        break;
    }
    case 13:
    case 14: {
        const unsigned flags = static_cast<unsigned>(draw(3));
        s.tell("rename", s.ask([&](io_uring_sqe& e) {
            cr::prepare_renameat(e, AT_FDCWD, path.c_str(), AT_FDCWD, other.c_str(), flags);
        }));
        break;
    }
    case 15:
        s.tell("symlink",
               s.ask([&](io_uring_sqe& e) { cr::prepare_symlinkat(e, one.c_str(), AT_FDCWD, other.c_str()); }));
        break;
    case 16:
        s.tell("link", s.ask([&](io_uring_sqe& e) {
            cr::prepare_linkat(e, AT_FDCWD, path.c_str(), AT_FDCWD, other.c_str(), 0);
        }));
        break;
    case 17:
        status(s, AT_FDCWD, path, draw(2) == 0 ? 0 : AT_SYMLINK_NOFOLLOW);
        break;
    case 18:
        status(s, fd, "", AT_EMPTY_PATH);
        break;
    case 19:
        s.tell("truncate", s.now(call::ftruncate(fd, offset)));
        break;
    case 20: {
        char target[64] = {};
        const long r = s.now(call::readlink(AT_FDCWD, path.c_str(), target, sizeof target));
        s.tell("readlink", r, target);
        break;
    }
    default: {
        const long dir = s.now(call::open(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY));
        s.tell("list", dir < 0 ? dir : 0, dir < 0 ? "" : listed(s, static_cast<int>(dir)));
        s.tell("fsync", s.ask([&](io_uring_sqe& e) { cr::prepare_fsync(e, fd, size % 2 == 0); }));
        if (dir >= 0) s.ask([&](io_uring_sqe& e) { cr::prepare_close(e, static_cast<int>(dir)); });
    }
    }
}

// ---- pipes and Unix sockets, where the kernel delivers before it returns

void step_on_streams(side& s, simulated_random& random) {
    const auto draw = [&random](std::uint64_t below) { return static_cast<std::size_t>(random.draw(below)); };
    const std::size_t which = draw(10);
    const int fd = s.at(which);
    const std::size_t size = 1 + draw(20);
    const std::string text(size, static_cast<char>('a' + draw(26)));
    std::string to(size, '.');
    int two[2] = {-1, -1};
    switch (draw(12)) {
    case 0: {
        const long r = s.now(call::pipe(two, O_NONBLOCK));
        s.tell("pipe", r);
        for (const int end : two)
            s.keep(end);
        break;
    }
    case 1: {
        const int type = draw(2) == 0 ? SOCK_STREAM : SOCK_DGRAM;
        s.tell("socketpair", s.now(call::socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, two)));
        for (const int end : two)
            s.keep(end);
        break;
    }
    case 2:
        s.drop(which);
        break;
    case 3:
    case 4:
        s.tell("send", s.ask([&](io_uring_sqe& e) { cr::prepare_send(e, fd, text.data(), size, MSG_DONTWAIT); }));
        break;
    case 5:
    case 6: {
        const int flags = draw(4) == 0 ? MSG_PEEK : 0;
        const long r =
            s.ask([&](io_uring_sqe& e) { cr::prepare_recv(e, fd, to.data(), size, flags | MSG_DONTWAIT, false); });
        s.tell("recv", r, to);
        break;
    }
    case 7:
        s.tell("write", s.now(call::write(fd, text.data(), size)));
        break;
    case 8: {
        const long r = s.now(call::read(fd, to.data(), size));
        s.tell("read", r, to);
        break;
    }
    case 9: {
        int type = SOCK_STREAM;
        unsigned length = sizeof type;
        s.now(call::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length));
        const int how = static_cast<int>(draw(3));
        // who reads a datagram socket that is shut finds nothing or the end, as the kernel comes by it
        if (type == SOCK_STREAM) s.tell("shutdown", s.now(call::shutdown(fd, how)));
        break;
    }
    case 10: {
        iovec part{to.data(), size};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        const long r = s.ask([&](io_uring_sqe& e) { cr::prepare_recvmsg(e, fd, message, MSG_DONTWAIT, false); });
        s.tell("recvmsg", r, to + std::to_string(r < 0 ? 0 : message.msg_flags & MSG_TRUNC));
        break;
    }
    default: {
        int value = 0;
        unsigned length = sizeof value;
        const int option = draw(2) == 0 ? SO_TYPE : SO_ERROR;
        const long r = s.now(call::getsockopt(fd, SOL_SOCKET, option, &value, &length));
        s.tell("option", r, std::to_string(value));
    }
    }
}

std::string story_of(ring& r, const std::string& root, std::uint64_t seed, void (*step)(side&, simulated_random&)) {
    side s(r, root);
    simulated_random random(seed);
    for (int i = 0; i < 200; ++i)
        step(s, random);
    return s.story;
}

// Where two stories part, so that a failure can be read.
std::string first_difference(const std::string& a, const std::string& b) {
    const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (x == a.end() && y == b.end()) return {};
    const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, x - a.begin() - 60));
    return "kernel: ..." + a.substr(from, 120) + "\nsimulated: ..." + b.substr(from, 120);
}

}  // namespace

TEST_CASE("both sides: files and folders") {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const folder place;
        kernel_ring kernel;
        simulated_ring memory({.seed = seed});
        side(memory, "").ask([](io_uring_sqe& e) { cr::prepare_mkdirat(e, AT_FDCWD, "/tmp/x", 0755); });
        const std::string real = story_of(kernel, place.path, seed, &step_on_files);
        const std::string simulated = story_of(memory, "/tmp/x", seed, &step_on_files);
        CAPTURE(seed);
        CHECK(first_difference(real, simulated) == "");
    }
}

TEST_CASE("both sides: pipes and Unix sockets") {
    signal(SIGPIPE, SIG_IGN);
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        kernel_ring kernel;
        test_pipe probe(kernel);
        if (kernel.now(call::write(probe.writer(), "x", 1)) == -EAGAIN) break;  // it cannot try on a pipe
        simulated_ring memory({.seed = seed});
        const std::string real = story_of(kernel, "", seed, &step_on_streams);
        const std::string simulated = story_of(memory, "", seed, &step_on_streams);
        CAPTURE(seed);
        CHECK(first_difference(real, simulated) == "");
    }
    signal(SIGPIPE, SIG_DFL);
}

// ---- what waits: the same script on both sides

namespace {

sockaddr_in loopback(unsigned short port = 0) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = port;
    return a;
}
sockaddr* generic(sockaddr_in& a) {
    return reinterpret_cast<sockaddr*>(&a);
}

// Two entries at once, the second of which makes the first possible; the results in the order of the entries.
std::pair<int, int> both(ring& r, const std::function<void(io_uring_sqe&)>& a,
                         const std::function<void(io_uring_sqe&)>& b) {
    io_uring_sqe& first = r.take();
    a(first);
    first.user_data = tag(1);
    r.submit_and_wait(at_once);
    io_uring_sqe& second = r.take();
    b(second);
    second.user_data = tag(2);
    std::pair<int, int> results;
    for (const auto& c : wait_for(r, 2))
        (c.user_data == tag(1) ? results.first : results.second) = c.res;
    return results;
}

std::string tcp_story(ring& r) {
    side s(r, "");
    std::string to(16, '.');
    const auto receive = [&](int fd, unsigned size, int flags) {
        to.assign(16, '.');
        const long n = s.ask([&](io_uring_sqe& e) { cr::prepare_recv(e, fd, to.data(), size, flags, false); });
        s.tell("recv", n, to);
    };
    const auto send = [&](int fd, const std::string& text) {
        s.tell("send", s.ask([&](io_uring_sqe& e) { cr::prepare_send(e, fd, text.data(), text.size(), 0); }));
    };

    const int listener = static_cast<int>(r.now(call::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)));
    s.keep(listener);
    sockaddr_in at = loopback();
    unsigned size = sizeof at;
    s.tell("bind", r.now(call::bind(listener, generic(at), sizeof at)));
    s.tell("again", r.now(call::bind(listener, generic(at), sizeof at)));
    r.now(call::getsockname(listener, generic(at), &size));
    s.tell("port", at.sin_port != 0 && size == sizeof at);

    int client = static_cast<int>(r.now(call::socket(AF_INET, SOCK_STREAM, 0)));
    s.tell("nobody listens", s.ask([&](io_uring_sqe& e) { cr::prepare_connect(e, client, generic(at), sizeof at); }));
    r.close(client);
    s.tell("listen", r.now(call::listen(listener, 4)));
    const int other = static_cast<int>(r.now(call::socket(AF_INET, SOCK_STREAM, 0)));
    s.tell("taken", r.now(call::bind(other, generic(at), sizeof at)));
    r.close(other);
    s.tell("nobody waits", r.now(call::accept(listener)));

    for (int round = 0; round < 3; ++round) {
        client = static_cast<int>(r.now(call::socket(AF_INET, SOCK_STREAM, 0)));
        sockaddr_in peer{}, mine{};
        size = sizeof peer;
        const auto [server, connected] = both(
            r, [&](io_uring_sqe& e) { cr::prepare_accept(e, listener, generic(peer), &size); },
            [&](io_uring_sqe& e) { cr::prepare_connect(e, client, generic(at), sizeof at); });
        s.tell("connected", connected, server >= 0 ? "and accepted" : "");
        unsigned length = sizeof mine;
        r.now(call::getsockname(client, generic(mine), &length));
        s.tell("names agree", mine.sin_port == peer.sin_port && mine.sin_addr.s_addr == peer.sin_addr.s_addr);
        s.tell("again", s.ask([&](io_uring_sqe& e) { cr::prepare_connect(e, client, generic(at), sizeof at); }));
        const auto [got, sent] = both(
            r, [&](io_uring_sqe& e) { cr::prepare_recv(e, server, to.data(), 10, MSG_WAITALL, false); },
            [&](io_uring_sqe& e) { cr::prepare_send(e, client, "0123456789", 10, 0); });
        s.tell("whole", got, to);
        s.tell("sent", sent);
        send(client, "abcdef");
        receive(server, 3, MSG_PEEK);
        receive(server, 3, 0);
        if (round == 0) {  // half a close, then the other half
            s.tell("shutdown", r.now(call::shutdown(client, SHUT_WR)));
            receive(server, 16, 0);
            receive(server, 16, 0);
            send(client, "x");
            send(server, "answer");
            receive(client, 16, 0);
            r.close(server);
            receive(client, 16, 0);
        } else if (round == 1) {  // bytes unread: a reset
            send(server, "kept");
            r.close(server);
            receive(client, 16, 0);
            receive(client, 16, 0);
            receive(client, 16, 0);
            send(client, "x");
        } else {  // an end without a reset, and bytes for nobody
            receive(server, 16, 0);
            r.close(server);
            send(client, "x");
            send(client, "x");
            receive(client, 16, 0);
        }
        r.close(client);
    }
    return s.story;
}

std::string datagram_story(ring& r) {
    side s(r, "");
    const int a = static_cast<int>(r.now(call::socket(AF_INET, SOCK_DGRAM, 0)));
    const int b = static_cast<int>(r.now(call::socket(AF_INET, SOCK_DGRAM, 0)));
    s.keep(a);
    s.keep(b);
    sockaddr_in at = loopback(), from{};
    unsigned size = sizeof at;
    s.tell("bind", r.now(call::bind(a, generic(at), sizeof at)));
    r.now(call::getsockname(a, generic(at), &size));
    char text[] = "hello there";
    iovec out{text, 11};
    msghdr message{};
    message.msg_iov = &out;
    message.msg_iovlen = 1;
    s.tell("to nobody", s.ask([&](io_uring_sqe& e) { cr::prepare_sendmsg(e, b, message, 0); }));
    message.msg_name = &at;
    message.msg_namelen = sizeof at;
    char to[6] = ".....";
    iovec in{to, 5};
    msghdr received{};
    received.msg_iov = &in;
    received.msg_iovlen = 1;
    received.msg_name = &from;
    received.msg_namelen = sizeof from;
    const auto [got, sent] = both(
        r, [&](io_uring_sqe& e) { cr::prepare_recvmsg(e, a, received, 0, false); },
        [&](io_uring_sqe& e) { cr::prepare_sendmsg(e, b, message, 0); });
    s.tell("sent", sent);
    s.tell("got", got, std::string(to) + ((received.msg_flags & MSG_TRUNC) != 0 ? " cut" : ""));
    sockaddr_in mine{};
    size = sizeof mine;
    r.now(call::getsockname(b, generic(mine), &size));
    s.tell("from", received.msg_namelen, mine.sin_port == from.sin_port && from.sin_port != 0 ? "b" : "?");
    s.tell("connect", s.ask([&](io_uring_sqe& e) { cr::prepare_connect(e, b, generic(at), sizeof at); }));
    s.tell("send", r.now(call::send(b, "abc", 3)));
    s.tell("length", r.now(call::recv(a, to, 1, MSG_TRUNC | MSG_PEEK)));
    s.tell("recv", r.now(call::recv(a, to, 5)), to);
    s.tell("nothing", r.now(call::recv(a, to, 5)));
    s.tell("too long", r.now(call::send(b, std::string(70000, 'x').data(), 70000)));
    return s.story;
}

std::string passing_story(ring& r) {
    side s(r, "");
    int two[2], pipe[2];
    s.tell("pair", r.now(call::socketpair(AF_UNIX, SOCK_STREAM, 0, two)));
    s.tell("pipe", r.now(call::pipe(pipe)));
    s.keep(two[0]);
    s.keep(two[1]);
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    char text[] = "take";
    iovec part{text, 4};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(c), &pipe[1], sizeof(int));
    s.tell("send", s.ask([&](io_uring_sqe& e) { cr::prepare_send(e, two[0], "before ", 7, 0); }));
    s.tell("sendmsg", s.ask([&](io_uring_sqe& e) { cr::prepare_sendmsg(e, two[0], message, 0); }));
    r.close(pipe[1]);
    char to[20] = "...................";
    iovec in{to, 19};
    {
        alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
        msghdr received{};
        received.msg_iov = &in;
        received.msg_iovlen = 1;
        received.msg_control = room;
        received.msg_controllen = sizeof room;
        const long n = s.ask([&](io_uring_sqe& e) { cr::prepare_recvmsg(e, two[1], received, 0, false); });
        s.tell("recvmsg", n, to);
        const cmsghdr* const found = received.msg_controllen != 0 ? CMSG_FIRSTHDR(&received) : nullptr;
        s.tell("control", static_cast<long>(received.msg_controllen));
        REQUIRE(found != nullptr);
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(found), sizeof fd);
        s.tell("write", s.ask([&](io_uring_sqe& e) { cr::prepare_write(e, fd, "through", 7, -1, 0); }));
        r.close(fd);
    }
    s.tell("read", s.ask([&](io_uring_sqe& e) { cr::prepare_read(e, pipe[0], to, 19, -1); }), to);
    s.tell("end", s.ask([&](io_uring_sqe& e) { cr::prepare_read(e, pipe[0], to, 19, -1); }));
    r.close(pipe[0]);
    return s.story;
}

}  // namespace

TEST_CASE("both sides: TCP, datagrams, descriptors that travel") {
    for (const auto story : {&tcp_story, &datagram_story, &passing_story}) {
        kernel_ring kernel;
        const std::string real = story(kernel);
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            simulated_ring memory({.seed = seed});
            CAPTURE(seed);
            CHECK(first_difference(real, story(memory)) == "");
            CHECK(memory.open_descriptors() == 0);
        }
    }
}
