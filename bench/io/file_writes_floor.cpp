// SPDX-License-Identifier: BSL-1.0
// Rows small and copy: durable small files by one thread, by 32, by a raw ring; a big copy by copy_file_range, by read and
// write, by a raw ring.
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "../measure/row.hpp"
#include "../ring/raw_ring.hpp"
#include "file_writes.hpp"

namespace {

using floor_of::ok;
using floor_of::raw_ring;
using floor_of::scratch_file;
using floor_of::scratch_folder;

// ---- create, write 4 KiB, fdatasync, close

const std::array<char, scratch_file::block> contents{};

void write_one(const scratch_folder& folder, std::uint64_t i) {
    const int fd = ok(open((folder / std::to_string(i)).c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600), "open");
    ok(write(fd, contents.data(), contents.size()), "write");
    ok(fdatasync(fd), "fdatasync");
    close(fd);
}

template <unsigned Threads>
measure::result small_by_threads(std::uint64_t n) {
    const scratch_folder folder;
    std::atomic<std::uint64_t> next{0};
    const measure::window w;
    std::vector<std::thread> all;
    const auto work = [&] {
        for (std::uint64_t i = next++; i < n; i = next++)
            write_one(folder, i);
    };
    for (unsigned t = 1; t < Threads; ++t)
        all.emplace_back(work);
    work();
    for (auto& t : all)
        t.join();
    return w.stop(static_cast<double>(n));
}

// Each of `Depth` slots goes through the four steps, an entry each.
template <unsigned Depth>
measure::result small_by_ring(std::uint64_t n) {
    const scratch_folder folder;
    raw_ring ring(2 * Depth);
    struct slot {
        std::string path;
        int fd = -1;
        int step = 0;
    };
    std::vector<slot> slots(Depth);
    std::uint64_t begun = 0, done = 0;
    const measure::window w;
    const auto give = [&](std::size_t i) {
        slot& s = slots[i];
        if (s.step == 0) {
            if (begun == n) return;
            s.path = folder / std::to_string(begun++);
        }
        io_uring_sqe* const e = ring.entry();
        switch (s.step) {
        case 0: io_uring_prep_openat(e, AT_FDCWD, s.path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600); break;
        case 1: io_uring_prep_write(e, s.fd, contents.data(), contents.size(), 0); break;
        case 2: io_uring_prep_fsync(e, s.fd, IORING_FSYNC_DATASYNC); break;
        default: io_uring_prep_close(e, s.fd); break;
        }
        e->user_data = i;
    };
    for (std::size_t i = 0; i < Depth; ++i)
        give(i);
    while (done < n)
        ring.submit_and_reap(1, [&](const io_uring_cqe& c) {
            slot& s = slots[c.user_data];
            ok(c.res, "a step");
            if (s.step == 0) s.fd = c.res;
            done += s.step == 3;
            s.step = (s.step + 1) % 4;
            give(c.user_data);
        });
    return w.stop(static_cast<double>(n));
}

// ---- copy a big file; an operation is a MiB

struct two_files {
    scratch_file source{floor_of::copy_size()};
    scratch_folder folder;
    int from = ok(open(source.path.c_str(), O_RDONLY | O_CLOEXEC), "open");
    int to = ok(open((folder / "copy").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600), "open");
    ~two_files() {
        close(from);
        close(to);
    }
    double mebibytes() const { return static_cast<double>(source.size() >> 20); }
};

measure::result copy_by_range(std::uint64_t) {
    const two_files f;
    const measure::window w;
    for (std::uint64_t left = f.source.size(); left != 0;)
        left -= static_cast<std::uint64_t>(ok(copy_file_range(f.from, nullptr, f.to, nullptr, left, 0), "copy_file_range"));
    return w.stop(f.mebibytes());
}

measure::result copy_plainly(std::uint64_t) {
    const two_files f;
    std::vector<char> buffer(std::size_t{1} << 17);
    const measure::window w;
    for (int n = 1; n > 0;) {
        n = ok(read(f.from, buffer.data(), buffer.size()), "read");
        ok(write(f.to, buffer.data(), static_cast<std::size_t>(n)), "write");
    }
    return w.stop(f.mebibytes());
}

// Sixteen pieces at once, each read and then written.
measure::result copy_by_ring(std::uint64_t) {
    constexpr unsigned depth = 16;
    constexpr std::uint64_t piece = std::uint64_t{1} << 18;
    const two_files f;
    raw_ring ring(2 * depth);
    struct slot {
        std::vector<char> buffer = std::vector<char>(piece);
        std::uint64_t at = 0;
        bool writing = false;
    };
    std::vector<slot> slots(depth);
    std::uint64_t next = 0, done = 0;
    const measure::window w;
    const auto read = [&](std::size_t i) {
        if (next >= f.source.size()) return;
        slots[i].at = next;
        slots[i].writing = false;
        next += piece;
        io_uring_sqe* const e = ring.entry();
        io_uring_prep_read(e, f.from, slots[i].buffer.data(), piece, slots[i].at);
        e->user_data = i;
    };
    for (std::size_t i = 0; i < depth; ++i)
        read(i);
    while (done < f.source.size())
        ring.submit_and_reap(1, [&](const io_uring_cqe& c) {
            slot& s = slots[c.user_data];
            ok(c.res == static_cast<int>(piece) ? 0 : -1, "a piece");
            if (s.writing) {
                done += piece;
                read(c.user_data);
            } else {
                s.writing = true;
                io_uring_sqe* const e = ring.entry();
                io_uring_prep_write(e, f.to, s.buffer.data(), piece, s.at);
                e->user_data = c.user_data;
            }
        });
    return w.stop(f.mebibytes());
}

constexpr auto whole = measure::shape::whole;

const measure::enrol all[] = {
    {"small/plain", 512, small_by_threads<1>, whole},  {"small/threads", 2048, small_by_threads<32>, whole},
    {"small/raw", 2048, small_by_ring<128>, whole},    {"copy/range", 1, copy_by_range, whole},
    {"copy/plain", 1, copy_plainly, whole},            {"copy/raw", 1, copy_by_ring, whole},
};

}  // namespace
