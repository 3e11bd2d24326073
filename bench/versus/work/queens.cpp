// SPDX-License-Identifier: BSL-1.0
#include "work/queens.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace versus {
namespace {

// The columns and diagonals that a queen of the rows above attacks, as seen from the next row.
struct attacked {
    std::uint32_t columns = 0;
    std::uint32_t left = 0;
    std::uint32_t right = 0;

    [[nodiscard]] attacked with(std::uint32_t queen) const {
        return {columns | queen, (left | queen) << 1, (right | queen) >> 1};
    }
};

class queens final : public workload {
public:
    explicit queens(unsigned board) : board_(board), all_((1u << board) - 1) {
        if (board < smallest_board || board > largest_board)
            throw std::invalid_argument("a board of that side is not searched");
        each_free({}, [&](std::uint32_t first) {
            const attacked one = attacked{}.with(first);
            each_free(one, [&](std::uint32_t second) { starts_.push_back(one.with(second)); });
        });
    }

    std::size_t items() const override { return starts_.size(); }

    std::uint64_t run(std::size_t item) const override { return solutions(starts_[item], board_ - 2); }

private:
    template <class F>
    void each_free(const attacked& above, F f) const {
        for (std::uint32_t free = all_ & ~(above.columns | above.left | above.right); free != 0; free &= free - 1) {
            f(free & (0u - free));
        }
    }

    std::uint64_t solutions(const attacked& above, unsigned rows) const {
        if (rows == 0) return 1;
        std::uint64_t found = 0;
        each_free(above, [&](std::uint32_t queen) { found += solutions(above.with(queen), rows - 1); });
        return found;
    }

    unsigned board_;
    std::uint32_t all_;
    std::vector<attacked> starts_;
};

}  // namespace

std::unique_ptr<workload> make_queens(const work_spec& spec) {
    return std::make_unique<queens>(spec.board);
}

}  // namespace versus
