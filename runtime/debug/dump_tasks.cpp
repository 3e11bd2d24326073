// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/dump_tasks.hpp>

#include <coil/runtime/debug/task_report.hpp>

#include <new>
#include <string>
#include <vector>

namespace coil {

void dump_tasks(std::FILE* to) noexcept {
    try {
        const std::vector<task_row> rows = debug::all_tasks();
        std::string text = "coil: " + std::to_string(rows.size()) + (rows.size() == 1 ? " task\n" : " tasks\n");
        debug::append_rows(text, rows);
        std::fwrite(text.data(), 1, text.size(), to);
    } catch (const std::bad_alloc&) {
        std::fputs("coil: there is no memory to list the tasks\n", to);
    }
    std::fflush(to);
}

}  // namespace coil
