// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/debug/task_row.hpp>

#include <string>
#include <vector>

namespace coil::debug {

/// Makes the rows of all tasks that live, in the order of their ids. Those at home on the loop of another thread are asked
/// for there; of a loop that does not answer soon they have no more than name and state, and `waits_for` says so.
/// Errors: `std::bad_alloc`. Threads: any.
std::vector<task_row> all_tasks();

/// The same for the tasks of this moment that are in reach of this thread.
std::vector<task_row> tasks_in_reach();

/// "task 5 "name"", for texts.
std::string name_of(const task_record& r);

/// A row in one line, for the log: "task 5 "name", waits for a mutex at app.cpp:12, spawned at app.cpp:3".
std::string outline_of(const task_row& row);

/// Appends rows as a report shows them: some lines each.
void append_rows(std::string& text, const std::vector<task_row>& rows);

}  // namespace coil::debug
