// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <memory>

#include "work/work_spec.hpp"
#include "work/workload.hpp"

namespace versus {

/// cpu-primes: one item counts the primes of one part of the numbers below the limit.
/// Trial division on purpose: nothing but arithmetic, no memory to speak of, and later parts cost more than early ones.
std::unique_ptr<workload> make_primes(const work_spec& spec);

/// How many parts the numbers below `limit` are cut into.
std::uint64_t prime_parts(std::uint64_t limit);

}  // namespace versus
