// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "work/work_spec.hpp"
#include "work/workload.hpp"

namespace versus {

/// What a work is made of; decides how many items a mode may have under way at once.
enum class work_kind { waits, computes, both };

struct work_entry {
    std::string_view name;
    work_kind kind;
    std::string_view title;
    bool needs_files;
    bool needs_server;
    std::unique_ptr<workload> (*make)(const work_spec&);
};

/// Every work, in the order in which they are measured.
std::span<const work_entry> all_work();
/// Null where there is none of that name.
const work_entry* find_work(std::string_view name);

/// "io-bound", "cpu-bound" or "mixed".
std::string_view name_of(work_kind kind);
/// Says in a few words how much work it is: "240 requests", "primes below 3,000,000 in 256 parts".
std::string describe(const work_spec& spec);

}  // namespace versus
