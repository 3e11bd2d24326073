// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_disk_file.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace coil::ring {

namespace {
constexpr std::int64_t largest = std::int64_t{1} << 32;  // what memory may be filled with by mistake
}

simulated_disk_file::simulated_disk_file(simulated_tree& tree, simulated_inode_ptr what, int status_flags) noexcept
    : simulated_file(status_flags), tree_(tree), what_(std::move(what)) {}

short simulated_disk_file::poll() const noexcept {
    return POLLIN | POLLOUT;
}

long simulated_disk_file::read(simulated_parts to, std::int64_t offset, std::size_t most) {
    if (!reads()) return -EBADF;
    if (size_of(to) == 0) return 0;
    if (what_->is_directory()) return -EISDIR;
    if (offset < -1) return -EINVAL;
    const std::uint64_t from = offset == -1 ? at_ : static_cast<std::uint64_t>(offset);
    const std::string& bytes = what_->bytes;
    if (from >= bytes.size()) return 0;
    const std::size_t n = scatter(bytes.data() + from, std::min<std::size_t>(bytes.size() - from, most), to);
    if (offset == -1) at_ += n;
    return static_cast<long>(n);
}

long simulated_disk_file::write(simulated_parts from, std::int64_t offset, std::size_t most) {
    if (!writes()) return -EBADF;
    if (offset < -1) return -EINVAL;
    std::uint64_t to = offset == -1 ? at_ : static_cast<std::uint64_t>(offset);
    std::string& bytes = what_->bytes;
    if ((status & O_APPEND) != 0) to = bytes.size();
    const std::string more = gathered(from, most);
    if (more.empty()) return 0;
    if (to + more.size() > static_cast<std::uint64_t>(largest)) return -EFBIG;
    if (bytes.size() < to + more.size()) bytes.resize(to + more.size());
    bytes.replace(to, more.size(), more);
    if (offset == -1) at_ = to + more.size();
    tree_.touch(*what_);
    return static_cast<long>(more.size());
}

long simulated_disk_file::resize(std::int64_t size) {
    if (size < 0 || what_->is_directory() || !writes()) return -EINVAL;
    if (size > largest) return -EFBIG;
    what_->bytes.resize(static_cast<std::size_t>(size));
    tree_.touch(*what_);
    return 0;
}

long simulated_disk_file::allocate(int mode, std::int64_t offset, std::int64_t size) {
    if (!writes()) return -EBADF;
    if (offset < 0 || size <= 0) return -EINVAL;
    if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) != 0) return -EOPNOTSUPP;
    if (what_->is_directory()) return -EISDIR;
    if (offset > largest || size > largest - offset) return -EFBIG;
    std::string& bytes = what_->bytes;
    const auto from = static_cast<std::size_t>(offset), end = from + static_cast<std::size_t>(size);
    if ((mode & FALLOC_FL_PUNCH_HOLE) != 0) {
        if ((mode & FALLOC_FL_KEEP_SIZE) == 0) return -EOPNOTSUPP;
        if (from < bytes.size())
            std::fill(bytes.begin() + offset, bytes.begin() + static_cast<std::ptrdiff_t>(std::min(end, bytes.size())),
                      '\0');
    } else if ((mode & FALLOC_FL_KEEP_SIZE) == 0 && bytes.size() < end) {
        bytes.resize(end);
    }
    tree_.touch(*what_);
    return 0;
}

long simulated_disk_file::list(void* to, std::size_t size) {
    if (!what_->is_directory()) return -ENOTDIR;
    std::size_t used = 0;
    const auto add = [&](const std::string& name, const simulated_inode& what) {
        const std::size_t length = (offsetof(dirent64, d_name) + name.size() + 1 + 7) / 8 * 8;
        if (used + length > size) return false;
        std::byte* const record = static_cast<std::byte*>(to) + used;
        std::memset(record, 0, length);
        const std::int64_t next = ++listed_;
        const auto record_length = static_cast<unsigned short>(length);
        const unsigned char type = what.entry_type();
        std::memcpy(record + offsetof(dirent64, d_ino), &what.number, sizeof what.number);
        std::memcpy(record + offsetof(dirent64, d_off), &next, sizeof next);
        std::memcpy(record + offsetof(dirent64, d_reclen), &record_length, sizeof record_length);
        std::memcpy(record + offsetof(dirent64, d_type), &type, sizeof type);
        std::memcpy(record + offsetof(dirent64, d_name), name.c_str(), name.size() + 1);
        used += length;
        return true;
    };
    const auto parent = what_->parent.lock();
    bool fits = listed_ > 0 || add(".", *what_);
    if (fits && listed_ == 1) fits = add("..", parent != nullptr ? *parent : *what_);
    for (auto next = what_->entries.upper_bound(last_); fits && next != what_->entries.end(); ++next) {
        fits = add(next->first, *next->second);
        if (fits) last_ = next->first;
    }
    return used == 0 && !fits ? -EINVAL : static_cast<long>(used);
}

}  // namespace coil::ring
