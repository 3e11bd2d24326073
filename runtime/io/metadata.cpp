// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/metadata.hpp>

#include <sys/stat.h>

namespace coil::fs {

using std::filesystem::file_type;

namespace {

file_type type_of(unsigned mode) noexcept {
    switch (mode & S_IFMT) {
    case S_IFREG:
        return file_type::regular;
    case S_IFDIR:
        return file_type::directory;
    case S_IFLNK:
        return file_type::symlink;
    case S_IFBLK:
        return file_type::block;
    case S_IFCHR:
        return file_type::character;
    case S_IFIFO:
        return file_type::fifo;
    case S_IFSOCK:
        return file_type::socket;
    default:
        return file_type::unknown;
    }
}

metadata::time time_of(const statx_timestamp& t) noexcept {
    return metadata::time(std::chrono::seconds(t.tv_sec) + nanoseconds(t.tv_nsec));
}

}  // namespace

metadata metadata_from(const struct ::statx& answer) noexcept {
    constexpr unsigned sector = 512;
    metadata m;
    m.type = type_of(answer.stx_mode);
    m.permissions = static_cast<std::filesystem::perms>(answer.stx_mode & 07777);
    m.size = answer.stx_size;
    m.allocated = answer.stx_blocks * sector;
    m.device = std::uint64_t{answer.stx_dev_major} << 32 | answer.stx_dev_minor;
    m.inode = answer.stx_ino;
    m.links = answer.stx_nlink;
    m.owner = answer.stx_uid;
    m.group = answer.stx_gid;
    m.block_size = answer.stx_blksize;
    m.modified = time_of(answer.stx_mtime);
    m.accessed = time_of(answer.stx_atime);
    m.changed = time_of(answer.stx_ctime);
    if ((answer.stx_mask & STATX_BTIME) != 0) m.created = time_of(answer.stx_btime);
    return m;
}

}  // namespace coil::fs
