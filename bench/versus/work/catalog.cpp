// SPDX-License-Identifier: BSL-1.0
#include "work/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/quantity.hpp"
#include "server/delay.hpp"
#include "work/file_reading.hpp"
#include "work/hashing.hpp"
#include "work/mixed.hpp"
#include "work/primes.hpp"
#include "work/queens.hpp"
#include "work/requests.hpp"

namespace versus {
namespace {

constexpr std::array<work_entry, 6> entries{{
    {"io-http", work_kind::waits, "requests to an HTTP server that answers after a delay", false, true, make_requests},
    {"io-files", work_kind::waits, "reading every file", true, false, make_file_reading},
    {"cpu-sha256", work_kind::computes, "SHA-256 of every file", true, false, make_hashing},
    {"cpu-primes", work_kind::computes, "counting primes", false, false, make_primes},
    {"cpu-queens", work_kind::computes, "n queens, a search tree of uneven branches", false, false, make_queens},
    {"mixed", work_kind::both, "read a file, hash it, send the hash to a server", true, true, make_mixed},
}};

std::string times_over(unsigned rounds) {
    return rounds == 1 ? "once" : fmt::format("{} times over", count_text(rounds));
}

}  // namespace

std::span<const work_entry> all_work() {
    return entries;
}

const work_entry* find_work(std::string_view name) {
    const auto found = std::ranges::find(entries, name, &work_entry::name);
    return found == entries.end() ? nullptr : &*found;
}

std::string_view name_of(work_kind kind) {
    switch (kind) {
    case work_kind::waits:
        return "io-bound";
    case work_kind::computes:
        return "cpu-bound";
    case work_kind::both:
        return "mixed";
    }
    return "";
}

std::string describe(const work_spec& spec) {
    if (spec.work == "io-http") {
        return fmt::format("{} requests, each answered after {:g} to {:g} ms", count_text(spec.requests),
                           shortest_delay_ms, longest_delay_ms);
    }
    if (spec.work == "cpu-primes") {
        return fmt::format("primes below {} by trial division, in {} parts", count_text(spec.below),
                           count_text(prime_parts(spec.below)));
    }
    if (spec.work == "cpu-queens") {
        return fmt::format("all ways to place {0} queens on a board of {0} x {0}", spec.board);
    }
    const std::string files =
        fmt::format("{} file{}, at most {} of each", count_text(spec.files.size()), spec.files.size() == 1 ? "" : "s",
                    memory_text(static_cast<double>(spec.most_bytes) / 1024));
    if (spec.work == "io-files") return files + (spec.cold ? ", not in memory when the clock starts" : ", from memory");
    if (spec.work == "cpu-sha256") return fmt::format("{}, hashed {}", files, times_over(spec.rounds));
    return fmt::format("{}, hashed {}, the hash sent to a server that answers after {:g} to {:g} ms", files,
                       times_over(spec.rounds), shortest_delay_ms, longest_delay_ms);
}

}  // namespace versus
