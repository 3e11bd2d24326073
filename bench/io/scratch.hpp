// SPDX-License-Identifier: BSL-1.0
// Files for the rows of file I/O: in $TMPDIR or /tmp, gone with the object.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace floor_of {

inline int ok(long result, const char* what) {
    if (result < 0) {
        std::perror(what);
        std::exit(1);
    }
    return static_cast<int>(result);
}

/// A folder with a random name.
class scratch_folder {
public:
    scratch_folder() {
        std::string name = std::filesystem::temp_directory_path() / "coil-bench-XXXXXX";
        if (mkdtemp(name.data()) == nullptr) ok(-1, "mkdtemp");
        path_ = name;
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// A file of so many bytes, written and, if it is to be read from the device, brought there.
class scratch_file {
public:
    static constexpr std::size_t block = 4096;

    explicit scratch_file(std::uint64_t size, bool to_device = false) : path(folder_ / "file"), size_(size) {
        const int fd = ok(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600), "open");
        const std::vector<char> piece(std::size_t{1} << 20, 'x');
        for (std::uint64_t at = 0; at < size; at += piece.size())
            ok(pwrite(fd, piece.data(), piece.size(), static_cast<off_t>(at)), "pwrite");
        if (to_device) {
            ok(fsync(fd), "fsync");
            ok(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), "posix_fadvise");
        }
        close(fd);
    }

    std::uint64_t size() const { return size_; }

private:
    scratch_folder folder_;

public:
    const std::string path;

private:
    std::uint64_t size_;
};

/// Whether direct I/O works where the files lie; the rows of it are left out where not.
inline bool direct_io_works() {
    const scratch_folder folder;
    const int fd = open((folder / "probe").c_str(), O_CREAT | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    close(fd);
    return true;
}

/// Offsets of blocks, in an order that no read-ahead foresees; the same for every side.
class block_order {
public:
    explicit block_order(std::uint64_t file_size, std::uint64_t seed = 1)
        : blocks_(file_size / scratch_file::block), state_(seed * 0x9E3779B97F4A7C15U + 1) {}
    std::uint64_t next() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_ % blocks_ * scratch_file::block;
    }

private:
    std::uint64_t blocks_;
    std::uint64_t state_;
};

}  // namespace floor_of
