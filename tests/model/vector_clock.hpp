// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

namespace model {

inline constexpr int most_threads = 5;  // the last is the scenario itself, before and after its threads

/// What a thread has seen of the others: for each the number of its last step that happened before.
class vector_clock {
public:
    std::uint32_t operator[](int thread) const { return steps_[static_cast<std::size_t>(thread)]; }
    void step(int thread) { ++steps_[static_cast<std::size_t>(thread)]; }
    void join(const vector_clock& other) {
        for (std::size_t i = 0; i != steps_.size(); ++i) steps_[i] = std::max(steps_[i], other.steps_[i]);
    }

private:
    std::array<std::uint32_t, most_threads> steps_{};
};

}  // namespace model
