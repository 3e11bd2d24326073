// SPDX-License-Identifier: BSL-1.0
// The calls that are no entries.
#include <coil/runtime/ring/simulated_disk_file.hpp>
#include <coil/runtime/ring/simulated_kernel.hpp>
#include <coil/runtime/ring/simulated_pipe.hpp>
#include <coil/runtime/ring/simulated_socket.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace coil::ring {

namespace {

sim::kind kind_of(call::kind what) noexcept {
    switch (what) {
    case call::kind::socket:
    case call::kind::socketpair:
        return sim::kind::socket;
    case call::kind::accept:
        return sim::kind::accept;
    case call::kind::open:
    case call::kind::pipe:
    case call::kind::duplicate:
        return sim::kind::open;
    case call::kind::recv:
    case call::kind::receive_message:
        return sim::kind::receive;
    case call::kind::send:
    case call::kind::send_message:
        return sim::kind::send;
    case call::kind::read:
    case call::kind::read_parts:
        return sim::kind::read;
    case call::kind::write:
    case call::kind::write_parts:
        return sim::kind::write;
    default:
        return sim::kind::other;
    }
}

bool is_trial(call::kind what) noexcept {
    switch (kind_of(what)) {
    case sim::kind::accept:
    case sim::kind::receive:
    case sim::kind::send:
    case sim::kind::read:
    case sim::kind::write:
        return true;
    default:
        return false;
    }
}

}  // namespace

long simulated_kernel::now(const call& c) {
    const sim::kind kind = kind_of(c.what);
    const bool trial = is_trial(c.what);
    const auto file = files_.find(c.fd);
    if (trial && file == nullptr) return -EBADF;
    if (c.what == call::kind::truncate && c.offset < 0) return -EINVAL;
    if (const long fault = luck_.begins(kind, file.get(), trial); fault != 0) return fault;
    if (trial && luck_.sees_nothing()) return -EAGAIN;
    switch (c.what) {
    case call::kind::socket:
        return make_socket(c.a, c.b, c.c);
    case call::kind::socketpair:
        return make_pair(c.a, c.b, static_cast<int*>(c.out));
    case call::kind::pipe:
        return make_pipe(c.a, static_cast<int*>(c.out));
    case call::kind::bind:
    case call::kind::listen:
    case call::kind::shutdown:
    case call::kind::set_option:
    case call::kind::get_option:
    case call::kind::local_address:
    case call::kind::peer_address:
        return call_on_socket(c);
    case call::kind::open:
    case call::kind::status:
    case call::kind::read_link:
        return call_on_path(c);
    case call::kind::watch_files:
    case call::kind::add_watch:
    case call::kind::remove_watch:
    case call::kind::watch_signals:
        return -ENOSYS;
    default:
        break;
    }
    if (file == nullptr) return -EBADF;
    const long r = call_on_bytes(c);
    if (trial && r != -EAGAIN) luck_.counts(kind);
    return r;
}

long simulated_kernel::call_on_socket(const call& c) {
    const auto file = files_.find(c.fd);
    if (file == nullptr) return -EBADF;
    auto* const s = dynamic_cast<simulated_socket*>(file.get());
    if (s == nullptr) return -ENOTSOCK;
    switch (c.what) {
    case call::kind::bind:
        return bind(*s, static_cast<const sockaddr*>(c.in), c.size);
    case call::kind::listen:
        return s->listen(c.a);
    case call::kind::shutdown:
        return s->shutdown(c.a);
    case call::kind::set_option:
        return s->set_option(c.a, c.b, c.in, static_cast<unsigned>(c.size));
    case call::kind::get_option:
        return s->get_option(c.a, c.b, c.out, c.length);
    case call::kind::peer_address:
        if (!s->has_peer()) return -ENOTCONN;
        tell(s->peer, static_cast<sockaddr*>(c.out), c.length);
        return 0;
    default: {
        std::string address = s->local;
        if (address.empty()) {
            const auto family = static_cast<sa_family_t>(s->domain());
            address.assign(family == AF_INET ? 16 : 28, '\0');
            std::memcpy(address.data(), &family, sizeof family);
        }
        tell(address, static_cast<sockaddr*>(c.out), c.length);
        return 0;
    }
    }
}

