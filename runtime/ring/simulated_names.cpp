// SPDX-License-Identifier: BSL-1.0
// What the simulated kernel does with names: addresses of sockets, paths of files.
#include <coil/runtime/ring/simulated_disk_file.hpp>
#include <coil/runtime/ring/simulated_kernel.hpp>
#include <coil/runtime/ring/simulated_pipe.hpp>
#include <coil/runtime/ring/simulated_socket.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace coil::ring {

// ---- sockets

std::shared_ptr<simulated_socket> simulated_kernel::socket_for(int domain, int type) {
    const int status = O_RDWR | ((type & SOCK_NONBLOCK) != 0 ? O_NONBLOCK : 0);
    if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM)
        return std::make_shared<simulated_stream>(network_, domain, status, buffer_);
    return std::make_shared<simulated_datagram_socket>(network_, domain, status, buffer_,
                                                       luck_.faults().lost_datagrams);
}

long simulated_kernel::make_socket(int domain, int type, int) {
    if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX) return -EAFNOSUPPORT;
    const int sort = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (sort != SOCK_STREAM && sort != SOCK_DGRAM) return -ESOCKTNOSUPPORT;
    return files_.add(socket_for(domain, type));
}

long simulated_kernel::make_pair(int domain, int type, int* two) {
    if (domain != AF_UNIX) return -EOPNOTSUPP;
    const int sort = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (sort != SOCK_STREAM && sort != SOCK_DGRAM) return -ESOCKTNOSUPPORT;
    auto a = socket_for(domain, type), b = socket_for(domain, type);
    if (sort == SOCK_STREAM) {
        simulated_stream::join(static_cast<simulated_stream&>(*a), static_cast<simulated_stream&>(*b));
        a->peer = b->local;
        b->peer = a->local;
    } else {
        simulated_datagram_socket::join(static_cast<simulated_datagram_socket&>(*a),
                                        static_cast<simulated_datagram_socket&>(*b));
    }
    return add_two(std::move(a), std::move(b), two);
}

long simulated_kernel::make_pipe(int flags, int* two) {
    auto [reader, writer] = simulated_pipe::make(flags & O_NONBLOCK);
    return add_two(std::move(reader), std::move(writer), two);
}

long simulated_kernel::add_two(std::shared_ptr<simulated_file> a, std::shared_ptr<simulated_file> b, int* two) {
    const int first = files_.add(std::move(a));
    if (first < 0) return first;
    const int second = files_.add(std::move(b));
    if (second < 0) {
        files_.close(first);
        return second;
    }
    two[0] = first;
    two[1] = second;
    return 0;
}

// Where an address leads. A path has to lead to a socket, but for who binds to it.
long simulated_kernel::place_for(const simulated_socket& s, const sockaddr* address, std::size_t size,
                                 simulated_place& place) {
    sa_family_t family = AF_UNSPEC;
    if (address == nullptr || size < sizeof family) return -EINVAL;
    std::memcpy(&family, address, sizeof family);
    const std::string_view bytes(reinterpret_cast<const char*>(address), size);
    if (family != s.domain()) return family == AF_UNSPEC && s.type() == SOCK_DGRAM ? 0 : -EAFNOSUPPORT;
    if (family != AF_UNIX) {
        place = simulated_network::place_of(s.type(), bytes);
        return place.key.empty() ? -EINVAL : 0;
    }
    constexpr std::size_t begin = offsetof(sockaddr_un, sun_path);
    if (size <= begin || size > sizeof(sockaddr_un)) return -EINVAL;
    if (bytes[begin] == '\0') {
        place = {"abstract " + std::string(bytes.substr(begin)), std::string(bytes)};
        return 0;
    }
    const std::string path(bytes.substr(begin, bytes.find('\0', begin) - begin));
    const auto spot = tree_.find(nullptr, path, simulated_tree::last::followed);
    if (spot.error != 0) return spot.error;
    if (spot.what == nullptr) return -ENOENT;
    place = {"path " + std::to_string(spot.what->number),
             std::string(bytes.substr(0, begin)) + path + std::string(1, '\0')};
    return spot.what->what == simulated_inode::sort::socket ? 0 : -ECONNREFUSED;
}

long simulated_kernel::bind(simulated_socket& s, const sockaddr* address, std::size_t size) {
    if (!s.key.empty() || s.has_peer()) return -EINVAL;
    simulated_place place;
    long r = place_for(s, address, size, place);
    if (s.domain() == AF_UNIX && (r == -ENOENT || r == -ECONNREFUSED || (r == 0 && place.key.starts_with("path")))) {
        // a name that is there is taken, also by a socket that is gone
        if (r != -ENOENT) return -EADDRINUSE;
        const auto* const un = reinterpret_cast<const sockaddr_un*>(address);
        const std::string path(un->sun_path, strnlen(un->sun_path, size - offsetof(sockaddr_un, sun_path)));
        r = tree_.make(tree_.find(nullptr, path, simulated_tree::last::named), simulated_inode::sort::socket, 0755);
        if (r == 0) r = place_for(s, address, size, place);
    }
    if (r != 0) return r;
    if (place.key.empty()) return -EAFNOSUPPORT;
    return network_.bind(s, std::move(place));
}

