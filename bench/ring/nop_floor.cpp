// SPDX-License-Identifier: BSL-1.0
// Row nop: an entry that does nothing, through a raw ring, one at a time and 32 at a time.
#include <sys/syscall.h>
#include <unistd.h>

#include "../measure/row.hpp"
#include "raw_ring.hpp"

namespace {

using floor_of::raw_ring;

template <unsigned Depth, raw_ring::kind Kind>
measure::result nops(std::uint64_t n) {
    raw_ring ring(64, Kind);
    std::uint64_t done = 0;
    const measure::window w;
    while (done < n) {
        for (unsigned i = 0; i < Depth; ++i)
            io_uring_prep_nop(ring.entry());
        done += ring.submit_and_reap(Depth, [](const io_uring_cqe&) {});
    }
    return w.stop(static_cast<double>(done));
}

measure::result system_calls(std::uint64_t n) {
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        syscall(SYS_getppid);
    return w.stop(static_cast<double>(n));
}

constexpr auto plain = raw_ring::kind::plain;
constexpr auto deferred = raw_ring::kind::deferred;

const measure::enrol all[] = {
    {"nop1/raw", 100'000, nops<1, deferred>},   {"nop1/raw_plain", 100'000, nops<1, plain>},
    {"nop32/raw", 320'000, nops<32, deferred>}, {"nop32/raw_plain", 320'000, nops<32, plain>},
    {"nop1/syscall", 100'000, system_calls},
};

}  // namespace
