// SPDX-License-Identifier: BSL-1.0
// Rows read1, read32, direct32, direct128: pread, threads that pread, a raw ring.
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "../measure/row.hpp"
#include "../ring/raw_ring.hpp"
#include "file_reads.hpp"

namespace {

using floor_of::block_order;
using floor_of::ok;
using floor_of::raw_ring;
using floor_of::scratch_file;

struct freed {
    void operator()(void* p) const { std::free(p); }
};
using buffer = std::unique_ptr<char, freed>;
buffer blocks(unsigned n) {
    return buffer(static_cast<char*>(std::aligned_alloc(scratch_file::block, n * scratch_file::block)));
}

template <bool Direct>
int opened() {
    const scratch_file& f = floor_of::read_file<Direct>();
    return ok(open(f.path.c_str(), O_RDONLY | O_CLOEXEC | (Direct ? O_DIRECT : 0)), "open");
}

measure::result by_pread(std::uint64_t n) {
    const int fd = opened<false>();
    const buffer to = blocks(1);
    block_order order(floor_of::cached_size);
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        ok(pread(fd, to.get(), scratch_file::block, static_cast<off_t>(order.next())), "pread");
    const auto r = w.stop(static_cast<double>(n));
    close(fd);
    return r;
}

// Each thread reads its share.
template <unsigned Threads, bool Direct>
measure::result by_threads(std::uint64_t n) {
    const int fd = opened<Direct>();
    const measure::window w;
    std::vector<std::thread> all;
    for (unsigned t = 0; t < Threads; ++t)
        all.emplace_back([=] {
            const buffer to = blocks(1);
            block_order order(Direct ? floor_of::direct_size : floor_of::cached_size, t + 1);
            for (std::uint64_t i = 0; i < n / Threads; ++i)
                ok(pread(fd, to.get(), scratch_file::block, static_cast<off_t>(order.next())), "pread");
        });
    for (auto& t : all)
        t.join();
    const auto r = w.stop(static_cast<double>(n / Threads * Threads));
    close(fd);
    return r;
}

// Keeps `Depth` reads in flight.
template <unsigned Depth, bool Direct>
measure::result by_ring(std::uint64_t n) {
    const int fd = opened<Direct>();
    raw_ring ring(2 * Depth);
    const buffer to = blocks(Depth);
    block_order order(Direct ? floor_of::direct_size : floor_of::cached_size);
    std::uint64_t given = 0, done = 0;
    const auto give = [&](std::uint64_t slot) {
        io_uring_sqe* const e = ring.entry();
        io_uring_prep_read(e, fd, to.get() + slot * scratch_file::block, scratch_file::block, order.next());
        e->user_data = slot;
        ++given;
    };
    const measure::window w;
    while (given < Depth && given < n)
        give(given);
    while (done < n)
        done += ring.submit_and_reap(1, [&](const io_uring_cqe& c) {
            ok(c.res == scratch_file::block ? 0 : -1, "read");
            if (given < n) give(c.user_data);
        });
    const auto r = w.stop(static_cast<double>(done));
    close(fd);
    return r;
}

const measure::enrol cached[] = {
    {"read1/pread", 50'000, by_pread},
    {"read1/raw", 50'000, by_ring<1, false>},
    {"read32/pread", 50'000, by_pread},
    {"read32/raw", 50'000, by_ring<32, false>},
    {"read32/threads", 50'000, by_threads<4, false>},
};

const bool direct = [] {
    if (!floor_of::direct_io_works()) return false;
    constexpr auto whole = measure::shape::whole;
    [[maybe_unused]] static const measure::enrol all[] = {
        {"direct32/raw", 20'000, by_ring<32, true>, whole},
        {"direct32/threads", 20'000, by_threads<32, true>, whole},
        {"direct128/raw", 20'000, by_ring<128, true>, whole},
        {"direct128/threads", 20'000, by_threads<128, true>, whole},
    };
    return true;
}();

}  // namespace