long simulated_kernel::connect(simulated_file& f, const sockaddr* address, std::size_t size) {
    auto* const s = dynamic_cast<simulated_socket*>(&f);
    if (s == nullptr) return -ENOTSOCK;
    simulated_place place;
    if (const long r = place_for(*s, address, size, place); r != 0) return r;
    return s->connect(place);
}

long simulated_kernel::accept(simulated_file& f, sockaddr* address, unsigned* size, int flags) {
    auto* const s = dynamic_cast<simulated_socket*>(&f);
    if (s == nullptr) return -ENOTSOCK;
    if (files_.is_full()) return -EMFILE;
    auto [r, made] = s->accept();
    if (r != 0) return r;
    if ((flags & SOCK_NONBLOCK) != 0) made->status |= O_NONBLOCK;
    if (address != nullptr && size != nullptr) tell(made->peer, address, size);
    return files_.add(std::move(made));
}

// As the kernel: what does not fit is cut off, and the size is the whole one's.
void simulated_kernel::tell(const std::string& address, sockaddr* to, unsigned* size) {
    if (to != nullptr) std::memcpy(to, address.data(), std::min<std::size_t>(*size, address.size()));
    *size = static_cast<unsigned>(address.size());
}

// ---- paths

simulated_tree::spot simulated_kernel::find(int directory, const char* path, simulated_tree::last how) {
    simulated_tree::spot failed;
    if (path == nullptr) {
        failed.error = -EFAULT;
        return failed;
    }
    simulated_inode_ptr from;
    if (directory != AT_FDCWD && *path != '/') {
        const auto open = files_.find(directory);
        auto* const file = dynamic_cast<simulated_disk_file*>(open.get());
        if (open == nullptr || file == nullptr || !file->inode()->is_directory()) {
            failed.error = open == nullptr ? -EBADF : -ENOTDIR;
            return failed;
        }
        from = file->inode();
    }
    return tree_.find(from, path, how);
}

long simulated_kernel::open(int directory, const char* path, int flags, unsigned mode) {
    const bool makes = (flags & O_CREAT) != 0, makes_only = makes && (flags & O_EXCL) != 0;
    if (files_.is_full()) return -EMFILE;
    if (makes && (flags & O_DIRECTORY) != 0) return -EINVAL;
    using enum simulated_tree::last;
    const bool follows = !makes_only && (flags & O_NOFOLLOW) == 0;
    const bool ends_in_slash = path != nullptr && *path != '\0' && path[std::strlen(path) - 1] == '/';
    auto spot = find(directory, path, makes && ends_in_slash ? named : follows ? followed : makes ? named : itself);
    if (spot.error != 0) return spot.error;
    if (makes && ends_in_slash) return -EISDIR;
    if (spot.what == nullptr) {
        if (!makes) return -ENOENT;
        if (spot.wants_directory) return -EISDIR;
        constexpr unsigned umask = 022;
        if (const long r = tree_.make(spot, simulated_inode::sort::regular, mode & ~umask); r != 0) return r;
        spot.what = spot.directory->entries.at(spot.name);
    } else {
        if (makes_only) return -EEXIST;
        if (spot.what->what == simulated_inode::sort::link && (flags & O_PATH) == 0)
            return (flags & O_DIRECTORY) != 0 ? -ENOTDIR : -ELOOP;
        if (spot.what->what == simulated_inode::sort::socket && (flags & O_PATH) == 0) return -ENXIO;
        if ((flags & O_DIRECTORY) != 0 && !spot.what->is_directory()) return -ENOTDIR;
        if (spot.what->is_directory() && ((flags & O_ACCMODE) != O_RDONLY || makes || (flags & O_TRUNC) != 0))
            return -EISDIR;
        if ((flags & O_TRUNC) != 0) {
            spot.what->bytes.clear();
            tree_.touch(*spot.what);
        }
    }
    constexpr int kept = O_ACCMODE | O_APPEND | O_NONBLOCK | O_PATH | O_DIRECT;
    return files_.add(std::make_shared<simulated_disk_file>(tree_, spot.what, flags & kept));
}

long simulated_kernel::status(int directory, const char* path, int flags, struct ::statx* to) {
    if (path == nullptr || to == nullptr) return -EFAULT;
    if (*path == '\0' && (flags & AT_EMPTY_PATH) != 0 && directory != AT_FDCWD) {
        const auto open = files_.find(directory);
        if (open == nullptr) return -EBADF;
        if (auto* const file = dynamic_cast<simulated_disk_file*>(open.get())) {
            file->inode()->describe(*to);
        } else {
            simulated_inode().describe(*to);
            to->stx_nlink = 1;
            to->stx_mode = static_cast<std::uint16_t>((open->is_pipe() ? S_IFIFO : S_IFSOCK) | 0600);
        }
        return 0;
    }
    const auto spot =
        *path == '\0' && (flags & AT_EMPTY_PATH) != 0
            ? tree_.find(nullptr, "/", simulated_tree::last::followed)
            : find(directory, path,
                   (flags & AT_SYMLINK_NOFOLLOW) == 0 ? simulated_tree::last::followed : simulated_tree::last::itself);
    if (spot.error != 0) return spot.error;
    if (spot.what == nullptr) return -ENOENT;
    spot.what->describe(*to);
    return 0;
}

}  // namespace coil::ring
