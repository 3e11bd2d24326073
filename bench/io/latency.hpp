// SPDX-License-Identifier: BSL-1.0
// A histogram of times whose buckets grow with them: every figure is right to 1.6 %.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace echo {

class latency {
public:
    void add(std::uint64_t ns) {
        ++buckets_[index(ns)];
        ++count_;
    }
    void clear() { *this = latency(); }
    std::uint64_t count() const { return count_; }

    /// Returns the time that the share `p` of all stays below.
    std::uint64_t at(double p) const {
        auto left = static_cast<std::uint64_t>(p * static_cast<double>(count_));
        for (std::size_t i = 0; i < buckets_.size(); ++i) {
            if (left < buckets_[i]) return value(i);
            left -= buckets_[i];
        }
        return 0;
    }

private:
    static constexpr unsigned fine = 6;  // 64 buckets to each power of two

    static std::size_t index(std::uint64_t ns) {
        const auto width = static_cast<unsigned>(std::bit_width(ns));
        if (width <= fine) return ns;
        const unsigned shift = width - fine - 1;
        return (shift << fine) + (ns >> shift);
    }
    static std::uint64_t value(std::size_t i) {
        if (i < (std::size_t{1} << (fine + 1))) return i;
        const std::size_t shift = (i >> fine) - 1;
        return (i - (shift << fine)) << shift;
    }

    std::array<std::uint64_t, 64 << fine> buckets_{};
    std::uint64_t count_ = 0;
};

}  // namespace echo
