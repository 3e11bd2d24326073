// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/task_report.hpp>

#include <coil/runtime/async/task_group.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/wait.hpp>
#include <coil/runtime/coro/wait_reading.hpp>
#include <coil/runtime/debug/function_name.hpp>
#include <coil/runtime/debug/stint.hpp>
#include <coil/runtime/debug/task_census.hpp>
#include <coil/runtime/ring/tick.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <utility>

namespace coil::debug {

namespace {

constexpr auto patience = std::chrono::milliseconds(200);  // with a loop that is busy
constexpr std::size_t most_awaits = 64;                    // shown of one chain
constexpr std::size_t most_waits = 16;                     // shown of one task that waits for several things

// A row on its way; filled under the lock of the task's record, or at its home.
struct filling {
    task_row row;
    std::size_t waits = 0;
    bool out_of_memory = false;

    void add(const wait& w) {
        if (++waits > most_waits) return;
        if (waits != 1) row.waits_for.append(", ");
        w.describe(row.waits_for);
        if (waits != 1) return;  // the chains of one task end in the same frames
        std::coroutine_handle<> frame = w.handle;
        for (std::size_t n = 0; frame && n != most_awaits; ++n) {
            const promise_base& p = promise_base::of(frame);
            if (!is_of_coil(p.where())) row.awaits.push_back(p.where());
            frame = p.above();
        }
    }
};

task_row head_of(const task_record& r) {
    task_row row;
    row.id = r.id();
    row.name = r.name();
    row.state = to_string(r.state());
    row.stop_reason = r.reason();
    row.spawned_at = r.spawned_at();
    return row;
}

task_row row_of(task_record& r) {
    filling f{.row = head_of(r)};
    const wait_reading reading;
    r.each_wait(
        [](wait& w, void* to) {
            auto& into = *static_cast<filling*>(to);
            try {
                into.add(w);
            } catch (const std::bad_alloc&) {
                into.out_of_memory = true;
            }
        },
        &f);
    if (f.out_of_memory) throw std::bad_alloc();
    return std::move(f.row);
}

std::vector<task_row> rows_of(const task_census& census, bool elsewhere_too) {
    std::vector<task_row> rows;
    for (const auto& [r, run] : census.tasks()) {
        if (r->ended()) continue;
        if (task_census::in_reach(*r)) {
            rows.push_back(row_of(*r));
        } else if (elsewhere_too) {
            rows.push_back(head_of(*r));
            rows.back().waits_for = "(its loop is busy)";
        }
    }
    return rows;
}

// Makes the rows of a loop's tasks on that loop's thread. It lives until both have let go of it: who asks may not wait as
// long as the loop takes.
class question : public job {
public:
    static question* ask(executor& to) {
        auto* const q = new question;
        to.post(*q);
        return q;
    }
    // Empty if there is no answer by then.
    std::vector<task_row> answer_by(time_point deadline) noexcept {
        return answered_.park(deadline) ? std::move(rows_) : std::vector<task_row>();
    }
    void drop() noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
    }

private:
    question() noexcept : job(&go) {}
    ~question() = default;
    static void go(job& j) noexcept {
        auto& self = static_cast<question&>(j);
        try {
            self.rows_ = tasks_in_reach();
        } catch (const std::bad_alloc&) {
            self.rows_.clear();
        }
        self.answered_.unpark();
        self.drop();
    }
    std::vector<task_row> rows_;
    parker answered_;
    std::atomic<int> references_{2};
};

struct no_longer_wanted {
    void operator()(question* q) const noexcept { q->drop(); }
};

// Homes of tasks that are out of reach, each asked once.
struct questions {
    std::vector<std::pair<executor*, std::unique_ptr<question, no_longer_wanted>>> asked;
    bool out_of_memory = false;
};

void ask_home_of(task_record& r, task_group&, void* context) {
    auto& all = *static_cast<questions*>(context);
    if (task_census::in_reach(r) || all.out_of_memory) return;
    // under the lock of its group: the task has not ended, so its home lives
    executor& home = r.root_branch.home_seen_from_elsewhere();
    for (const auto& [to, q] : all.asked)
        if (to == &home) return;
    try {
        all.asked.reserve(all.asked.size() + 1);
        all.asked.emplace_back(&home, question::ask(home));
    } catch (const std::bad_alloc&) {
        all.out_of_memory = true;
    }
}

}  // namespace

std::vector<task_row> tasks_in_reach() {
    return rows_of(task_census(), false);
}

std::vector<task_row> all_tasks() {
    questions open;
    task_group::each_of_all(&ask_home_of, &open);
    std::vector<task_row> rows = rows_of(task_census(), true);
    const time_point deadline = ring::time_of(ring::read_tick()) + patience;
    for (const auto& [home, q] : open.asked) {
        for (task_row& answered : q->answer_by(deadline)) {
            const auto mine = std::find_if(rows.begin(), rows.end(), [&](const task_row& r) { return r.id == answered.id; });
            if (mine != rows.end()) *mine = std::move(answered);
        }
    }
    return rows;
}

std::string name_of(const task_record& r) {
    std::string text;
    append_task(text, r.id(), r.name());
    return text;
}

std::string outline_of(const task_row& row) {
    std::string text;
    append_task(text, row.id, row.name);
    if (!row.waits_for.empty()) text.append(", waits for ").append(row.waits_for);
    if (!row.awaits.empty()) text.append(" at ").append(to_string(row.awaits.front()));
    return text.append(", spawned at ").append(to_string(row.spawned_at));
}

void append_rows(std::string& text, const std::vector<task_row>& rows) {
    for (const task_row& r : rows) {
        append_task(text, r.id, r.name);
        text.append(", ").append(r.state);
        if (!r.stop_reason.empty()) text.append(", stopped (").append(r.stop_reason).append(")");
        if (!r.waits_for.empty()) text.append(", waits for ").append(r.waits_for);
        text.append("\n");
        for (const place& p : r.awaits) {
            text.append("    at ").append(to_string(p)).append(" in ").append(function_name(p.function_name())).append("\n");
        }
        text.append("    spawned at ").append(to_string(r.spawned_at)).append("\n");
    }
}

}  // namespace coil::debug
