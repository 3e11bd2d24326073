// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/metadata.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>

using std::filesystem::file_type;

TEST_CASE("metadata: the kernel's answer in coil's words") {
    struct statx answer{};
    answer.stx_mask = STATX_BASIC_STATS;
    answer.stx_mode = S_IFREG | 04755;
    answer.stx_size = 5000;
    answer.stx_blocks = 16;
    answer.stx_dev_major = 8;
    answer.stx_dev_minor = 1;
    answer.stx_ino = 77;
    answer.stx_nlink = 2;
    answer.stx_uid = 1;
    answer.stx_gid = 3;
    answer.stx_blksize = 4096;
    answer.stx_mtime.tv_sec = -2;
    answer.stx_mtime.tv_nsec = 5;
    answer.stx_btime.tv_sec = 9;  // not said to be known
    coil::fs::metadata m = coil::fs::metadata_from(answer);
    CHECK(m.is_regular_file());
    CHECK_FALSE(m.is_directory());
    CHECK(m.permissions == static_cast<std::filesystem::perms>(04755));
    CHECK(m.size == 5000);
    CHECK(m.allocated == 8192);
    CHECK(m.inode == 77);
    CHECK(m.links == 2);
    CHECK(m.owner == 1);
    CHECK(m.group == 3);
    CHECK(m.block_size == 4096);
    CHECK(m.modified.time_since_epoch() == std::chrono::nanoseconds(-1'999'999'995));
    CHECK(m.created.time_since_epoch().count() == 0);
    answer.stx_mask |= STATX_BTIME;
    CHECK(coil::fs::metadata_from(answer).created.time_since_epoch() == std::chrono::seconds(9));
    answer.stx_dev_minor = 2;
    CHECK_FALSE(m.is_same_file(coil::fs::metadata_from(answer)));
    for (const auto& [mode, type] : {std::pair(S_IFDIR, file_type::directory), std::pair(S_IFLNK, file_type::symlink),
                                     std::pair(S_IFBLK, file_type::block), std::pair(S_IFCHR, file_type::character),
                                     std::pair(S_IFIFO, file_type::fifo), std::pair(S_IFSOCK, file_type::socket)}) {
        answer.stx_mode = static_cast<decltype(answer.stx_mode)>(mode);
        CHECK(coil::fs::metadata_from(answer).type == type);
    }
}
