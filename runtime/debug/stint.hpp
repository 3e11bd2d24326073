// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace coil::debug {

// One stretch of work on one thread: from where a task went on to where it suspended again, or one call that runs no
// task. A place whose line is 0 is not known.
struct stint {
    enum class kind : std::uint8_t { task, call };

    kind what = kind::task;
    std::uint64_t task = 0;  // its id; a call that no task waits for: 0
    std::string_view name;   // the task's
    place spawned;
    place from;              // the await that it came back from; none: it began
    place to;                // the await that it went into
    std::string_view end;    // "done", "failed", "cancelled"; empty: the task goes on later
    time_point begin;
    time_point over;
};

// "task 5 "name""
void append_task(std::string& text, std::uint64_t id, std::string_view name);
// "57 ms", "900 us", "12 s"
void append_duration(std::string& text, nanoseconds d);

}  // namespace coil::debug
