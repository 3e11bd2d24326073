// SPDX-License-Identifier: BSL-1.0
#include <coil/process/worker_link.hpp>

#include <coil/runtime/base/errors.hpp>

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace coil::process {

namespace {

int checked(int fd, const char* what) {
    if (fd < 0) throw_errno(errno, what);
    return fd;
}

ring::descriptor memory_file(std::size_t size) {
    ring::descriptor fd(checked(::memfd_create("coil", MFD_CLOEXEC), "memfd_create"));
    if (::ftruncate(fd.number(), static_cast<off_t>(size)) != 0) throw_errno(errno, "ftruncate", "shared memory");
    return fd;
}

constexpr std::size_t most_numbers = 250;  // the kernel's limit for one message is 253

}  // namespace

shared_mapping::shared_mapping(std::size_t head, std::size_t ring, std::size_t bulk)
    : fd_(memory_file(head + 2 * ring + 2 * bulk)), head_(head), ring_(ring), bulk_(bulk) {
    map(fd_.number());
}

shared_mapping::shared_mapping(int fd, std::size_t head, std::size_t ring, std::size_t bulk)
    : head_(head), ring_(ring), bulk_(bulk) {
    struct stat s{};
    if (::fstat(fd, &s) != 0) throw_errno(errno, "fstat", "shared memory");
    if (static_cast<std::size_t>(s.st_size) != head + 2 * (ring + bulk)) throw_errno(EBADMSG, "map", "memory of another size");
    map(fd);
}

void shared_mapping::map(int fd) {
    void* const room = ::mmap(nullptr, all(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) throw_errno(errno, "mmap", "shared memory");
    base_ = static_cast<std::byte*>(room);
    const auto part = [&](std::size_t at, std::size_t size, std::size_t offset) {
        if (::mmap(base_ + at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(offset)) ==
            MAP_FAILED) {
            const int error = errno;
            ::munmap(base_, all());
            base_ = nullptr;
            throw_errno(error, "mmap", "shared memory");
        }
    };
    part(0, head_, 0);
    for (std::size_t which = 0; which < 2; ++which)
        for (std::size_t copy = 0; copy < 2; ++copy)
            part(head_ + (2 * which + copy) * ring_, ring_, head_ + which * ring_);
    if (bulk_ > 0) part(head_ + 4 * ring_, 2 * bulk_, head_ + 2 * ring_);
}

shared_mapping::shared_mapping(shared_mapping&& other) noexcept
    : fd_(std::move(other.fd_)), base_(std::exchange(other.base_, nullptr)), head_(other.head_), ring_(other.ring_), bulk_(other.bulk_) {}

shared_mapping& shared_mapping::operator=(shared_mapping&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(base_, other.base_);
    std::swap(head_, other.head_);
    std::swap(ring_, other.ring_);
    std::swap(bulk_, other.bulk_);
    return *this;
}

shared_mapping::~shared_mapping() {
    if (base_) ::munmap(base_, all());
}

socket_pair make_socket_pair() {
    int two[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, two) != 0) throw_errno(errno, "socketpair");
    socket_pair pair;
    pair.ours = ring::descriptor(two[0]);
    pair.theirs = ring::descriptor(two[1]);
    return pair;
}

ring::descriptor make_bell() { return ring::descriptor(checked(::eventfd(0, EFD_CLOEXEC), "eventfd")); }

void ring_bell(int bell) noexcept {
    const std::uint64_t one = 1;
    // can only fail when the counter is full, and then it rings already
    [[maybe_unused]] const auto n = ::write(bell, &one, sizeof(one));
}

void drain_bell(int bell) noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto n = ::read(bell, &count, sizeof(count));
}

ring::descriptor make_memory_file(std::span<const std::byte> content) {
    ring::descriptor fd = memory_file(0);
    rewrite_memory_file(fd.number(), content);
    return fd;
}

void rewrite_memory_file(int fd, std::span<const std::byte> content) {
    if (::ftruncate(fd, 0) != 0) throw_errno(errno, "ftruncate", "shared memory");
    for (std::size_t at = 0; at < content.size();) {
        const auto n = ::pwrite(fd, content.data() + at, content.size() - at, static_cast<off_t>(at));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw_errno(errno, "write", "shared memory");
        at += static_cast<std::size_t>(n);
    }
}

std::vector<std::byte> read_memory_file(int fd) {
    struct stat s{};
    if (::fstat(fd, &s) != 0) throw_errno(errno, "fstat", "arguments of a worker");
    std::vector<std::byte> content(static_cast<std::size_t>(s.st_size));
    for (std::size_t at = 0; at < content.size();) {
        const auto n = ::pread(fd, content.data() + at, content.size() - at, static_cast<off_t>(at));
        if (n <= 0) throw_errno(n < 0 ? errno : EBADMSG, "read", "arguments of a worker");
        at += static_cast<std::size_t>(n);
    }
    return content;
}

int lifeline() {
    // Both ends are never closed: the kernel does that when the process is over.
    static const int read_end = [] {
        int two[2];
        if (::pipe2(two, O_CLOEXEC) != 0) throw_errno(errno, "pipe2", "lifeline of workers");
        return two[0];
    }();
    return read_end;
}