long simulated_kernel::call_on_path(const call& c) {
    const auto* const path = static_cast<const char*>(c.in);
    if (c.what == call::kind::open) return open(c.fd, path, c.a, static_cast<unsigned>(c.b));
    if (c.what == call::kind::status) return status(c.fd, path, c.a, static_cast<struct ::statx*>(c.out));
    const auto spot = find(c.fd, path, simulated_tree::last::itself);
    if (spot.error != 0) return spot.error;
    if (spot.what == nullptr) return -ENOENT;
    if (spot.what->what != simulated_inode::sort::link) return -EINVAL;
    const std::size_t size = std::min(c.size, spot.what->bytes.size());
    std::memcpy(c.out, spot.what->bytes.data(), size);
    return static_cast<long>(size);
}

// On a descriptor that is there.
long simulated_kernel::call_on_bytes(const call& c) {
    const auto file = files_.find(c.fd);
    const iovec into{c.out, c.size}, from{const_cast<void*>(c.in), c.size};
    const auto* const parts = static_cast<const iovec*>(c.in);
    auto* const on_disk = dynamic_cast<simulated_disk_file*>(file.get());
    switch (c.what) {
    case call::kind::recv:
        return receive(*file, {&into, 1}, c.a, no_limit);
    case call::kind::send:
        return send(*file, {&from, 1}, c.a, no_limit);
    case call::kind::accept:
        return accept(*file, static_cast<sockaddr*>(c.out), c.length, c.a);
    case call::kind::read:
        return read(*file, {&into, 1}, c.offset);
    case call::kind::write:
        return write(*file, {&from, 1}, c.offset);
    case call::kind::read_parts:
        return read(*file, {parts, c.size}, c.offset);
    case call::kind::write_parts:
        return write(*file, {parts, c.size}, c.offset);
    case call::kind::receive_message:
        return receive_message(*file, *static_cast<msghdr*>(c.out), c.a);
    case call::kind::send_message:
        return send_message(*file, *static_cast<const msghdr*>(c.in), c.a);
    case call::kind::duplicate:
        return files_.add(file);
    case call::kind::file_control:
        return control(c.fd, c.a, c.b);
    case call::kind::directory:
        return on_disk != nullptr ? on_disk->list(c.out, c.size) : -ENOTDIR;
    case call::kind::truncate:
        return on_disk != nullptr ? on_disk->resize(c.offset) : -EINVAL;
    case call::kind::copy_range:
    case call::kind::send_file:
        return copy(c);
    default:
        return -ENOSYS;
    }
}

long simulated_kernel::control(int fd, int command, int argument) {
    const auto file = files_.find(fd);
    switch (command) {
    case F_GETFL:
        return file->status;
    case F_SETFL: {
        constexpr int may_change = O_APPEND | O_NONBLOCK | O_DIRECT;
        file->status = (file->status & ~may_change) | (argument & may_change);
        return 0;
    }
    case F_GETFD:
        return FD_CLOEXEC;
    case F_SETFD:
        return 0;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return files_.add(file);
    case F_GETPIPE_SZ:
        return file->is_pipe() ? static_cast<long>(simulated_pipe::capacity) : -EBADF;
    default:
        return -EINVAL;
    }
}

// copy_file_range, and sendfile: that may wait for the one that takes the bytes.
long simulated_kernel::copy(const call& c) {
    const auto from = files_.find(c.fd), to = files_.find(c.a);
    if (from == nullptr || to == nullptr) return -EBADF;
    if (!from->is_on_disk() || (c.what == call::kind::copy_range && !to->is_on_disk())) return -EINVAL;
    if (!from->reads() || !to->writes()) return -EBADF;
    if (c.what == call::kind::copy_range && (to->status & O_APPEND) != 0) return -EBADF;
    const std::int64_t at = c.from_offset != nullptr ? *c.from_offset : -1;
    const std::int64_t to_at = c.to_offset != nullptr ? *c.to_offset : -1;
    const long r = move(*from, at, *to, to_at, c.size);
    if (r > 0 && c.from_offset != nullptr) *c.from_offset += r;
    if (r > 0 && c.to_offset != nullptr) *c.to_offset += r;
    return r;
}

}  // namespace coil::ring
