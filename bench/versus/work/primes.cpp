// SPDX-License-Identifier: BSL-1.0
#include "work/primes.hpp"

#include <algorithm>

namespace versus {
namespace {

constexpr std::uint64_t most_parts = 256;
constexpr std::uint64_t least_numbers_per_part = 500;

bool is_prime(std::uint64_t n) {
    if (n < 4) return n >= 2;
    if (n % 2 == 0) return false;
    for (std::uint64_t d = 3; d * d <= n; d += 2) {
        if (n % d == 0) return false;
    }
    return true;
}

class primes final : public workload {
public:
    explicit primes(std::uint64_t limit) : limit_(limit), parts_(prime_parts(limit)) {}

    std::size_t items() const override { return parts_; }

    std::uint64_t run(std::size_t item) const override {
        const std::uint64_t begin = limit_ * item / parts_;
        const std::uint64_t end = limit_ * (item + 1) / parts_;
        std::uint64_t found = 0;
        for (std::uint64_t n = begin; n < end; ++n)
            found += is_prime(n) ? 1u : 0u;
        return found;
    }

private:
    std::uint64_t limit_;
    std::uint64_t parts_;
};

}  // namespace

std::uint64_t prime_parts(std::uint64_t limit) {
    return std::clamp<std::uint64_t>(limit / least_numbers_per_part, 1, most_parts);
}

std::unique_ptr<workload> make_primes(const work_spec& spec) {
    return std::make_unique<primes>(spec.below);
}

}  // namespace versus
