// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_descriptors.hpp>

#include <coil/runtime/ring/fallback_numbers.hpp>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace coil::ring {

namespace {
int socket_option(int fd, int name) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

// Sockets and pipes have one each.
std::uint64_t inode_of(int fd) noexcept {
    struct ::stat s{};
    return fstat(fd, &s) == 0 ? s.st_ino : 0;
}

epoll_event event_of(const fallback_slot& s) noexcept {
    epoll_event e{};
    e.events = s.interest | EPOLLET;
    e.data.u64 = std::uint64_t{s.registration} << 32 | static_cast<std::uint32_t>(s.fd);
    return e;
}

}  // namespace

fallback_slot* fallback_descriptors::find(int fd) {
    const auto at = static_cast<std::size_t>(fd);
    if (fd < 0) return nullptr;
    if (at / page_length >= pages_.size()) {
        if (fcntl(fd, F_GETFD) < 0) return nullptr;  // a wild number shall not make the table grow
        pages_.resize(at / page_length + 1);
    }
    std::unique_ptr<page>& p = pages_[at / page_length];
    if (p == nullptr) {
        p = std::make_unique<page>();
        for (std::size_t i = 0; i != page_length; ++i)
            (*p)[i].fd = static_cast<int>(at - at % page_length + i);
    }
    return &(*p)[at % page_length];
}

bool fallback_descriptors::trusted(const fallback_slot& s) const noexcept {
    return s.registered && descriptor_numbers::known(s.owner) && s.owner == descriptor_numbers::owner(s.fd);
}

int fallback_descriptors::control(int what, fallback_slot& s) noexcept {
    epoll_event e = event_of(s);
    return epoll_ctl(epoll_fd_, what, s.fd, &e) == 0 ? 0 : errno;
}

int fallback_descriptors::watch(fallback_slot& s, std::uint32_t events, bool socket, bool anew,
                                intrusive_list<fallback_request>& lost) noexcept {
    if (s.registered) {
        if (!anew && trusted(s) && (s.interest & events) == events) return 0;
        s.interest |= events;
        const int error = control(EPOLL_CTL_MOD, s);
        if (error == 0 && s.owner != descriptor_numbers::owner(s.fd)) note_owner(s);  // the file is the same
        if (error != ENOENT) return error;
        forget(s, lost);
    }
    ++s.registration;
    s.interest = events;
    s.readable = s.ended = s.stream = false;
    s.writable = true;
    int error = control(EPOLL_CTL_ADD, s);
    if (error == EEXIST) error = control(EPOLL_CTL_MOD, s);
    if (error != 0) return error;
    s.registered = true;
    note_owner(s);
    if (socket && descriptor_numbers::known(s.owner)) {
        s.stream = socket_option(s.fd, SO_TYPE) == SOCK_STREAM && socket_option(s.fd, SO_DOMAIN) != AF_UNIX;
    }
    return 0;
}

void fallback_descriptors::note_owner(fallback_slot& s) noexcept {
    s.owner = descriptor_numbers::owner(s.fd);
    if (!descriptor_numbers::known(s.owner)) s.inode = inode_of(s.fd);
}

void fallback_descriptors::quiet(fallback_slot& s) noexcept {
    s.interest = 0;
    epoll_event e = event_of(s);
    // Nobody waits, so another thread may close the number at this moment, and even open it again: then there is nothing
    // registered to be modified. ThreadSanitizer, which would tell of a race for the number, does not know this call.
    ::syscall(SYS_epoll_ctl, epoll_fd_, EPOLL_CTL_MOD, s.fd, &e);
}

fallback_slot* fallback_descriptors::of_event(std::uint64_t data, intrusive_list<fallback_request>& lost) noexcept {
    fallback_slot* const s = find(static_cast<int>(data & 0xffffffff));
    if (s == nullptr || !s->registered || s->registration != data >> 32) return nullptr;
    if (descriptor_numbers::known(s->owner) ? trusted(*s) : s->inode == inode_of(s->fd)) return s;
    forget(*s, lost);
    return nullptr;
}

void fallback_descriptors::forget(fallback_slot& s, intrusive_list<fallback_request>& lost) noexcept {
    for (intrusive_list<fallback_request>* list : {&s.readers, &s.writers, &s.polls})
        while (fallback_request* const r = list->pop_front()) {
            r->where = fallback_request::place::lost;
            lost.push_back(*r);
        }
    s.registered = false;
}

}  // namespace coil::ring