void hang_on(int lifeline) {
    // The owner and the signal belong to the open file, which is the parent's and every worker's: so it is opened anew.
    const std::string path = "/proc/self/fd/" + std::to_string(lifeline);
    const int own = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (own < 0) throw_errno(errno, "open", path);
    if (::fcntl(own, F_SETOWN, ::getpid()) != 0 || ::fcntl(own, F_SETSIG, SIGKILL) != 0 ||
        ::fcntl(own, F_SETFL, O_NONBLOCK | O_ASYNC) != 0)
        throw_errno(errno, "fcntl", "lifeline");
    ::close(lifeline);
    pollfd p{.fd = own, .events = POLLIN, .revents = 0};
    if (::poll(&p, 1, 0) > 0) ::_exit(1);  // it was over before
}

bool send_numbers(int socket, std::span<const int> numbers, bool may_wait) {
    while (!numbers.empty()) {
        const auto part = numbers.first(std::min(numbers.size(), most_numbers));
        std::byte mark{1};
        iovec bytes{.iov_base = &mark, .iov_len = 1};
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(most_numbers * sizeof(int))> room{};
        msghdr m{};
        m.msg_iov = &bytes;
        m.msg_iovlen = 1;
        m.msg_control = room.data();
        m.msg_controllen = CMSG_SPACE(part.size() * sizeof(int));
        cmsghdr* const c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(part.size() * sizeof(int));
        std::memcpy(CMSG_DATA(c), part.data(), part.size() * sizeof(int));
        const auto n = ::sendmsg(socket, &m, MSG_NOSIGNAL | (may_wait ? 0 : MSG_DONTWAIT));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == ETOOMANYREFS)) return false;
        if (n < 0) throw_errno(errno, "send", "descriptors to another process");
        numbers = numbers.subspan(part.size());
        may_wait = true;  // never half of them
    }
    return true;
}

std::vector<ring::descriptor> receive_numbers(int socket, std::size_t count) {
    std::vector<ring::descriptor> all;
    while (all.size() < count) {
        std::byte mark{};
        iovec bytes{.iov_base = &mark, .iov_len = 1};
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(most_numbers * sizeof(int))> room{};
        msghdr m{};
        m.msg_iov = &bytes;
        m.msg_iovlen = 1;
        m.msg_control = room.data();
        m.msg_controllen = room.size();
        const auto n = ::recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) throw_errno(n < 0 ? errno : EBADMSG, "receive", "descriptors from another process");
        std::size_t got = 0;
        for (cmsghdr* c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
            for (std::size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len; at += sizeof(int), ++got) {
                int fd = -1;
                std::memcpy(&fd, reinterpret_cast<const std::byte*>(c) + at, sizeof(int));
                all.emplace_back(fd);
            }
        }
        if (got == 0 || (m.msg_flags & MSG_CTRUNC) != 0)
            throw_errno(EMFILE, "receive", "descriptors from another process");
    }
    return all;
}

std::vector<std::byte> drain_socket(int socket) {
    std::vector<std::byte> all;
    std::array<std::byte, 4096> part;
    for (;;) {
        const auto n = ::recv(socket, part.data(), part.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return all;
        all.insert(all.end(), part.begin(), part.begin() + n);
    }
}

std::size_t receive_now(int socket, std::span<std::byte> to) noexcept {
    const auto n = ::recv(socket, to.data(), to.size(), MSG_DONTWAIT);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
}

bool write_socket(int socket, std::span<const std::byte> what) noexcept {
    while (!what.empty()) {
        const auto n = ::send(socket, what.data(), what.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        what = what.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value) noexcept {
    ::syscall(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}

void wake_sleeper(const std::atomic<std::uint32_t>& word) noexcept {
    ::syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void wait_for_any(std::span<const int> descriptors, std::vector<bool>& readable, nanoseconds most) {
    std::vector<pollfd> all;
    all.reserve(descriptors.size());
    for (const int fd : descriptors) all.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    const bool is_limited = most != nanoseconds::max();
    const auto count = most.count();
    const timespec limit{.tv_sec = count / 1'000'000'000, .tv_nsec = count % 1'000'000'000};
    int n = 0;
    do
        n = ::ppoll(all.data(), all.size(), is_limited ? &limit : nullptr, nullptr);
    while (n < 0 && errno == EINTR && !is_limited);
    readable.assign(all.size(), false);
    if (n <= 0) return;
    for (std::size_t i = 0; i < all.size(); ++i) readable[i] = all[i].revents != 0;
}

time_point thread_now() noexcept { return std::chrono::steady_clock::now(); }

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "an unknown host";
}

std::string numbers_of_processes() {
    std::array<char, 256> text{};
    std::string all;
    const int fd = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        const auto n = ::read(fd, text.data(), text.size());
        ::close(fd);
        if (n > 0) all.assign(text.data(), static_cast<std::size_t>(n));
    }
    const auto n = ::readlink("/proc/self/ns/pid", text.data(), text.size());
    if (n > 0) all.append(text.data(), static_cast<std::size_t>(n));
    return all;
}

void keep_to_oneself(int fd) noexcept { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

void show_name(std::string_view name) noexcept {
    try {
        ::prctl(PR_SET_NAME, std::string(name.substr(0, 15)).c_str());
    } catch (...) {
    }
}

}  // namespace coil::process
