// SPDX-License-Identifier: BSL-1.0
#include "work/queens.hpp"

#include <coil/runtime/async/when_all_range.hpp>

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "work/computing.hpp"

namespace versus {
namespace {

// Branches of a search as deep as this are forked off, those further down are searched by plain calls: the smallest
// piece still takes many times as long as a fork.
constexpr unsigned forked_rows = 2;

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

    // A subtree may be a hundred times the size of its neighbour: forking below it lets idle workers help with it.
    coil::task<std::uint64_t> run_awaited(std::size_t item, computing where) const override {
        if (where == computing::on_the_pool) return to_pool(starts_[item]);
        return forked(starts_[item], board_ - 2, forked_rows);
    }

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

    coil::task<std::uint64_t> forked(attacked above, unsigned rows, unsigned forks) const {
        if (forks == 0 || rows == 0) co_return solutions(above, rows);
        std::vector<coil::task<std::uint64_t>> branches;
        each_free(above,
                  [&](std::uint32_t queen) { branches.push_back(forked(above.with(queen), rows - 1, forks - 1)); });
        std::uint64_t found = 0;
        for (const std::uint64_t part : co_await coil::when_all(std::move(branches)))
            found += part;
        co_return found;
    }

    coil::task<std::uint64_t> to_pool(attacked above) const {
        co_return co_await coil::on_pool(forked(above, board_ - 2, forked_rows));
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
