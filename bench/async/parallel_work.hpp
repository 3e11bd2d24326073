// SPDX-License-Identifier: BSL-1.0
// The work that TBB and coil share out: what is done is here, how it is divided is each side's.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "../measure/row.hpp"

namespace parallel_work {

// --- n-queens(12): a task for every square that is not attacked
inline constexpr int queens = 12;
inline constexpr std::uint64_t queens_solutions = 14'200;
using board = std::array<std::int8_t, queens>;

inline bool attacked(const board& b, int row, int column) {
    for (int r = 0; r < row; ++r) {
        const int across = b[static_cast<std::size_t>(r)] - column;
        if (across == 0 || across == row - r || across == r - row) return true;
    }
    return false;
}

inline board placed(board b, int row, int column) {
    b[static_cast<std::size_t>(row)] = static_cast<std::int8_t>(column);
    return b;
}

// --- matmul(1024): a task for every tile of the product
inline constexpr std::size_t matrix = 1024;
inline constexpr std::size_t tile = 64;
inline constexpr std::size_t tiles = (matrix / tile) * (matrix / tile);

struct matrices {
    std::vector<float> a = std::vector<float>(matrix * matrix, 1.0F);
    std::vector<float> b = std::vector<float>(matrix * matrix, 0.5F);
    std::vector<float> c = std::vector<float>(matrix * matrix, 0.0F);

    void multiply_tile(std::size_t index) {
        const std::size_t row = index / (matrix / tile) * tile;
        const std::size_t column = index % (matrix / tile) * tile;
        for (std::size_t i = row; i < row + tile; ++i) {
            std::array<float, tile> sum{};
            for (std::size_t k = 0; k < matrix; ++k) {
                const float x = a[i * matrix + k];
                const float* from = &b[k * matrix + column];
                for (std::size_t j = 0; j < tile; ++j)
                    sum[j] += x * from[j];
            }
            for (std::size_t j = 0; j < tile; ++j)
                c[i * matrix + column + j] = sum[j];
        }
    }
    bool right() const { return c[0] == 512.0F && c[matrix * matrix - 1] == 512.0F; }
};

// --- 65,536 uneven tasks of 2^6 to 2^17 steps: each length half as frequent as the one below it
inline constexpr std::size_t uneven = 65'536;

inline unsigned uneven_length(std::size_t i) {
    const std::uint64_t h = (i + 1) * 0x9e3779b97f4a7c15ULL;
    const int twice = std::countr_zero((h >> 40) | (1ULL << 11));
    return 64U << twice;
}

inline std::uint64_t uneven_item(std::size_t i) {
    std::uint64_t x = i + 1;
    for (unsigned n = uneven_length(i); n > 0; --n) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    return x;
}

// --- sum of 32M numbers
inline constexpr std::size_t summands = 32U << 20U;

inline const std::vector<std::uint32_t>& numbers() {
    static const std::vector<std::uint32_t> all = [] {
        std::vector<std::uint32_t> v(summands);
        for (std::size_t i = 0; i < v.size(); ++i)
            v[i] = static_cast<std::uint32_t>(i & 0xff);
        return v;
    }();
    return all;
}
inline constexpr std::uint64_t sum_expected = (summands / 256) * (255 * 256 / 2);

/// Ends the program when a side computed something else.
inline void verify(bool right) {
    if (!right) std::abort();
}

}  // namespace parallel_work
