// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/end_watch.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/start_thread.hpp>
#include <coil/runtime/ring/fork_guard.hpp>
#include <coil/runtime/ring/signals_blocked.hpp>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace coil::ring {

namespace {

// A forked child has the addresses of its parent's things and none of its threads.
class fork_note final : fork_guard {
public:
    fork_note() noexcept { join(); }

private:
    void forked() noexcept override { forked_child.store(true, std::memory_order_relaxed); }
};

// The 22nd word of its line in /proc; 0 if there is no such thing.
std::uint64_t start_of(std::uint32_t pid) noexcept {
    char text[1024];
    std::snprintf(text, sizeof text, "/proc/%u/stat", pid);
    const int fd = ::open(text, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    const ssize_t n = ::read(fd, text, sizeof text - 1);
    ::close(fd);
    if (n <= 0) return 0;
    text[n] = '\0';
    const char* at = std::strrchr(text, ')');  // the name before may hold anything
    for (int word = 2; at != nullptr && word != 22; ++word)
        at = std::strchr(at + 1, ' ');
    return at == nullptr ? 0 : std::strtoull(at, nullptr, 10);
}

process_identity identify() noexcept {
    process_identity me;
    me.pid = static_cast<std::uint32_t>(::getpid());
    me.started = start_of(me.pid);
    struct ::stat space{};
    if (::stat("/proc/self/ns/pid", &space) == 0) me.space = static_cast<std::uint32_t>(space.st_ino);
    return me;
}

bool elsewhere(const process_identity& who) noexcept {
    return who.space != 0 && this_process().space != 0 && who.space != this_process().space;
}

}  // namespace

// Once there is a descriptor the number cannot change hands, so what is read then is of this one.
int open_process(const process_identity& who) noexcept {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, who.pid, 0));
    if (fd < 0 || who.started == 0) return fd;
    const std::uint64_t now = start_of(who.pid);
    if (now == 0 || now == who.started) return fd;
    ::close(fd);
    errno = ESRCH;
    return -1;
}

const process_identity& this_process() noexcept {
    static const process_identity me = identify();
    return me;
}

struct end_watch::entry : list_hook {
    entry(int f, told t, void* c, std::uint64_t k) noexcept : fd(f), tell(t), context(c), key(k) {}
    int fd;
    told tell;
    void* context;
    std::uint64_t key;
    ~entry() {
        if (fd >= 0) ::close(fd);
    }
};

end_watch::end_watch() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) throw_errno(errno, "epoll_create");
    try {
        const signals_blocked inherited;
        start_thread("watches other processes", [this] { main(); }).detach();
    } catch (...) {
        ::close(epoll_);
        throw;
    }
}

end_watch& end_watch::of_process() {
    if (in_forked_child())
        throw std::logic_error("coil: a forked child cannot use what its parent shares; let it call exec first");
    static fork_note& note = *new fork_note;
    static end_watch& it = *new end_watch;
    (void)note;
    return it;
}

void end_watch::add(entry* made, std::uint32_t events) {
    std::unique_ptr<entry> e(made);
    if (e->fd < 0) throw_errno(errno, "watch the end of another process");
    epoll_event what{};
    what.events = events | EPOLLONESHOT;
    what.data.ptr = e.get();
    const std::scoped_lock hold(lock_);  // before the thread may find it
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, e->fd, &what) != 0) throw_errno(errno, "watch the end of another process");
    watched_.push_back(*e.release());  // the thread's
}

void end_watch::process(const process_identity& who, told tell, void* context, std::uint64_t key) {
    if (elsewhere(who)) return;
    int fd = open_process(who);
    if (fd < 0 && errno != ESRCH) throw_errno(errno, "watch process", std::to_string(who.pid));
    if (fd < 0) fd = ::eventfd(1, EFD_CLOEXEC);  // it has ended: told as soon as the thread looks
    add(new entry(fd, tell, context, key), EPOLLIN);
}

bool has_ended(const process_identity& who) noexcept {
    if (elsewhere(who)) return false;
    const int fd = open_process(who);
    if (fd < 0) return errno == ESRCH;
    pollfd state{fd, POLLIN, 0};
    const bool ended = ::poll(&state, 1, 0) == 1;
    ::close(fd);
    return ended;
}

void end_watch::pipe(int reading_end, told tell, void* context, std::uint64_t key) {
    add(new entry(reading_end, tell, context, key), 0);  // EPOLLHUP comes unasked
}

void end_watch::main() noexcept {
    pthread_setname_np(pthread_self(), "coil-ends");
    for (;;) {
        epoll_event what{};
        if (::epoll_wait(epoll_, &what, 1, -1) != 1) continue;
        const std::unique_ptr<entry> e(static_cast<entry*>(what.data.ptr));
        {
            const std::scoped_lock hold(lock_);
            intrusive_list<entry>::remove(*e);
        }
        e->tell(e->context, e->key);
    }
}

}  // namespace coil::ring
