// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/directory_walker.hpp>

#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/call.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace coil::fs {

using ring::call;
using std::filesystem::file_type;

namespace {

constexpr std::size_t enough = 512;  // entries for one hand-over between threads

// It was there, and is not any more, or something else is in its place (a link, say).
bool has_vanished(int error) noexcept {
    return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ESRCH;
}

file_type type_of(unsigned char kind) noexcept {
    switch (kind) {
    case DT_REG:
        return file_type::regular;
    case DT_DIR:
        return file_type::directory;
    case DT_LNK:
        return file_type::symlink;
    case DT_BLK:
        return file_type::block;
    case DT_CHR:
        return file_type::character;
    case DT_FIFO:
        return file_type::fifo;
    case DT_SOCK:
        return file_type::socket;
    default:
        return file_type::unknown;
    }
}

}  // namespace

directory_walker::directory_walker(std::filesystem::path root, walk_options options)
    : options_(options), buffer_(std::make_unique<std::byte[]>(block)) {
    place_to_go first;
    first.itself.path = std::move(root);
    pending_.push_back(std::move(first));
}

void directory_walker::fill(ring::ring& by) {
    found_.clear();
    while (found_.size() < enough && !over()) {
        if (current_) read_block(by);
        else enter(by);
    }
}

void directory_walker::check() const {
    if (error_ != 0) operation_error(error_, "walk", failed_).rethrow();
}

void directory_walker::enter(ring::ring& by) {
    here_ = std::move(pending_.back());
    pending_.pop_back();
    pending_before_ = pending_.size();
    prefix_ = here_.itself.path.native();
    const bool is_root = here_.level == 0;
    const bool has_zero = prefix_.find('\0') != prefix_.npos;
    const int flags = O_RDONLY | O_DIRECTORY | (is_root || options_.follow_links ? 0 : O_NOFOLLOW);
    const int fd = has_zero ? -EINVAL : static_cast<int>(by.now(call::open(AT_FDCWD, prefix_.c_str(), flags)));
    if (fd < 0) {
        if (is_root || !has_vanished(-fd)) fail(-fd);
        return;
    }
    current_ = ring::descriptor(fd, by.keeps_descriptors() ? &by : nullptr);
    if (!is_root) found_.push_back(here_.itself);
    if (options_.follow_links && has_been_walked(by)) return current_.reset();
    if (!prefix_.ends_with('/')) prefix_.push_back('/');
}

bool directory_walker::has_been_walked(ring::ring& by) {
    struct statx status{};
    if (by.now(call::statx(current_.number(), "", AT_EMPTY_PATH, STATX_INO, &status)) < 0) return false;
    const std::uint64_t device = std::uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor;
    return !walked_.emplace(device, status.stx_ino).second;
}

// It cannot be read, or not to its end.
void directory_walker::fail(int error) {
    failed_ = here_.itself.path.native();
    if (here_.level == 0 || !options_.keep_going) {
        error_ = error;
        pending_.clear();
        current_.reset();
        return;
    }
    here_.itself.error = std::error_code(error, std::system_category());
    // it may have been yielded already; then this is its second entry
    found_.push_back(here_.itself);
}

void directory_walker::read_block(ring::ring& by) {
    const long size = by.now(call::getdents64(current_.number(), buffer_.get(), block));
    if (size <= 0) {
        if (size < 0 && !has_vanished(static_cast<int>(-size))) fail(static_cast<int>(-size));
        leave();
        return;
    }
    for (long at = 0; at < size;) {
        const std::byte* const record = buffer_.get() + at;
        std::uint64_t inode = 0;
        unsigned short length = 0;
        unsigned char kind = 0;
        std::memcpy(&inode, record + offsetof(dirent64, d_ino), sizeof inode);
        std::memcpy(&length, record + offsetof(dirent64, d_reclen), sizeof length);
        std::memcpy(&kind, record + offsetof(dirent64, d_type), sizeof kind);
        const auto* const name = reinterpret_cast<const char*>(record + offsetof(dirent64, d_name));
        if (std::string_view(name) != "." && std::string_view(name) != "..") add(by, inode, kind, name);
        at += length;
    }
}

// Its directories come next, in the order in which they lie.
void directory_walker::leave() noexcept {
    current_.reset();
    std::reverse(pending_.begin() + static_cast<std::ptrdiff_t>(std::min(pending_before_, pending_.size())),
                 pending_.end());
}

void directory_walker::add(ring::ring& by, std::uint64_t inode, unsigned char kind, const char* name) {
    entry e;
    e.path = prefix_ + name;
    e.type = type_of(kind);
    e.depth = static_cast<unsigned>(here_.level);
    e.inode = inode;
    const auto ask = [&](int flags) {
        struct statx status{};
        const long r = by.now(call::statx(AT_FDCWD, e.path.c_str(), flags, STATX_TYPE, &status));
        if (r == 0) e.type = type_of(static_cast<unsigned char>(IFTODT(status.stx_mode)));
        return r;
    };
    if (e.type == file_type::unknown) {  // some file systems do not say
        const long r = ask(AT_SYMLINK_NOFOLLOW);
        if (r < 0 && has_vanished(static_cast<int>(-r))) return;
    }
    if (e.is_symlink() && options_.follow_links) ask(0);
    if (!e.is_directory() || e.depth >= options_.max_depth) {
        found_.push_back(std::move(e));
        return;
    }
    place_to_go next;
    next.itself = std::move(e);
    next.level = here_.level + 1;
    pending_.push_back(std::move(next));
}

}  // namespace coil::fs
